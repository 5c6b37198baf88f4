"""OpenAPI Overlay 1.0, where an action without effect is an error."""

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
            id="merges nested objects",
        ),
        pytest.param(
            {"target": "$", "update": {"info": {"title": "Other"}}},
            {**DOCUMENT, "info": {"title": "Other", "contact": {"name": "Support"}}},
            id="merges into the whole document",
        ),
        pytest.param(
            {"target": "$.info", "update": {"contact": None}},
            {**DOCUMENT, "info": {"title": "API", "contact": None}},
            id="replaces a value with null",
        ),
        pytest.param(
            {"target": "$.tags", "update": {"name": "d"}},
            {**DOCUMENT, "tags": [*DOCUMENT["tags"], {"name": "d"}]},
            id="appends a value to an array",
        ),
        pytest.param(
            {"target": "$.tags", "update": [{"name": "d"}, {"name": "e"}]},
            {**DOCUMENT, "tags": [*DOCUMENT["tags"], {"name": "d"}, {"name": "e"}]},
            id="appends an array to an array",
        ),
        pytest.param(
            {"target": "$.paths.*.*", "update": {"tags": ["d"]}},
            {**DOCUMENT, "paths": {"/x": {"get": {"tags": ["a", "d"]}, "post": {"tags": ["b", "d"]}}}},
            id="updates every match",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": True},
            {**DOCUMENT, "info": {"title": "API"}},
            id="removes a member",
        ),
        pytest.param(
            {"target": "$.tags[?@.name == 'a']", "remove": True},
            {**DOCUMENT, "tags": [{"name": "b"}, {"name": "c"}]},
            id="removes several items of one array",
        ),
        pytest.param(
            {"target": "$.tags[3, 0, 0]", "remove": True},
            {**DOCUMENT, "tags": [{"name": "b"}, {"name": "a"}]},
            id="removes each item once, in any order",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": True, "update": {"name": "Other"}},
            {**DOCUMENT, "info": {"title": "API"}},
            id="remove takes precedence over update",
        ),
        pytest.param(
            {"target": "$.info.contact", "remove": False, "update": {"name": "Other"}},
            {**DOCUMENT, "info": {"title": "API", "contact": {"name": "Other"}}},
            id="remove can be false",
        ),
        pytest.param(
            {"target": "$.servers", "update": {"url": "u"}, "x-optional": True},
            DOCUMENT,
            id="an optional action can match nothing",
        ),
    ],
)
def test_applies_an_action(action: dict[str, Any], expected: dict[str, Any]) -> None:
    assert apply(action) == expected


def test_a_later_action_sees_the_result_of_an_earlier_one() -> None:
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
            id="no longer matches",
        ),
        pytest.param(
            [{"target": "$.servers", "update": {"x": "y"}, "x-optional": "yes"}],
            "overlay action 1 matches nothing: $.servers",
            id="only true makes an action optional",
        ),
        pytest.param(
            [{"target": "$.info", "updates": {"x": "y"}}],
            "overlay action 1 has neither an update nor `remove: true`: $.info",
            id="no effect",
        ),
        pytest.param(
            [{"target": "$.tags[?", "update": {"x": "y"}}],
            "overlay action 1 has an invalid JSONPath: $.tags[?: unexpected end of expression",
            id="invalid JSONPath",
        ),
        pytest.param([{"update": {"x": "y"}}], "overlay action 1 has no target", id="no target"),
        pytest.param(
            [{"target": "tags", "update": {"x": "y"}}], "overlay action 1 has an invalid JSONPath: tags", id="no root"
        ),
        pytest.param(
            [{"target": "$", "remove": True}], "overlay action 1 removes the whole document", id="removes everything"
        ),
        pytest.param([], "the overlay has no actions", id="no actions"),
    ],
)
def test_rejects_an_action_without_effect(actions: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(StageError) as raised:
        apply(*actions)
    assert str(raised.value).startswith(reason)


def test_changes_neither_the_document_nor_the_overlay() -> None:
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
    # Two matches do not share the value that they were given.
    assert made["paths"]["/x"]["get"]["x"] == made["paths"]["/x"]["post"]["x"] == {"list": ["item"]}
