"""The overlay: OpenAPI Overlay 1.0, and an action that has no effect is an error."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline import overlay
from pipeline.stages import StageError

DOCUMENT: dict[str, Any] = {
    "info": {"title": "API", "contact": {"name": "Support"}},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "a"}, {"name": "c"}],
    "paths": {"/x": {"get": {"tags": ["a"]}, "post": {"tags": ["b"]}}},
}


def apply(*actions: dict[str, Any]) -> Any:
    return overlay.applied(DOCUMENT, {"overlay": "1.0.0", "actions": list(actions)})


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(
            {"target": "$.info", "update": {"contact": {"url": "u"}, "version": "1"}},
            {**DOCUMENT, "info": {"title": "API", "contact": {"name": "Support", "url": "u"}, "version": "1"}},
            id="objects merge, however deep",
        ),
        pytest.param(
            {"target": "$", "update": {"info": {"title": "Other"}}},
            {**DOCUMENT, "info": {"title": "Other", "contact": {"name": "Support"}}},
            id="the whole document is an object too",
        ),
        pytest.param(
            {"target": "$.info", "update": {"contact": None}},
            {**DOCUMENT, "info": {"title": "API", "contact": None}},
            id="anything else is replaced, by null too",
        ),
        pytest.param(
            {"target": "$.tags", "update": {"name": "d"}},
            {**DOCUMENT, "tags": [*DOCUMENT["tags"], {"name": "d"}]},
            id="an array gets an entry at its end",
        ),
        pytest.param(
            {"target": "$.tags", "update": [{"name": "d"}, {"name": "e"}]},
            {**DOCUMENT, "tags": [*DOCUMENT["tags"], {"name": "d"}, {"name": "e"}]},
            id="or several",
        ),
        pytest.param(
            {"target": "$.paths.*.*", "update": {"tags": ["d"]}},
            {**DOCUMENT, "paths": {"/x": {"get": {"tags": ["a", "d"]}, "post": {"tags": ["b", "d"]}}}},
            id="every match is updated, arrays within too",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": True},
            {**DOCUMENT, "info": {"title": "API"}},
            id="a member is removed",
        ),
        pytest.param(
            {"target": "$.tags[?@.name == 'a']", "remove": True},
            {**DOCUMENT, "tags": [{"name": "b"}, {"name": "c"}]},
            id="several items of one array are removed",
        ),
        pytest.param(
            {"target": "$.tags[3, 0, 0]", "remove": True},
            {**DOCUMENT, "tags": [{"name": "b"}, {"name": "a"}]},
            id="in whatever order they are named, and once",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": True, "update": {"name": "Other"}},
            {**DOCUMENT, "info": {"title": "API"}},
            id="remove beats update",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": False, "update": {"name": "Other"}},
            {**DOCUMENT, "info": {"title": "API", "contact": {"name": "Other"}}},
            id="remove may be false",
        ),
        pytest.param(
            {"target": "$.servers", "update": {"url": "u"}, "x-optional": True},
            DOCUMENT,
            id="an optional action may match nothing",
        ),
    ],
)
def test_an_action_is_applied(action: dict[str, Any], expected: dict[str, Any]) -> None:
    assert apply(action) == expected


def test_a_later_action_sees_what_an_earlier_one_did() -> None:
    document = apply(
        {"target": "$.info.contact", "remove": True},
        {"target": "$.info", "update": {"contact": {}}},
        {"target": "$.info.contact", "update": {"email": "e"}},
    )
    assert document["info"]["contact"] == {"email": "e"}


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        pytest.param(
            [{"target": "$.servers", "update": {"x": "y"}}],
            "overlay action 1 matches nothing: $.servers",
            id="matches nothing",
        ),
        pytest.param(
            [{"target": "$.info", "remove": True}, {"target": "$.info", "update": {"x": "y"}}],
            "overlay action 2 matches nothing: $.info",
            id="matches nothing any longer",
        ),
        pytest.param(
            [{"target": "$.servers", "update": {"x": "y"}, "x-optional": "yes"}],
            "overlay action 1 matches nothing: $.servers",
            id="optional is true and nothing else",
        ),
        pytest.param(
            [{"target": "$.info", "updates": {"x": "y"}}],
            "overlay action 1 neither updates nor removes: $.info",
            id="no effect",
        ),
        pytest.param(
            [{"target": "$.tags[?", "update": {"x": "y"}}],
            "overlay action 1: '$.tags[?' is no JSONPath: ",
            id="bad JSONPath",
        ),
        pytest.param([{"update": {"x": "y"}}], "overlay action 1: '' is no JSONPath: ", id="no target"),
        pytest.param([], "the overlay has no actions", id="no actions"),
    ],
)
def test_an_action_without_effect_is_refused(actions: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(StageError) as raised:
        apply(*actions)
    assert str(raised.value).startswith(reason)


def test_neither_the_document_nor_the_overlay_changes() -> None:
    document = copy.deepcopy(DOCUMENT)
    actions: dict[str, Any] = {
        "actions": [
            {"target": "$.info", "update": {"x": {"list": []}}},
            {"target": "$.paths.*.*", "update": {"x": {"list": []}}},
            {"target": "$..x.list", "update": "item"},
            {"target": "$.tags[0]", "remove": True},
        ]
    }
    before = copy.deepcopy(actions)
    made = overlay.applied(document, actions)
    assert (document, actions) == (DOCUMENT, before)
    # Nor do two matches share what they were given.
    assert made["paths"]["/x"]["get"]["x"] == made["paths"]["/x"]["post"]["x"] == {"list": ["item"]}
