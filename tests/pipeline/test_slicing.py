"""The slice: the listed operations and everything they refer to, in GitHub's own text, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import slicing
from pipeline.stages import StageError
from pipeline.upstream import Description

from .descriptions import OPERATION_ID, dangling, description, schemas


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("actions/a\ngists/b\n", ["actions/a", "gists/b"], id="one per line"),
        pytest.param("# why\n\n  actions/a  \n  # why\n", ["actions/a"], id="comments, blank lines, white space"),
    ],
)
def test_reads_the_list(content: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "operations.txt"
    path.write_text(content)
    assert slicing.listed(path) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"# none\n", "operations.txt lists no operation", id="empty"),
        pytest.param(b"a/b\nc/d\n a/b\n", "operations.txt lists a/b more than once", id="twice"),
        pytest.param(b"\xff", "operations.txt cannot be read: ", id="encoding"),
        pytest.param(None, "operations.txt cannot be read: .*No such file", id="missing"),
    ],
)
def test_rejects_an_invalid_list(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "operations.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StageError, match=reason):
        slicing.listed(path)


def cut(document: dict[str, Any], *wanted: str, ambiguous: str = "") -> Any:
    return yaml.safe_load(slicing.make(Description(document, {}, frozenset({ambiguous})), list(wanted)))


def test_contains_the_listed_operations_word_for_word() -> None:
    document = description()
    document["tags"] += document["tags"][1:]
    document["x-webhooks"] = {"ping": {"post": {"operationId": "ping", "responses": {}}}}
    expected = description()
    for each in (document, expected):  # operations refer to it by name
        each["components"]["securitySchemes"] = {"app": {"type": "http", "scheme": "bearer"}}
    del expected["paths"]["/gists"]
    del expected["components"]["schemas"]["gist"]
    expected["tags"] = [tag for tag in expected["tags"] if tag["name"] == "actions"]
    assert cut(document, OPERATION_ID) == expected


def test_ignores_what_a_later_change_refers_to() -> None:
    document = description()
    change = {"changeset": "x", "version": "2030-01-01", "patch": {"$ref": "#/components/schemas/gist"}}
    schemas(document)["authentication-token"]["x-github-breaking-changes"] = [change]
    assert list(schemas(cut(document, OPERATION_ID))) == ["authentication-token"]


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#/components/schemas/gist"}, id="the whole"),
        pytest.param({"$ref": "#/components/schemas/gist/properties/id"}, id="a part of it"),
        pytest.param(
            {"discriminator": {"propertyName": "x", "mapping": {"g": "#/components/schemas/gist"}}}, id="mapping"
        ),
    ],
)
def test_keeps_whatever_is_referred_to(schema: dict[str, Any]) -> None:
    document = description()
    schemas(document)["gist"] = {"properties": {"id": {"type": "string"}}}
    document["components"] |= {
        "x-more": "an extension",
        "x-schemes": {"app": {"schema": schema}},
        "securitySchemes": {"app": {"$ref": "#/components/x-schemes/app"}},
    }
    with_references = slicing.with_references({**document, "paths": {}})
    assert with_references["components"]["schemas"] == {"gist": schemas(document)["gist"]}


INVALID: list[dict[str, Any]] = [
    {"tags": None},
    {"tags": [{}]},
    {"components": None},
    {"info": {"title": "\ud83d", "version": "1"}},
    {"paths": {"/": {"get": {"operationId": ["x"]}}}},
]


@pytest.mark.parametrize("edit", INVALID, ids=repr)
def test_says_that_a_description_is_invalid(edit: dict[str, Any]) -> None:
    with pytest.raises(StageError, match=r"^the description is invalid: ") as raised:
        cut({**description(), **edit}, OPERATION_ID)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("reference", ["other.yaml#/x", "https://example.com/x.yaml", "#anchor", "refs/heads/main"])
def test_refuses_a_reference_that_leads_elsewhere(reference: str) -> None:
    document = description()
    schemas(document)["authentication-token"]["properties"]["x"] = {"$ref": reference}
    with pytest.raises(StageError, match=f"^{reference} does not refer to a place in the same document"):
        cut(document, OPERATION_ID)


def test_operations_share_what_they_refer_to() -> None:
    sliced = cut(description(), "gists/list", OPERATION_ID)
    assert len(sliced["paths"]) == 2
    assert [tag["name"] for tag in sliced["tags"]] == ["actions", "gists"]


@pytest.mark.parametrize(
    ("document", "wanted", "reason"),
    [
        pytest.param(
            description(), "actions/gone", "the description has no operation actions/gone$", id="missing operation"
        ),
        pytest.param(
            description(),
            OPERATION_ID.partition("/")[2],
            rf"has no operation [a-z-]+: did you mean {OPERATION_ID}\?$",
            id="operation without its tag",
        ),
        pytest.param(
            dangling(description()),
            OPERATION_ID,
            "the description refers to #/components/responses/not_found, which it lacks",
            id="dangling reference",
        ),
        pytest.param({**description(), "info": {}}, OPERATION_ID, "'title' is a required property", id="invalid"),
    ],
)
def test_rejects_an_unusable_description_in_one_line(document: dict[str, Any], wanted: str, reason: str) -> None:
    with pytest.raises(StageError, match=reason) as raised:
        cut(document, wanted)
    assert "\n" not in str(raised.value)


def test_rejects_two_different_definitions_only_if_the_slice_needs_them() -> None:
    assert "gist" in schemas(description())
    cut(description(), OPERATION_ID, ambiguous="gist")
    with pytest.raises(StageError, match="the description has two different definitions of authentication-token"):
        cut(description(), OPERATION_ID, ambiguous="authentication-token")
