"""The changes that the description announces, applied to a preview."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.report import announced
from pipeline.stages import StageError


def schema(*changes: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"components": {"schemas": {"thing": {"x-github-breaking-changes": list(changes), **members}}}}


def change(patch: Any, version: str = "2026-03-10", changeset: str = "remove_a") -> dict[str, Any]:
    return {"changeset": changeset, "patch": patch, "version": version}


def thing(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["thing"]


PROPERTIES = {"a": {"type": "string"}, "b": {"type": "string"}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"properties": {"a": None}}, {"properties": {"b": {"type": "string"}}, "required": ["b"]}),
        (
            {"properties": {"a": {"nullable": True}}},
            {
                "properties": {"a": {"type": "string", "nullable": True}, "b": {"type": "string"}},
                "required": ["a", "b"],
            },
        ),
        ({"required": ["a"]}, {"properties": PROPERTIES, "required": ["a"]}),
        (
            [{"op": "remove", "path": "/properties/a"}, {"op": "remove", "path": "/required/0"}],
            {"properties": {"b": {"type": "string"}}, "required": ["b"]},
        ),
        (
            [{"op": "replace", "path": "/properties/a/type", "value": "integer"}],
            {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a", "b"]},
        ),
        ([{"op": "add", "path": "/required/-", "value": "c"}], {"properties": PROPERTIES, "required": ["a", "b", "c"]}),
    ],
    ids=["merge-null", "merge", "merge-array", "patch-remove", "patch-replace", "patch-add"],
)
def test_both_kinds_of_patches_are_applied(patch: Any, expected: dict[str, Any]) -> None:
    document = schema(change(patch), properties=PROPERTIES, required=["a", "b"])
    assert thing(announced.preview(document, "2026-03-10")) == expected
    assert thing(document)["properties"] == PROPERTIES


def test_a_version_brings_what_earlier_ones_bring_and_leaves_what_comes_later() -> None:
    later = change({"c": None}, "2027-01-01", "remove_c")
    document = schema(later, change({"a": None}), a=1, c=1)
    assert announced.versions(document) == ["2026-03-10", "2027-01-01"]
    assert announced.changesets(document, "2026-03-10") == ["remove_a"]
    assert thing(announced.preview(document, "2026-03-10")) == {"c": 1, "x-github-breaking-changes": [later]}
    assert thing(announced.preview(document, "2027-01-01")) == {}


def test_nothing_announced_is_no_version() -> None:
    assert announced.versions({"paths": {}}) == []


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/nowhere"},
        {"op": "replace", "path": "/nowhere", "value": 1},
        {"op": "move", "path": "/a", "from": "/b"},
    ],
    ids=lambda operation: operation["op"],
)
def test_a_patch_that_does_not_fit_says_so(operation: dict[str, Any]) -> None:
    with pytest.raises(StageError, match="remove_a does not fit"):
        announced.preview(schema(change([operation])), "2026-03-10")


def test_a_patch_may_refer_to_components_that_the_slice_does_not_have() -> None:
    preview = {"paths": {"/": {"$ref": "#/components/schemas/a"}}}
    whole = {"components": {"schemas": {"a": {"$ref": "#/components/schemas/b"}, "b": {"type": "string"}, "c": {}}}}
    assert announced.completed(preview, lambda: whole) == {
        **preview,
        "components": {"schemas": {"a": {"$ref": "#/components/schemas/b"}, "b": {"type": "string"}}},
    }


def test_a_reference_to_nothing_is_one_line() -> None:
    with pytest.raises(StageError, match=r"#/components/schemas/a, which the description does not have"):
        announced.completed({"$ref": "#/components/schemas/a"}, dict)
