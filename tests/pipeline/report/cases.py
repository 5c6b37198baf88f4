"""Changes of a slice, and what the report must say about each."""

from __future__ import annotations

import copy
from typing import NamedTuple

from pipeline.documents import Document
from pipeline.report import rules
from pipeline.report.rules import Rule

from .edits import (
    OPERATION,
    ORG,
    PATH,
    REPOSITORY,
    SUCCESS,
    TOKEN,
    USER,
    Edit,
    add,
    at,
    drop,
    every,
    nothing,
    prop,
    put,
    put_first,
    query,
    reference,
    remove_property,
    rename,
    take,
    wrap,
)

CREATE = "create_registration_token_for_org"
TWO_PARAMETERS = "/orgs/{org}/actions/runners/{runner}"
OTHER = ("paths", "/orgs/{org}/actions/runners/remove-token")
ANONYMOUS: list[dict[str, list[str]]] = [{}]
BODY = {
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"x": {"type": "string", "nullable": True}}}}
    }
}


class Case(NamedTuple):
    """A change.

    Attributes:
        name: What changes.
        edit: The change.
        expected: Exactly what must be reported: each place with its rule.
        given: An edit that prepares the slice.
    """

    name: str
    edit: Edit
    expected: set[tuple[str, Rule]]
    given: Edit = nothing


PARAMETERS = (*OPERATION, "parameters")


def alternative(kind: str) -> Document:
    """One of the alternatives of a oneOf, which a constant tells apart."""
    return {"title": f"Actor {kind}", "type": "object", "properties": {"kind": {"type": "string", "enum": [kind]}}}


def richer(document: Document) -> None:
    """Add what GitHub's slice does not contain today."""
    other: Document = copy.deepcopy(at(document, OPERATION))
    other |= {"operationId": "actions/create-remove-token-for-org", "parameters": [reference(ORG)]}
    every(
        add(PARAMETERS, query("q", required=True)),
        add(PARAMETERS, query("page", schema={"type": "integer", "default": 1})),
        add(PARAMETERS, query("sort", schema={"type": "string", "enum": ["name", "age"]})),
        put((*SUCCESS, "headers"), {"Location": {"schema": {"type": "string"}}}),
        put((*OPERATION, "responses", "202"), {"description": "Accepted"}),
        put((*OPERATION, "responses", "409"), {"description": "Conflict"}),
        put((*OPERATION, "security"), ANONYMOUS),
        put(OTHER, {"post": other}),
    )(document)


def with_shared_response(document: Document) -> None:
    """Add an operation, and the response that it refers to."""
    other = copy.deepcopy(at(document, OPERATION))
    other["operationId"] = "actions/create-remove-token-for-org"
    other["responses"]["409"] = {"$ref": "#/components/responses/conflict"}
    document["components"]["responses"] = {"conflict": {"description": "Conflict"}}
    put(OTHER, {"post": other})(document)


