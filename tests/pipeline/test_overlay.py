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


def update(target: str, value: object, **more: object) -> dict[str, Any]:
    return {"target": target, "update": value, **more}


def remove(target: str, **more: object) -> dict[str, Any]:
    return {"target": target, "remove": True, **more}


CONTACT = {"name": "Support", "url": "u"}
TAGS = DOCUMENT["tags"]
D, E = {"name": "d"}, {"name": "e"}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(
            update("$.info", {"contact": {"url": "u"}, "version": "1"}),
            {"info": {"title": "API", "contact": CONTACT, "version": "1"}},
            id="merges nested objects",
        ),
        pytest.param(
            update("$", {"info": {"title": "Other"}}),
            {"info": {"title": "Other", "contact": {"name": "Support"}}},
            id="merges into the whole document",
        ),
        pytest.param(
            update("$.info", {"contact": None}),
            {"info": {"title": "API", "contact": None}},
            id="replaces a value with null",
        ),
        pytest.param(update("$.tags", D), {"tags": [*TAGS, D]}, id="appends a value to an array"),
        pytest.param(update("$.tags", [D, E]), {"tags": [*TAGS, D, E]}, id="appends an array to an array"),
        pytest.param(
            update("$.paths.*.*", {"tags": ["d"]}),
            {"paths": {"/x": {"get": {"tags": ["a", "d"]}, "post": {"tags": ["b", "d"]}}}},
            id="updates every match",
        ),
        pytest.param(remove("$.info.contact"), {"info": {"title": "API"}}, id="removes a member"),
        pytest.param(
            remove("$.tags[?@.name == 'a']"),
            {"tags": [{"name": "b"}, {"name": "c"}]},
            id="removes several items of one array",
        ),
        pytest.param(
            remove("$.tags[3, 0, 0]"),
            {"tags": [{"name": "b"}, {"name": "a"}]},
            id="removes each item once, in any order",
        ),
        pytest.param(
            remove("$.info.contact", update=D), {"info": {"title": "API"}}, id="remove takes precedence over update"
        ),
        pytest.param(
            update("$.info.contact", D, remove=False),
            {"info": {"title": "API", "contact": D}},
            id="remove can be false",
        ),
        pytest.param(update("$.servers", D, **{"x-optional": True}), {}, id="an optional action can match nothing"),
    ],
)
def test_applies_an_action(action: dict[str, Any], expected: dict[str, Any]) -> None:
    assert apply(action) == DOCUMENT | expected


def test_a_later_action_sees_the_result_of_an_earlier_one() -> None:
    document = apply(
        remove("$.info.contact"), update("$.info", {"contact": {}}), update("$.info.contact", {"email": "e"})
    )
    assert document["info"]["contact"] == {"email": "e"}


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        ([update("$.servers", D)], "overlay action 1 matches nothing: $.servers"),
        ([remove("$.info"), update("$.info", D)], "overlay action 2 matches nothing: $.info"),
        ([update("$.servers", D, **{"x-optional": "yes"})], "overlay action 1 matches nothing: $.servers"),
        ([{"target": "$.info", "updates": D}], "overlay action 1 has neither an update nor `remove: true`: $.info"),
        ([update("$.tags[?", D)], "overlay action 1 has an invalid JSONPath: $.tags[?: unexpected end of expression"),
        ([update("tags", D)], "overlay action 1 has an invalid JSONPath: tags"),
        ([{"update": D}], "overlay action 1 has no target"),
        ([remove("$")], "overlay action 1 removes the whole document"),
        ([], "the overlay has no actions"),
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
            update("$.info", {"x": {"list": []}}),
            update("$.paths.*.*", {"x": {"list": []}}),
            update("$..x.list", "item"),
            remove("$.tags[0]"),
        ]
    }
    before = copy.deepcopy(actions)
    made = overlay.applied(document, actions)
    assert (document, actions) == (DOCUMENT, before)
    # Two matches do not share the value that they were given.
    assert made["paths"]["/x"]["get"]["x"] == made["paths"]["/x"]["post"]["x"] == {"list": ["item"]}
