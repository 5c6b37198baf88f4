"""The corrections made to every slice."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.normalising import DISCRIMINATOR, normalised, operations

ANY: dict[str, Any] = {}
NULL = {"type": "string", "nullable": True, "enum": [None]}


def of_operations(*operation_ids: str) -> dict[str, Any]:
    return {"paths": {f"/{number}": {"get": {"operationId": name}} for number, name in enumerate(operation_ids)}}


def of_schemas(**schemas: Any) -> dict[str, Any]:
    return {"components": {"schemas": {name.replace("_", "-"): schema for name, schema in schemas.items()}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            ["actions/create-registration-token-for-org"], ["create-registration-token-for-org"], id="tag prefix"
        ),
        pytest.param(["create-token"], ["create-token"], id="no prefix"),
        pytest.param(
            ["issues/create", "gists/create", "gists/list"],
            ["issues-create", "gists-create", "list"],
            id="equal names keep the prefix",
        ),
        pytest.param(["issues/create", "create"], ["issues-create", "create"], id="one of them without a prefix"),
    ],
)
def test_removes_the_tag_prefix_of_operations(given: list[str], expected: list[str]) -> None:
    found = [operation["operationId"] for operation in operations(normalised(of_operations(*given)))]
    assert found == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"simple_user": "Simple User"}, {"simple-user": "Simple User"}, id="unique"),
        pytest.param(
            {"nullable_simple_user": "Simple User", "simple_user": "Simple User"},
            {"nullable-simple-user": "Nullable Simple User", "simple-user": "Simple User"},
            id="the schema with the matching name keeps it",
        ),
        pytest.param(
            {"alert": "Alert", "org_alert": "ALERT!"},
            {"alert": "Alert", "org-alert": "Org Alert"},
            id="titles that give the same class name",
        ),
        pytest.param(
            {"alert": "Alert", "code_alert": None, "other": "Code Alert"},
            {"alert": "Alert", "code-alert": "code-alert", "other": "Other"},
            id="a title that is another schema's name",
        ),
        pytest.param(
            {"a": "Alert", "b": "Alert", "c": "Alert"},
            {"a": "Alert", "b": "B", "c": "C"},
            id="three without a matching name",
        ),
        pytest.param(
            {"a": "Alert", "b": "Alert", "other": "B"},
            {"a": "Alert", "b": "B 2", "other": "B"},
            id="a name that is another schema's title",
        ),
        pytest.param(
            {"a": "Alert", "b": "Alert", "other": "B", "another": "B 2"},
            {"a": "Alert", "b": "B 3", "other": "B", "another": "B 2"},
            id="a numbered title that exists already",
        ),
    ],
)
def test_makes_titles_unique(given: dict[str, str | None], expected: dict[str, str]) -> None:
    document = of_schemas(**{name: {"title": title} if title else {} for name, title in given.items()})
    found = normalised(document)["components"]["schemas"]
    assert {name: schema["title"] for name, schema in found.items()} == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"description": "Ours.", "externalDocs": {"url": "https://docs.github.com/x"}},
            "Ours.\n\nSource: https://docs.github.com/x",
            id="after a description",
        ),
        pytest.param(
            {"externalDocs": {"url": "https://docs.github.com/x"}}, "Source: https://docs.github.com/x", id="alone"
        ),
        pytest.param({"description": "Ours."}, "Ours.", id="none"),
    ],
)
def test_adds_the_documentation_url_to_an_operation(given: dict[str, Any], expected: str) -> None:
    (operation,) = operations(normalised({"paths": {"/x": {"get": given}}}))
    assert operation["description"] == expected


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        pytest.param(
            {"description": "The organization.", "schema": {"type": "string"}},
            {"type": "string", "description": "The organization."},
            id="the parameter's",
        ),
        pytest.param(
            {"description": "The organization.", "schema": {"type": "string", "description": "Its own."}},
            {"type": "string", "description": "Its own."},
            id="the schema's own",
        ),
        pytest.param(
            {"description": "The organization.", "schema": {"$ref": "#/components/schemas/org"}},
            {"$ref": "#/components/schemas/org"},
            id="a reference cannot have a description",
        ),
        pytest.param({"schema": {"type": "string"}}, {"type": "string"}, id="none"),
    ],
)
def test_copies_a_parameters_description_to_its_schema(parameter: dict[str, Any], expected: dict[str, Any]) -> None:
    document = normalised(
        {"paths": {"/x": {"get": {"parameters": [parameter]}}}, "components": {"parameters": {"org": parameter}}}
    )
    assert document["paths"]["/x"]["get"]["parameters"][0]["schema"] == expected
    assert document["components"]["parameters"]["org"]["schema"] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            {"application/json": {"schema": {}}}, ["application/vnd.github+json", "application/json"], id="JSON"
        ),
        pytest.param(
            {"application/json": {}, "application/vnd.github+json": {}},
            ["application/json", "application/vnd.github+json"],
            id="both already",
        ),
        pytest.param({"text/html": {}}, ["text/html"], id="not JSON"),
    ],
)
def test_puts_githubs_media_type_before_json(content: dict[str, Any], expected: list[str]) -> None:
    response = {"description": "Response", "content": content}
    document = normalised(
        {"paths": {"/x": {"get": {"responses": {"200": response}}}}, "components": {"responses": {"shared": response}}}
    )
    assert list(document["paths"]["/x"]["get"]["responses"]["200"]["content"]) == expected
    assert list(document["components"]["responses"]["shared"]["content"]) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"type": "string", "nullable": True}, {"type": "string", "nullable": True}, id="next to a type"),
        pytest.param({"oneOf": [ANY], "nullable": False}, {"oneOf": [ANY], "nullable": False}, id="not nullable"),
        pytest.param({"description": "Any.", "nullable": True}, {"description": "Any."}, id="alone it has no meaning"),
        pytest.param(
            {"description": "One.", "oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
            {"description": "One.", "anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, NULL]},
            id="oneOf",
        ),
        pytest.param({"anyOf": [ANY], "nullable": True}, {"anyOf": [{"anyOf": [ANY]}, NULL]}, id="anyOf"),
        pytest.param({"allOf": [ANY, ANY], "nullable": True}, {"anyOf": [{"allOf": [ANY, ANY]}, NULL]}, id="allOf"),
        pytest.param(
            {"type": "object", "properties": {"nullable": {"type": "boolean"}}},
            {"type": "object", "properties": {"nullable": {"type": "boolean"}}},
            id="a property of that name",
        ),
    ],
)
def test_replaces_nullable_without_a_type_by_a_null_schema(given: dict[str, Any], expected: dict[str, Any]) -> None:
    document = normalised(of_schemas(holder={"title": "Holder", "properties": {"field": given}}))
    assert document["components"]["schemas"]["holder"]["properties"]["field"] == expected


def test_moves_the_null_of_nested_objects_to_their_references() -> None:
    inside: dict[str, Any] = {"status": {"type": "object", "properties": {}}}
    document = normalised(
        of_schemas(
            security={"title": "Security", "type": "object", "nullable": True, "properties": inside},
            user={"title": "User", "type": "object", "nullable": True, "properties": {"id": {"type": "integer"}}},
            holder={
                "title": "Holder",
                "properties": {
                    "security": {"$ref": "#/components/schemas/security"},
                    "user": {"$ref": "#/components/schemas/user"},
                    "named": {"allOf": [{"$ref": "#/components/schemas/security"}, {"type": "object"}]},
                    "both": {
                        "allOf": [{"$ref": "#/components/schemas/security"}, {"type": "object", "nullable": True}]
                    },
                },
            },
        )
    )
    schemas = document["components"]["schemas"]
    assert schemas["security"] == {"title": "Security", "type": "object", "properties": inside}
    assert schemas["user"]["nullable"] is True
    assert schemas["holder"]["properties"] == {
        "security": {"anyOf": [{"$ref": "#/components/schemas/security"}, NULL]},
        "user": {"$ref": "#/components/schemas/user"},
        "named": {"allOf": [{"$ref": "#/components/schemas/security"}, {"type": "object"}]},
        "both": {
            "allOf": [
                {"anyOf": [{"$ref": "#/components/schemas/security"}, NULL]},
                {"type": "object", "nullable": True},
            ]
        },
    }


def test_changes_a_copy_and_only_once() -> None:
    operation: dict[str, Any] = {
        "operationId": "actions/get",
        "externalDocs": {"url": "u"},
        "parameters": [{"description": "d", "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"application/json": {}}}},
    }
    document = of_operations("issues/create", "gists/create")
    document["paths"]["/x"] = {"get": operation}
    document |= of_schemas(a={"title": "A", "oneOf": [], "nullable": True}, b={"title": "A"})
    before = copy.deepcopy(document)
    first = normalised(document)
    assert document == before
    # Its address would be added to the description again.
    del first["paths"]["/x"]["get"]["externalDocs"]
    assert normalised(first) == first


def test_ignores_path_fields_that_are_not_operations() -> None:
    document: dict[str, Any] = {
        "paths": {"/x": {"parameters": [], "summary": "s", "get": {"operationId": "get"}}, "x-note": "n"}
    }
    assert list(operations(document)) == [{"operationId": "get"}]


REFERENCE = {"$ref": "#/components/schemas/holder"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"allOf": [{"type": "string"}]}, {"type": "string"}, id="scalar"),
        pytest.param(
            {"description": "Ours.", "allOf": [{"description": "Its own.", "type": "string"}]},
            {"description": "Ours.", "type": "string"},
            id="outer text comes first",
        ),
        pytest.param(
            {"nullable": True, "allOf": [{"type": "string"}]}, {"nullable": True, "type": "string"}, id="null"
        ),
        pytest.param({"allOf": [{"allOf": [{"type": "string"}]}]}, {"type": "string"}, id="nested"),
        pytest.param({"allOf": [REFERENCE]}, {"allOf": [REFERENCE]}, id="reference"),
        pytest.param({"allOf": [ANY, ANY]}, {"allOf": [ANY, ANY]}, id="two schemas"),
        pytest.param(
            {"maxLength": 2, "allOf": [{"maxLength": 1}]}, {"maxLength": 2, "allOf": [{"maxLength": 1}]}, id="conflict"
        ),
        pytest.param(
            {"properties": {"allOf": {"type": "string"}}}, {"properties": {"allOf": {"type": "string"}}}, id="property"
        ),
    ],
)
def test_replaces_an_all_of_by_its_only_schema(given: dict[str, Any], expected: dict[str, Any]) -> None:
    document = normalised(of_schemas(holder={"title": "Holder", "properties": {"field": given}}))
    assert document["components"]["schemas"]["holder"]["properties"]["field"] == expected


def constant(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


@pytest.mark.parametrize(
    ("alternatives", "marked"),
    [
        pytest.param([{"kind": constant("a")}, {"kind": constant("b")}], [True, True], id="different constants"),
        pytest.param([{"kind": constant("a")}, {"kind": constant("a")}], [False, False], id="the same constant"),
        pytest.param([{"kind": constant("a")}, {}], [False], id="only one constant"),
        pytest.param([{"kind": constant("a")}, {"kind": constant("b", "c")}], [False, False], id="several values"),
        pytest.param([{"kind": constant("a")}, {"type": constant("b")}], [False, False], id="different properties"),
    ],
)
@pytest.mark.parametrize("combinator", ["oneOf", "anyOf"])
@pytest.mark.parametrize("written", ["inline", "referred to", "in an allOf"])
def test_marks_constants_that_tell_alternatives_apart(
    alternatives: list[dict[str, Any]], marked: list[bool], combinator: str, written: str
) -> None:
    schemas = {f"s{number}": {"properties": properties} for number, properties in enumerate(alternatives)}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    choices = {
        "inline": list(schemas.values()),
        "referred to": references,
        "in an allOf": [{"allOf": [reference, {}]} for reference in references],
    }
    document = normalised(copy.deepcopy(of_schemas(**schemas, holder={combinator: choices[written]})))
    places = document["components"]["schemas"]["holder"][combinator]
    if written != "inline":
        places = [document["components"]["schemas"][name] for name in schemas]
    found = [property_.get(DISCRIMINATOR, False) for place in places for property_ in place["properties"].values()]
    assert found == marked
