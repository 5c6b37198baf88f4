"""The changes that the description announces, applied to a preview."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.report import announced
from pipeline.stages import StageError

STRING = {"type": "string"}
PROPERTIES = {"a": {**STRING}, "b": {**STRING}}


REFERENCE = {"/": {"$ref": "#/components/schemas/thing"}}


def schema(*changes: dict[str, Any], **members: Any) -> dict[str, Any]:
    thing = {"x-github-breaking-changes": list(changes), **members}
    return {"paths": REFERENCE, "components": {"schemas": {"thing": thing}}}


def change(patch: Any, version: str = "2026-03-10", changeset: str = "remove_a") -> dict[str, Any]:
    return {"changeset": changeset, "patch": patch, "version": version}


def previewed(document: dict[str, Any], version: str = "2026-03-10", whole: dict[str, Any] | None = None) -> Any:
    return announced.preview(document, version, whole or {})["components"]["schemas"]["thing"]


@pytest.mark.parametrize(
    ("patch", "properties", "required"),
    [
        ({"properties": {"a": None}}, {"b": STRING}, ["b"]),
        ({"properties": {"a": {"nullable": True}}}, {"a": {**STRING, "nullable": True}, "b": STRING}, ["a", "b"]),
        ({"properties": {"a": "text"}}, {"a": "text", "b": STRING}, ["a", "b"]),
        ({"properties": {"c": {"x": {**STRING, "y": None}}}}, {**PROPERTIES, "c": {"x": STRING}}, ["a", "b"]),
        ({"required": ["a"]}, PROPERTIES, ["a"]),
        (
            [{"op": "remove", "path": "/properties/a"}, {"op": "remove", "path": "/required/0"}],
            {"b": STRING},
            ["b"],
        ),
        (
            [{"op": "replace", "path": "/properties/a/type", "value": "integer"}],
            {"a": {"type": "integer"}, "b": STRING},
            ["a", "b"],
        ),
        ([{"op": "add", "path": "/required/-", "value": "c"}], PROPERTIES, ["a", "b", "c"]),
        ([{"op": "move", "from": "/properties/a", "path": "/properties/c"}], {"b": STRING, "c": STRING}, ["a", "b"]),
    ],
)
def test_applies_both_kinds_of_patches(patch: Any, properties: dict[str, Any], required: list[str]) -> None:
    document = schema(change(patch), properties=PROPERTIES, required=["a", "b"])
    assert previewed(document) == {"properties": properties, "required": required}
    assert document == schema(change(patch), properties=PROPERTIES, required=["a", "b"])


def test_a_version_includes_earlier_changes_but_not_later_ones() -> None:
    document = schema(change({"c": None}, "2027-01-01", "remove_c"), change({"a": None}), a=1, c=1)
    assert announced.changesets(document) == {"2026-03-10": ["remove_a"], "2027-01-01": ["remove_c"]}
    assert previewed(document) == {"c": 1}
    assert previewed(document, "2027-01-01") == {}


def test_finds_no_version_without_announcements() -> None:
    assert announced.changesets({"paths": {}}) == {}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/nowhere"},
        {"op": "replace", "path": "/nowhere", "value": 1},
        {"op": "move", "path": "/a", "from": "/b"},
        {"op": "test", "path": "/a", "value": 1},
        {"op": "unknown", "path": "/a"},
        {"path": "/a"},
    ],
    ids=lambda operation: str(operation.get("op")),
)
def test_names_a_patch_that_does_not_fit(operation: dict[str, Any]) -> None:
    with pytest.raises(StageError, match="remove_a does not fit"):
        previewed(schema(change([operation])))


def test_adds_the_components_that_a_patch_refers_to() -> None:
    document = schema(change({"$ref": "#/components/schemas/a"}))
    schemas = {"a": {"$ref": "#/components/schemas/b"}, "b": {"type": "string"}, "c": {}}
    whole: dict[str, Any] = {"components": {"schemas": schemas, "x-more": "an extension"}}
    assert announced.preview(document, "2026-03-10", whole) == {
        "paths": REFERENCE,
        "components": {
            "schemas": {
                "thing": {"$ref": "#/components/schemas/a"},
                "a": {"$ref": "#/components/schemas/b"},
                "b": {"type": "string"},
            }
        },
    }


def test_ignores_what_a_later_change_refers_to() -> None:
    document = schema(change({"$ref": "#/components/schemas/a"}, "2027-01-01"))
    assert previewed(document) == {}


def test_names_a_reference_to_nothing() -> None:
    with pytest.raises(StageError, match="the description refers to #/components/schemas/a, which it lacks"):
        previewed(schema(change({"$ref": "#/components/schemas/a"})))