PROPERTIES = [
    Case("none", nothing, set()),
    Case(
        "optional field added",
        put(prop(REPOSITORY, "x"), {"type": "string"}),
        {("Repository.x", rules.FIELD_ADDED)},
    ),
    Case(
        "optional field added in front",
        put_first(prop(TOKEN, "x"), {"type": "string"}),
        {("AuthenticationToken.x", rules.FIELD_ADDED)},
    ),
    Case(
        "required field added",
        every(put(prop(REPOSITORY, "x"), {"type": "string"}), add((*REPOSITORY, "required"), "x")),
        {("Repository.x", rules.FIELD_ADDED_REQUIRED)},
    ),
    Case(
        "object field added",
        put(prop(REPOSITORY, "status"), {"type": "object", "properties": {"ok": {"type": "boolean"}}}),
        {("Repository.status", rules.FIELD_ADDED), ("RepositoryStatus", rules.MODEL_ADDED)},
    ),
    Case(
        "optional field removed",
        remove_property(REPOSITORY, "topics"),
        {("Repository.topics", rules.FIELD_REMOVED)},
    ),
    Case(
        "required field removed",
        remove_property(REPOSITORY, "has_wiki"),
        {("Repository.has_wiki", rules.FIELD_REMOVED)},
    ),
    Case(
        "field and its model removed",
        every(remove_property(REPOSITORY, "license"), drop(("components", "schemas", "nullable-license-simple"))),
        {("Repository.license_", rules.FIELD_REMOVED), ("LicenseSimple", rules.MODEL_REMOVED)},
    ),
    Case(
        "field renamed",
        rename(prop(REPOSITORY, "topics"), "subjects"),
        {("Repository.topics", rules.FIELD_REMOVED), ("Repository.subjects", rules.FIELD_ADDED)},
    ),
    Case(
        "field renamed to a similar name",
        rename(prop(REPOSITORY, "topics"), "topic"),
        {("Repository.topics", rules.FIELD_REMOVED), ("Repository.topic", rules.FIELD_ADDED)},
    ),
    Case(
        "field becomes optional",
        take((*REPOSITORY, "required"), "has_pages"),
        {("Repository.has_pages", rules.FIELD_OPTIONAL)},
    ),
    Case(
        "field becomes required",
        add((*REPOSITORY, "required"), "topics"),
        {("Repository.topics", rules.FIELD_REQUIRED)},
    ),
    Case(
        "field becomes nullable",
        put((*prop(REPOSITORY, "name"), "nullable"), value=True),
        {("Repository.name", rules.FIELD_NULLABLE)},
    ),
    Case(
        "field can no longer be null",
        drop((*prop(REPOSITORY, "language"), "nullable")),
        {("Repository.language", rules.FIELD_NOT_NULLABLE)},
    ),
    Case(
        "field becomes optional and nullable",
        every(take((*REPOSITORY, "required"), "name"), put((*prop(REPOSITORY, "name"), "nullable"), value=True)),
        {("Repository.name", rules.FIELD_OPTIONAL), ("Repository.name", rules.FIELD_NULLABLE)},
    ),
    Case(
        "properties added to a free-form object",
        put((*prop(TOKEN, "permissions"), "properties"), {"issues": {"type": "string"}}),
        {("AuthenticationTokenPermissions.issues", rules.FIELD_ADDED)},
    ),
]
TYPES = [
    Case(
        "type changed",
        put((*prop(REPOSITORY, "forks"), "type"), "string"),
        {("Repository.forks", rules.FIELD_TYPE)},
    ),
    Case(
        "integer to number",
        put((*prop(REPOSITORY, "forks"), "type"), "number"),
        {("Repository.forks", rules.FIELD_TYPE)},
    ),
    Case("type removed", drop((*prop(REPOSITORY, "name"), "type")), {("Repository.name", rules.FIELD_TYPE)}),
    Case(
        "type of items changed",
        put((*prop(REPOSITORY, "topics"), "items"), {"type": "integer"}),
        {("Repository.topics", rules.FIELD_TYPE)},
    ),
    Case(
        "format date-time added",
        put((*prop(REPOSITORY, "git_url"), "format"), "date-time"),
        {("Repository.git_url", rules.FIELD_TYPE)},
    ),
    Case(
        "format date-time removed",
        drop((*prop(TOKEN, "expires_at"), "format")),
        {("AuthenticationToken.expires_at", rules.FIELD_TYPE)},
        given=put((*prop(TOKEN, "expires_at"), "format"), "date-time"),
    ),
    Case(
        "format uri removed",
        drop((*prop(REPOSITORY, "html_url"), "format")),
        {("Repository.html_url", rules.RESPONSE_UNCHANGED_IN_PYTHON)},
    ),
    Case(
        "maximum length added",
        put((*prop(REPOSITORY, "name"), "maxLength"), 100),
        {("Repository.name", rules.RESPONSE_UNCHANGED_IN_PYTHON)},
    ),
    Case(
        "one of many types",
        put(prop(REPOSITORY, "forks"), {"oneOf": [{"type": "integer"}, {"type": "string"}]}),
        {("Repository.forks", rules.FIELD_TYPE)},
    ),
    Case(
        "type of a map's values added",
        put((*prop(TOKEN, "permissions"), "additionalProperties"), {"type": "string"}),
        {("AuthenticationTokenPermissions.additional_properties", rules.FIELD_TYPE)},
    ),
]
ENUMS = [
    Case(
        "enum value added",
        add((*prop(TOKEN, "repository_selection"), "enum"), "some"),
        {("AuthenticationToken.repository_selection", rules.NO_EFFECT)},
    ),
    Case(
        "enum value removed",
        every(
            add((*prop(TOKEN, "repository_selection"), "enum"), "some"),
            take((*prop(TOKEN, "repository_selection"), "enum"), "all"),
        ),
        {("AuthenticationToken.repository_selection", rules.NO_EFFECT)},
    ),
    Case(
        "enum introduced",
        put((*prop(REPOSITORY, "visibility"), "enum"), ["public", "private"]),
        {("Repository.visibility", rules.NO_EFFECT)},
    ),
    Case(
        "enum removed",
        drop((*prop(TOKEN, "repository_selection"), "enum")),
        {("AuthenticationToken.repository_selection", rules.NO_EFFECT)},
    ),
    Case(
        "enum of one value introduced",
        put((*prop(REPOSITORY, "visibility"), "enum"), ["public"]),
        {("Repository.visibility", rules.NO_EFFECT)},
    ),
    Case(
        "one of two enum values removed",
        take((*prop(TOKEN, "repository_selection"), "enum"), "all"),
        {("AuthenticationToken.repository_selection", rules.NO_EFFECT)},
    ),
    Case(
        "value that tells alternatives apart changed",
        put((*prop(REPOSITORY, "actor"), "oneOf", 0, "properties", "kind", "enum"), ["person"]),
        {("RepositoryActorUser.kind", rules.FIELD_TYPE)},
        given=put(prop(REPOSITORY, "actor"), {"oneOf": [alternative("user"), alternative("app")]}),
    ),
]
COMBINATORS = [
    Case(
        "reference in an allOf",
        wrap(prop(REPOSITORY, "owner")),
        {("Repository.owner", rules.NO_EFFECT)},
    ),
    Case(
        "items in an allOf",
        wrap((*prop(TOKEN, "repositories"), "items")),
        {("AuthenticationToken.repositories", rules.NO_EFFECT)},
    ),
    Case(
        "scalar in an allOf",
        wrap(prop(REPOSITORY, "name")),
        {("Repository.name", rules.NO_EFFECT)},
    ),
    Case(
        "object in an allOf",
        wrap(prop(REPOSITORY, "permissions")),
        {("Repository.permissions", rules.NO_EFFECT)},
    ),
    Case(
        "reference in a oneOf",
        wrap(prop(REPOSITORY, "owner"), "oneOf"),
        {("Repository.owner", rules.RESPONSE_UNCHANGED_IN_PYTHON), ("Repository.owner", rules.DOCUMENTATION)},
    ),
    Case(
        "allOf of two",
        put(
            prop(REPOSITORY, "owner"),
            {"allOf": [reference(USER), {"type": "object", "properties": {"x": {"type": "string"}}}]},
        ),
        {
            ("Repository.owner", rules.FIELD_TYPE),
            ("RepositoryOwner", rules.MODEL_ADDED),
            ("Repository.owner", rules.DOCUMENTATION),
        },
    ),
    Case(
        "alternative added",
        put(prop(REPOSITORY, "owner"), {"anyOf": [reference(USER), {"type": "string"}]}),
        {("Repository.owner", rules.FIELD_TYPE), ("Repository.owner", rules.DOCUMENTATION)},
    ),
]
NAMES = [
    Case(
        "title of a schema changed",
        put((*USER, "title"), "Person"),
        {("SimpleUser", rules.MODEL_RENAMED)},
    ),
    Case(
        "title of an inline schema added",
        put((*prop(REPOSITORY, "permissions"), "title"), "Rights"),
        {("RepositoryPermissions", rules.MODEL_RENAMED)},
    ),
    Case(
        "key of a schema changed",
        every(
            rename(USER, "user"),
            put(prop(REPOSITORY, "owner"), {"$ref": "#/components/schemas/user"}),
        ),
        {("SimpleUser", rules.DOCUMENTATION)},
    ),
    Case(
        "path parameter renamed",
        every(rename(("paths", PATH), PATH.replace("{org}", "{organization}")), put((*ORG, "name"), "organization")),
        {(f"{CREATE}(org)", rules.PARAMETER_RENAMED)},
    ),
    Case(
        "path changed",
        rename(("paths", PATH), PATH.replace("orgs", "organizations")),
        {(CREATE, rules.REQUEST_LINE_CHANGED)},
    ),
    Case(
        "method changed",
        rename(OPERATION, "put"),
        {(CREATE, rules.REQUEST_LINE_CHANGED)},
    ),
    Case(
        "operationId changed",
        put((*OPERATION, "operationId"), "actions/create-token"),
        {(CREATE, rules.OPERATION_REMOVED), ("create_token", rules.OPERATION_ADDED)},
    ),
    Case(
        "tag changed",
        put((*OPERATION, "tags"), ["runners"]),
        {(CREATE, rules.OPERATION_MOVED)},
    ),
    Case(
        "operation added with a response that others can refer to",
        with_shared_response,
        {("create_remove_token_for_org", rules.OPERATION_ADDED)},
    ),
    Case(
        "operation removed",
        drop(OTHER),
        {("create_remove_token_for_org", rules.OPERATION_REMOVED)},
        given=richer,
    ),
]
PARAMETER = [
    Case(
        "optional query parameter added",
        add(PARAMETERS, query("q")),
        {(f"{CREATE}(q)", rules.PARAMETER_ADDED)},
    ),
    Case(
        "required query parameter added",
        add(PARAMETERS, query("q", required=True)),
        {(f"{CREATE}(q)", rules.PARAMETER_ADDED_REQUIRED)},
    ),
    Case(
        "enum parameter added",
        add(PARAMETERS, query("sort", schema={"type": "string", "enum": ["name", "age"]})),
        {(f"{CREATE}(sort)", rules.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgSort", rules.MODEL_ADDED)},
    ),
    Case(
        "optional header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", rules.PARAMETER_ADDED)},
    ),
    Case(
        "required header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "required": True, "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", rules.PARAMETER_ADDED_REQUIRED)},
    ),
    Case(
        "optional body added",
        put((*OPERATION, "requestBody"), BODY),
        {(f"{CREATE}(body)", rules.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgBody", rules.MODEL_ADDED)},
    ),
    Case(
        "body removed",
        drop((*OPERATION, "requestBody")),
        {(f"{CREATE}(body)", rules.PARAMETER_REMOVED), ("CreateRegistrationTokenForOrgBody", rules.MODEL_REMOVED)},
        given=put((*OPERATION, "requestBody"), BODY),
    ),
    Case(
        "field of a body can no longer be null",
        drop((*OPERATION, "requestBody", "content", "application/json", "schema", "properties", "x", "nullable")),
        {
            ("CreateRegistrationTokenForOrgBody.x", rules.FIELD_NOT_NULLABLE),
            ("CreateRegistrationTokenForOrgBody.x", rules.REQUEST_NARROWED),
        },
        given=put((*OPERATION, "requestBody"), BODY),
    ),
    Case(
        "type of a parameter changed",
        put((*ORG, "schema"), {"type": "integer"}),
        {(f"{CREATE}(org)", rules.PARAMETER_CHANGED)},
    ),
    Case(
        "maximum length of a parameter added",
        put((*ORG, "schema", "maxLength"), 39),
        {(f"{CREATE}(org)", rules.REQUEST_NARROWED)},
    ),
    Case(
        "maximum length of a shared parameter added",
        put((*ORG, "schema", "maxLength"), 39),
        {
            (f"{CREATE}(org)", rules.REQUEST_NARROWED),
            ("create_remove_token_for_org(org)", rules.REQUEST_NARROWED),
        },
        given=richer,
    ),
    Case(
        "shared parameter added",
        every(
            put(("components", "parameters", "page"), query("page")),
            add(PARAMETERS, reference(("components", "parameters", "page"))),
        ),
        {(f"{CREATE}(page)", rules.PARAMETER_ADDED)},
    ),
    Case(
        "parameter removed and maximum length of the next one added",
        every(take(PARAMETERS, query("q", required=True)), put((*PARAMETERS, 2, "schema", "maxLength"), 4)),
        {
            (f"{CREATE}(q)", rules.PARAMETER_REMOVED),
            (f"{CREATE}(sort)", rules.REQUEST_NARROWED),
            # redocly takes sort for a renamed q.
            (f"{CREATE}(sort)", rules.DOCUMENTATION),
        },
        given=richer,
    ),
    Case(
        "shared response added",
        every(
            put(("components", "responses"), {"conflict": {"description": "Conflict"}}),
            put((*OPERATION, "responses", "409"), reference(("components", "responses", "conflict"))),
        ),
        {(f"{CREATE} -> 409", rules.FAILURE_ADDED)},
    ),
    Case(
        "path parameters swapped",
        rename(("paths", TWO_PARAMETERS), "/orgs/{runner}/actions/runners/{org}"),
        {(f"{CREATE}(org)", rules.PARAMETER_MOVED), (f"{CREATE}(runner)", rules.PARAMETER_MOVED)},
        given=every(
            add(PARAMETERS, {"name": "runner", "in": "path", "required": True, "schema": {"type": "string"}}),
            rename(("paths", PATH), TWO_PARAMETERS),
        ),
    ),
    Case(
        "parameter removed",
        take(PARAMETERS, query("q", required=True)),
        {(f"{CREATE}(q)", rules.PARAMETER_REMOVED)},
        given=richer,
    ),
    Case(
        "parameter becomes optional",
        put((*PARAMETERS, 1, "required"), value=False),
        {(f"{CREATE}(q)", rules.PARAMETER_OPTIONAL)},
        given=richer,
    ),
    Case(
        "parameter becomes required",
        put((*PARAMETERS, 3, "required"), value=True),
        {(f"{CREATE}(sort)", rules.PARAMETER_REQUIRED)},
        given=richer,
    ),
    Case(
        "value of a parameter added",
        add((*PARAMETERS, 3, "schema", "enum"), "size"),
        {(f"{CREATE}(sort)", rules.PARAMETER_WIDENED)},
        given=richer,
    ),
    Case(
        "value of a parameter removed",
        take((*PARAMETERS, 3, "schema", "enum"), "age"),
        {(f"{CREATE}(sort)", rules.PARAMETER_CHANGED)},
        given=richer,
    ),
    Case(
        "value and maximum length of a parameter added",
        every(
            add((*PARAMETERS, 3, "schema", "enum"), "size"),
            put((*PARAMETERS, 3, "schema", "maxLength"), 4),
        ),
        {(f"{CREATE}(sort)", rules.PARAMETER_WIDENED), (f"{CREATE}(sort)", rules.REQUEST_NARROWED)},
        given=richer,
    ),
    Case(
        "default of a parameter changed",
        put((*PARAMETERS, 2, "schema", "default"), 2),
        {(f"{CREATE}(page)", rules.PARAMETER_DEFAULT)},
        given=richer,
    ),
    Case(
        "default of a parameter removed",
        drop((*PARAMETERS, 2, "schema", "default")),
        {(f"{CREATE}(page)", rules.PARAMETER_DEFAULT_DOCUMENTED)},
        given=richer,
    ),
]
RESPONSES = [
    Case(
        "success status changed",
        rename(SUCCESS, "200"),
        {(f"{CREATE} -> 201", rules.SUCCESS_REMOVED)},
    ),
    Case(
        "success status with the same body added",
        put(
            (*OPERATION, "responses", "200"),
            {"description": "Response", "content": {"application/json": {"schema": reference(TOKEN)}}},
        ),
        {(f"{CREATE} -> 200", rules.SUCCESS_ADDED)},
    ),
    Case(
        "success status without a body added",
        put((*OPERATION, "responses", "202"), {"description": "Accepted"}),
        {(f"{CREATE} -> 202", rules.SUCCESS_ADDED), (CREATE, rules.RESULT_CHANGED)},
    ),
    Case(
        "success status without a body removed",
        drop((*OPERATION, "responses", "202")),
        {(f"{CREATE} -> 202", rules.SUCCESS_REMOVED), (CREATE, rules.RESULT_NARROWED)},
        given=richer,
    ),
    Case(
        "error status added",
        put((*OPERATION, "responses", "409"), {"description": "Conflict"}),
        {(f"{CREATE} -> 409", rules.FAILURE_ADDED)},
    ),
    Case(
        "error status removed",
        drop((*OPERATION, "responses", "409")),
        {(f"{CREATE} -> 409", rules.FAILURE_REMOVED)},
        given=richer,
    ),
    Case(
        "error status that the overlay documents",
        put((*OPERATION, "responses", "404"), {"description": "Not there"}),
        {
            (f"{CREATE} -> 404", rules.DOCUMENTATION),
            (f"{CREATE} -> 404", rules.MEDIA_TYPE),
            *(
                (f"{CREATE} -> 404 header {name}", rules.DOCUMENTATION)
                for name in (
                    "Deprecation",
                    "Sunset",
                    "X-Accepted-GitHub-Permissions",
                    "X-Accepted-OAuth-Scopes",
                    "X-OAuth-Scopes",
                )
            ),
        },
    ),
    Case(
        "header added",
        put((*SUCCESS, "headers"), {"Location": {"schema": {"type": "string"}}}),
        {(f"{CREATE} -> 201 header Location", rules.HEADER_ADDED)},
    ),
    Case(
        "header removed",
        drop((*SUCCESS, "headers")),
        {(f"{CREATE} -> 201 header Location", rules.HEADER_REMOVED)},
        given=richer,
    ),
    Case(
        "header renamed",
        rename((*SUCCESS, "headers", "Location"), "X-Location"),
        {(f"{CREATE} -> 201 header Location", rules.HEADER_REMOVED)},
        given=richer,
    ),
    Case(
        "media type added",
        put((*SUCCESS, "content", "text/html"), {"schema": {"type": "string"}}),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE)},
    ),
    Case(
        "media type removed",
        drop((*SUCCESS, "content", "text/html")),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE)},
        given=put((*SUCCESS, "content", "text/html"), {"schema": {"type": "string"}}),
    ),
    Case(
        "body of a response replaced by a string",
        put((*SUCCESS, "content", "application/json"), {"schema": {"type": "string"}}),
        {(CREATE, rules.RESULT_CHANGED), (f"{CREATE} -> 201", rules.DOCUMENTATION)},
    ),
    Case(
        "body of a response removed",
        drop((*SUCCESS, "content")),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE), (CREATE, rules.RESULT_CHANGED)},
    ),
    Case(
        "path changed and success status removed",
        every(
            rename(("paths", PATH), PATH.replace("orgs", "organizations")),
            drop(("paths", PATH.replace("orgs", "organizations"), "post", "responses", "202")),
        ),
        {
            (CREATE, rules.REQUEST_LINE_CHANGED),
            (CREATE, rules.RESULT_NARROWED),
            (f"{CREATE} -> 202", rules.SUCCESS_REMOVED),
        },
        given=richer,
    ),
    Case(
        "anonymous access removed",
        put((*OPERATION, "security"), []),
        {(CREATE, rules.SECURITY)},
        given=richer,
    ),
]
TEXT = [
    Case(
        "description of a field",
        put((*prop(REPOSITORY, "name"), "description"), "Its name."),
        {("Repository.name", rules.DOCUMENTATION)},
    ),
    Case(
        "description and summary of an operation",
        every(put((*OPERATION, "description"), "x"), put((*OPERATION, "summary"), "y")),
        {(CREATE, rules.DOCUMENTATION)},
    ),
    Case(
        "default of a field",
        put((*prop(REPOSITORY, "visibility"), "default"), "private"),
        {("Repository.visibility", rules.DOCUMENTATION)},
    ),
    Case(
        "field deprecated",
        put((*prop(REPOSITORY, "name"), "deprecated"), value=True),
        {("Repository.name", rules.DOCUMENTATION)},
    ),
    Case(
        "example of a field",
        put((*prop(REPOSITORY, "name"), "example"), "x"),
        {("Repository.name", rules.DOCUMENTATION)},
    ),
    Case(
        "description of a tag",
        put(("tags",), [{"name": "actions", "description": "x"}]),
        {("#/tags/0", rules.DOCUMENTATION)},
    ),
    Case(
        "URL of a server",
        put(("servers",), [{"url": "https://api.example.com"}]),
        {("#/servers/0", rules.DOCUMENTATION)},
    ),
    Case("extension", put((*OPERATION, "x-github", "category"), "x"), {(CREATE, rules.EXTENSION)}),
    Case("version of the description", put(("info", "version"), "99.0.0"), set()),
]
CASES = [*PROPERTIES, *TYPES, *ENUMS, *COMBINATORS, *NAMES, *PARAMETER, *RESPONSES, *TEXT]
