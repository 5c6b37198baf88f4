"""Changes of a slice, as a change of GitHub's description makes them, and what the report must say about each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.documents import Document
from pipeline.report.rules import Rule

Edit = Callable[[Document], None]
Place = tuple[str | int, ...]

PATH = "/orgs/{org}/actions/runners/registration-token"
OPERATION = ("paths", PATH, "post")
SUCCESS = (*OPERATION, "responses", "201")
TOKEN = ("components", "schemas", "authentication-token")
REPOSITORY = ("components", "schemas", "repository")
USER = ("components", "schemas", "simple-user")
ORG = ("components", "parameters", "org")
CREATE = "create_registration_token_for_org"
TWO_PARAMETERS = "/orgs/{org}/actions/runners/{runner}"
OTHER = ("paths", "/orgs/{org}/actions/runners/remove-token")
PAGE = ("components", "parameters", "page")
NUMBER = ("components", "schemas", "number")
UNBOUND = ("paths", "/remove-token")
ANONYMOUS: list[dict[str, list[str]]] = [{}]
BODY = {
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"x": {"type": "string", "nullable": True}}}}
    }
}


# --- edits


def prop(schema: Place, name: str) -> Place:
    return (*schema, "properties", name)


def reference(schema: Place) -> dict[str, str]:
    return {"$ref": "/".join(["#", *map(str, schema)])}


def at(document: Document, place: Place) -> Any:
    value: Any = document
    for key in place:
        value = value[key]
    return value


def put(place: Place, value: object) -> Edit:
    """Add it, or replace what is there."""
    return lambda document: at(document, place[:-1]).__setitem__(place[-1], copy.deepcopy(value))


def drop(place: Place) -> Edit:
    return lambda document: at(document, place[:-1]).__delitem__(place[-1])


def add(place: Place, item: object) -> Edit:
    return lambda document: at(document, place).append(copy.deepcopy(item))


def take(place: Place, item: object) -> Edit:
    return lambda document: at(document, place).remove(item)


def put_first(place: Place, value: object) -> Edit:
    """Add it before everything else."""
    return _rewrite(place, lambda members: {str(place[-1]): value, **members})


def rename(place: Place, name: str) -> Edit:
    """Give a member another name, where it stands."""
    return _rewrite(place, lambda members: {name if key == place[-1] else key: members[key] for key in members})


def _rewrite(place: Place, change: Callable[[Document], Document]) -> Edit:
    def edit(document: Document) -> None:
        parent: Document = at(document, place[:-1])
        members = change(dict(parent))
        parent.clear()
        parent.update(members)

    return edit


def remove_property(schema: Place, name: str) -> Edit:
    def edit(document: Document) -> None:
        del at(document, schema)["properties"][name]
        required = at(document, schema).get("required", [])
        if name in required:
            required.remove(name)

    return edit


def wrap(place: Place, combinator: str = "allOf") -> Edit:
    """Put it into a combinator of its own."""

    def edit(document: Document) -> None:
        put(place, {combinator: [at(document, place)]})(document)

    return edit


def query(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **more}


def every(*edits: Edit) -> Edit:
    def edit(document: Document) -> None:
        for one in edits:
            one(document)

    return edit


def nothing(document: Document) -> None:
    """Leave it as it is."""


# --- cases


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


def field(name: str, *below: str | int) -> Place:
    return (*REPOSITORY, "properties", name, *below)


def token_field(name: str, *below: str | int) -> Place:
    return (*TOKEN, "properties", name, *below)


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
    Case("optional field added", put(field("x"), {"type": "string"}), {("Repository.x", Rule.FIELD_ADDED)}),
    Case(
        "optional field added in front",
        put_first(token_field("x"), {"type": "string"}),
        {("AuthenticationToken.x", Rule.FIELD_ADDED)},
    ),
    Case(
        "required field added",
        every(put(field("x"), {"type": "string"}), add((*REPOSITORY, "required"), "x")),
        {("Repository.x", Rule.FIELD_ADDED_REQUIRED)},
    ),
    Case(
        "object field added",
        put(field("status"), {"type": "object", "properties": {"ok": {"type": "boolean"}}}),
        {("Repository.status", Rule.FIELD_ADDED), ("RepositoryStatus", Rule.MODEL_ADDED)},
    ),
    Case("optional field removed", remove_property(REPOSITORY, "topics"), {("Repository.topics", Rule.FIELD_REMOVED)}),
    Case(
        "required field removed", remove_property(REPOSITORY, "has_wiki"), {("Repository.has_wiki", Rule.FIELD_REMOVED)}
    ),
    Case(
        "field and its model removed",
        every(remove_property(REPOSITORY, "license"), drop(("components", "schemas", "nullable-license-simple"))),
        {("Repository.license_", Rule.FIELD_REMOVED), ("LicenseSimple", Rule.MODEL_REMOVED)},
    ),
    Case(
        "field renamed",
        rename(field("topics"), "subjects"),
        {("Repository.topics", Rule.FIELD_REMOVED), ("Repository.subjects", Rule.FIELD_ADDED)},
    ),
    Case(
        "field renamed to a similar name",
        rename(field("topics"), "topic"),
        {("Repository.topics", Rule.FIELD_REMOVED), ("Repository.topic", Rule.FIELD_ADDED)},
    ),
    Case(
        "field becomes optional",
        take((*REPOSITORY, "required"), "has_pages"),
        {("Repository.has_pages", Rule.FIELD_OPTIONAL)},
    ),
    Case(
        "field becomes required", add((*REPOSITORY, "required"), "topics"), {("Repository.topics", Rule.FIELD_REQUIRED)}
    ),
    Case(
        "field becomes nullable", put(field("name", "nullable"), value=True), {("Repository.name", Rule.FIELD_NULLABLE)}
    ),
    Case(
        "field can no longer be null",
        drop(field("language", "nullable")),
        {("Repository.language", Rule.FIELD_NOT_NULLABLE)},
    ),
    Case(
        "field becomes optional and nullable",
        every(take((*REPOSITORY, "required"), "name"), put(field("name", "nullable"), value=True)),
        {("Repository.name", Rule.FIELD_OPTIONAL), ("Repository.name", Rule.FIELD_NULLABLE)},
    ),
    Case(
        "properties added to a free-form object",
        put(token_field("permissions", "properties"), {"issues": {"type": "string"}}),
        {("AuthenticationTokenPermissions.issues", Rule.FIELD_ADDED)},
    ),
]
TYPES = [
    Case("type changed", put(field("forks", "type"), "string"), {("Repository.forks", Rule.FIELD_TYPE)}),
    Case("integer to number", put(field("forks", "type"), "number"), {("Repository.forks", Rule.FIELD_TYPE)}),
    Case("type removed", drop(field("name", "type")), {("Repository.name", Rule.FIELD_TYPE)}),
    Case(
        "type of items changed",
        put(field("topics", "items"), {"type": "integer"}),
        {("Repository.topics", Rule.FIELD_TYPE)},
    ),
    Case(
        "format date-time added",
        put(field("git_url", "format"), "date-time"),
        {("Repository.git_url", Rule.FIELD_TYPE)},
    ),
    Case(
        "format date-time removed",
        drop(token_field("expires_at", "format")),
        {("AuthenticationToken.expires_at", Rule.FIELD_TYPE)},
        given=put(token_field("expires_at", "format"), "date-time"),
    ),
    Case(
        "format uri removed",
        drop(field("html_url", "format")),
        {("Repository.html_url", Rule.RESPONSE_UNCHANGED_IN_PYTHON)},
    ),
    Case(
        "maximum length added",
        put(field("name", "maxLength"), 100),
        {("Repository.name", Rule.RESPONSE_UNCHANGED_IN_PYTHON)},
    ),
    Case(
        "one of many types",
        put(field("forks"), {"oneOf": [{"type": "integer"}, {"type": "string"}]}),
        {("Repository.forks", Rule.FIELD_TYPE)},
    ),
    Case(
        "type of a map's values added",
        put(token_field("permissions", "additionalProperties"), {"type": "string"}),
        {("AuthenticationTokenPermissions.additional_properties", Rule.FIELD_TYPE)},
    ),
]
ENUMS = [
    Case(
        "enum value added",
        add(token_field("repository_selection", "enum"), "some"),
        {("AuthenticationToken.repository_selection", Rule.NO_EFFECT)},
    ),
    Case(
        "enum value removed",
        every(
            add(token_field("repository_selection", "enum"), "some"),
            take(token_field("repository_selection", "enum"), "all"),
        ),
        {("AuthenticationToken.repository_selection", Rule.NO_EFFECT)},
    ),
    Case(
        "enum introduced",
        put(field("visibility", "enum"), ["public", "private"]),
        {("Repository.visibility", Rule.NO_EFFECT)},
    ),
    Case(
        "enum removed",
        drop(token_field("repository_selection", "enum")),
        {("AuthenticationToken.repository_selection", Rule.NO_EFFECT)},
    ),
    Case(
        "enum of one value introduced",
        put(field("visibility", "enum"), ["public"]),
        {("Repository.visibility", Rule.NO_EFFECT)},
    ),
    Case(
        "one of two enum values removed",
        take(token_field("repository_selection", "enum"), "all"),
        {("AuthenticationToken.repository_selection", Rule.NO_EFFECT)},
    ),
    Case(
        "value that tells alternatives apart changed",
        put(field("actor", "oneOf", 0, "properties", "kind", "enum"), ["person"]),
        {("RepositoryActorUser.kind", Rule.FIELD_TYPE)},
        given=put(field("actor"), {"oneOf": [alternative("user"), alternative("app")]}),
    ),
]
COMBINATORS = [
    Case("reference in an allOf", wrap(field("owner")), {("Repository.owner", Rule.NO_EFFECT)}),
    Case(
        "items in an allOf",
        wrap(token_field("repositories", "items")),
        {("AuthenticationToken.repositories", Rule.NO_EFFECT)},
    ),
    Case("scalar in an allOf", wrap(field("name")), {("Repository.name", Rule.NO_EFFECT)}),
    Case("object in an allOf", wrap(field("permissions")), {("Repository.permissions", Rule.NO_EFFECT)}),
    Case(
        "reference in a oneOf",
        wrap(field("owner"), "oneOf"),
        {("Repository.owner", Rule.RESPONSE_UNCHANGED_IN_PYTHON), ("Repository.owner", Rule.DOCUMENTATION)},
    ),
    Case(
        "allOf of two",
        put(field("owner"), {"allOf": [reference(USER), {"type": "object", "properties": {"x": {"type": "string"}}}]}),
        {
            ("Repository.owner", Rule.FIELD_TYPE),
            ("RepositoryOwner", Rule.MODEL_ADDED),
            ("Repository.owner", Rule.DOCUMENTATION),
        },
    ),
    Case(
        "alternative added",
        put(field("owner"), {"anyOf": [reference(USER), {"type": "string"}]}),
        {("Repository.owner", Rule.FIELD_TYPE), ("Repository.owner", Rule.DOCUMENTATION)},
    ),
]
NAMES = [
    Case("title of a schema changed", put((*USER, "title"), "Person"), {("SimpleUser", Rule.MODEL_RENAMED)}),
    Case(
        "title of an inline schema added",
        put(field("permissions", "title"), "Rights"),
        {("RepositoryPermissions", Rule.MODEL_RENAMED)},
    ),
    Case(
        "key of a schema changed",
        every(rename(USER, "user"), put(field("owner"), {"$ref": "#/components/schemas/user"})),
        {("SimpleUser", Rule.DOCUMENTATION)},
    ),
    Case(
        "path parameter renamed",
        every(rename(("paths", PATH), PATH.replace("{org}", "{organization}")), put((*ORG, "name"), "organization")),
        {(f"{CREATE}(org)", Rule.PARAMETER_RENAMED)},
    ),
    Case(
        "path changed",
        rename(("paths", PATH), PATH.replace("orgs", "organizations")),
        {(CREATE, Rule.REQUEST_LINE_CHANGED)},
    ),
    Case("method changed", rename(OPERATION, "put"), {(CREATE, Rule.REQUEST_LINE_CHANGED)}),
    Case(
        "operationId changed",
        put((*OPERATION, "operationId"), "actions/create-token"),
        {(CREATE, Rule.OPERATION_REMOVED), ("create_token", Rule.OPERATION_ADDED)},
    ),
    Case("tag changed", put((*OPERATION, "tags"), ["runners"]), {(CREATE, Rule.OPERATION_MOVED)}),
    Case(
        "operation added with a response that others can refer to",
        with_shared_response,
        {("create_remove_token_for_org", Rule.OPERATION_ADDED)},
    ),
]
PARAMETER = [
    Case("optional query parameter added", add(PARAMETERS, query("q")), {(f"{CREATE}(q)", Rule.PARAMETER_ADDED)}),
    Case(
        "required query parameter added",
        add(PARAMETERS, query("q", required=True)),
        {(f"{CREATE}(q)", Rule.PARAMETER_ADDED_REQUIRED)},
    ),
    Case(
        "enum parameter added",
        add(PARAMETERS, query("sort", schema={"type": "string", "enum": ["name", "age"]})),
        {(f"{CREATE}(sort)", Rule.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgSort", Rule.MODEL_ADDED)},
    ),
    Case(
        "optional header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", Rule.PARAMETER_ADDED)},
    ),
    Case(
        "required header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "required": True, "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", Rule.PARAMETER_ADDED_REQUIRED)},
    ),
    Case(
        "optional body added",
        put((*OPERATION, "requestBody"), BODY),
        {(f"{CREATE}(body)", Rule.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgBody", Rule.MODEL_ADDED)},
    ),
    Case(
        "body removed",
        drop((*OPERATION, "requestBody")),
        {(f"{CREATE}(body)", Rule.PARAMETER_REMOVED), ("CreateRegistrationTokenForOrgBody", Rule.MODEL_REMOVED)},
        given=put((*OPERATION, "requestBody"), BODY),
    ),
    Case(
        "field of a body can no longer be null",
        drop((*OPERATION, "requestBody", "content", "application/json", "schema", "properties", "x", "nullable")),
        {
            ("CreateRegistrationTokenForOrgBody.x", Rule.FIELD_NOT_NULLABLE),
            ("CreateRegistrationTokenForOrgBody.x", Rule.REQUEST_NARROWED),
        },
        given=put((*OPERATION, "requestBody"), BODY),
    ),
    Case(
        "maximum length added to what one operation sends and another one returns",
        put((*USER, "properties", "login", "maxLength"), 39),
        {("SimpleUser.login", Rule.REQUEST_NARROWED)},
        given=every(
            richer, put((*OTHER, "post", "requestBody"), {"content": {"application/json": {"schema": reference(USER)}}})
        ),
    ),
    Case(
        "type of a parameter changed",
        put((*ORG, "schema"), {"type": "integer"}),
        {(f"{CREATE}(org)", Rule.PARAMETER_CHANGED)},
    ),
    Case(
        "maximum length of a parameter added",
        put((*ORG, "schema", "maxLength"), 39),
        {(f"{CREATE}(org)", Rule.REQUEST_NARROWED)},
    ),
    Case(
        "shared parameter added",
        every(
            put(PAGE, query("page")),
            add(PARAMETERS, reference(PAGE)),
        ),
        {(f"{CREATE}(page)", Rule.PARAMETER_ADDED)},
    ),
    Case(
        "maximum of the shared schema of a parameter added",
        put((*NUMBER, "maximum"), 9),
        {(f"{CREATE}(page)", Rule.REQUEST_NARROWED)},
        given=every(put(NUMBER, {"type": "integer"}), add(PARAMETERS, query("page", schema=reference(NUMBER)))),
    ),
    Case(
        "parameter replaced by a shared one with a description",
        put((*PARAMETERS, 2), reference(PAGE)),
        {(f"{CREATE}(page)", Rule.DOCUMENTATION)},
        given=every(
            richer,
            put(PAGE, query("page", schema={"type": "integer", "default": 1}, description="The page.")),
            add((*OTHER, "post", "parameters"), reference(PAGE)),
        ),
    ),
    Case(
        "first parameters added",
        put((*UNBOUND, "post", "parameters"), [query("q"), query("page")]),
        {(f"create_remove_token_for_org({name})", Rule.PARAMETER_ADDED) for name in ("q", "page")},
        given=every(richer, rename(OTHER, UNBOUND[1]), drop((*UNBOUND, "post", "parameters"))),
    ),
    Case(
        "shared response added",
        every(
            put(("components", "responses"), {"conflict": {"description": "Conflict"}}),
            put((*OPERATION, "responses", "409"), reference(("components", "responses", "conflict"))),
        ),
        {(f"{CREATE} -> 409", Rule.FAILURE_ADDED)},
    ),
    Case(
        "path parameters swapped",
        rename(("paths", TWO_PARAMETERS), "/orgs/{runner}/actions/runners/{org}"),
        {(f"{CREATE}(org)", Rule.PARAMETER_MOVED), (f"{CREATE}(runner)", Rule.PARAMETER_MOVED)},
        given=every(
            add(PARAMETERS, {"name": "runner", "in": "path", "required": True, "schema": {"type": "string"}}),
            rename(("paths", PATH), TWO_PARAMETERS),
        ),
    ),
]
RESPONSES = [
    Case("success status changed", rename(SUCCESS, "200"), {(f"{CREATE} -> 201", Rule.SUCCESS_REMOVED)}),
    Case(
        "success status with the same body added",
        put(
            (*OPERATION, "responses", "200"),
            {"description": "Response", "content": {"application/json": {"schema": reference(TOKEN)}}},
        ),
        {(f"{CREATE} -> 200", Rule.SUCCESS_ADDED)},
    ),
    Case(
        "success status without a body added",
        put((*OPERATION, "responses", "202"), {"description": "Accepted"}),
        {(f"{CREATE} -> 202", Rule.SUCCESS_ADDED), (CREATE, Rule.RESULT_CHANGED)},
    ),
    Case(
        "error status added",
        put((*OPERATION, "responses", "409"), {"description": "Conflict"}),
        {(f"{CREATE} -> 409", Rule.FAILURE_ADDED)},
    ),
    Case(
        "error status that the overlay documents",
        put((*OPERATION, "responses", "404"), {"description": "Not there"}),
        {
            (f"{CREATE} -> 404", Rule.DOCUMENTATION),
            (f"{CREATE} -> 404", Rule.MEDIA_TYPE),
            *(
                (f"{CREATE} -> 404 header {name}", Rule.DOCUMENTATION)
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
        {(f"{CREATE} -> 201 header Location", Rule.HEADER_ADDED)},
    ),
    Case(
        "media type added",
        put((*SUCCESS, "content", "text/html"), {"schema": {"type": "string"}}),
        {(f"{CREATE} -> 201", Rule.MEDIA_TYPE)},
    ),
    Case(
        "media type removed",
        drop((*SUCCESS, "content", "text/html")),
        {(f"{CREATE} -> 201", Rule.MEDIA_TYPE)},
        given=put((*SUCCESS, "content", "text/html"), {"schema": {"type": "string"}}),
    ),
    Case(
        "body of a response replaced by a string",
        put((*SUCCESS, "content", "application/json"), {"schema": {"type": "string"}}),
        {(CREATE, Rule.RESULT_CHANGED), (f"{CREATE} -> 201", Rule.DOCUMENTATION)},
    ),
    Case(
        "body of a response removed",
        drop((*SUCCESS, "content")),
        {(f"{CREATE} -> 201", Rule.MEDIA_TYPE), (CREATE, Rule.RESULT_CHANGED)},
    ),
]
TEXT = [
    Case(
        "description of a field",
        put(field("name", "description"), "Its name."),
        {("Repository.name", Rule.DOCUMENTATION)},
    ),
    Case(
        "description and summary of an operation",
        every(put((*OPERATION, "description"), "x"), put((*OPERATION, "summary"), "y")),
        {(CREATE, Rule.DOCUMENTATION)},
    ),
    Case(
        "description of a field that has this name",
        put(field("description", "description"), "Its purpose."),
        {("Repository.description", Rule.DOCUMENTATION)},
    ),
    Case(
        "default of a field",
        put(field("visibility", "default"), "private"),
        {("Repository.visibility", Rule.DOCUMENTATION)},
    ),
    Case("field deprecated", put(field("name", "deprecated"), value=True), {("Repository.name", Rule.DOCUMENTATION)}),
    Case("example of a field", put(field("name", "example"), "x"), {("Repository.name", Rule.DOCUMENTATION)}),
    Case(
        "description of a tag",
        put(("tags",), [{"name": "actions", "description": "x"}]),
        {("#/tags/0", Rule.DOCUMENTATION)},
    ),
    Case(
        "URL of a server",
        put(("servers",), [{"url": "https://api.example.com"}]),
        {("#/servers/0", Rule.DOCUMENTATION)},
    ),
    Case("extension", put((*OPERATION, "x-github", "category"), "x"), {(CREATE, Rule.EXTENSION)}),
    Case("version of the description", put(("info", "version"), "99.0.0"), set()),
]
# Changes of a slice that contains more than GitHub's does today.
OF_RICHER = [
    Case("operation removed", drop(OTHER), {("create_remove_token_for_org", Rule.OPERATION_REMOVED)}),
    Case(
        "maximum length of a shared parameter added",
        put((*ORG, "schema", "maxLength"), 39),
        {(f"{CREATE}(org)", Rule.REQUEST_NARROWED), ("create_remove_token_for_org(org)", Rule.REQUEST_NARROWED)},
    ),
    Case(
        "parameter removed and maximum length of the next one added",
        every(take(PARAMETERS, query("q", required=True)), put((*PARAMETERS, 2, "schema", "maxLength"), 4)),
        {
            (f"{CREATE}(q)", Rule.PARAMETER_REMOVED),
            (f"{CREATE}(sort)", Rule.REQUEST_NARROWED),
            # redocly takes sort for a renamed q.
            (f"{CREATE}(sort)", Rule.DOCUMENTATION),
        },
    ),
    Case("parameter removed", take(PARAMETERS, query("q", required=True)), {(f"{CREATE}(q)", Rule.PARAMETER_REMOVED)}),
    Case(
        "parameter becomes optional",
        put((*PARAMETERS, 1, "required"), value=False),
        {(f"{CREATE}(q)", Rule.PARAMETER_OPTIONAL)},
    ),
    Case(
        "parameter becomes required",
        put((*PARAMETERS, 3, "required"), value=True),
        {(f"{CREATE}(sort)", Rule.PARAMETER_REQUIRED)},
    ),
    Case(
        "value of a parameter added",
        add((*PARAMETERS, 3, "schema", "enum"), "size"),
        {(f"{CREATE}(sort)", Rule.PARAMETER_WIDENED)},
    ),
    Case(
        "value of a parameter removed",
        take((*PARAMETERS, 3, "schema", "enum"), "age"),
        {(f"{CREATE}(sort)", Rule.PARAMETER_CHANGED)},
    ),
    Case(
        "value and maximum length of a parameter added",
        every(add((*PARAMETERS, 3, "schema", "enum"), "size"), put((*PARAMETERS, 3, "schema", "maxLength"), 4)),
        {(f"{CREATE}(sort)", Rule.PARAMETER_WIDENED), (f"{CREATE}(sort)", Rule.REQUEST_NARROWED)},
    ),
    Case(
        "default of a parameter changed",
        put((*PARAMETERS, 2, "schema", "default"), 2),
        {(f"{CREATE}(page)", Rule.PARAMETER_DEFAULT)},
    ),
    Case(
        "default of a parameter removed",
        drop((*PARAMETERS, 2, "schema", "default")),
        {(f"{CREATE}(page)", Rule.PARAMETER_DEFAULT_DOCUMENTED)},
    ),
    Case(
        "success status without a body removed",
        drop((*OPERATION, "responses", "202")),
        {(f"{CREATE} -> 202", Rule.SUCCESS_REMOVED), (CREATE, Rule.RESULT_NARROWED)},
    ),
    Case("error status removed", drop((*OPERATION, "responses", "409")), {(f"{CREATE} -> 409", Rule.FAILURE_REMOVED)}),
    Case("header removed", drop((*SUCCESS, "headers")), {(f"{CREATE} -> 201 header Location", Rule.HEADER_REMOVED)}),
    Case(
        "header renamed",
        rename((*SUCCESS, "headers", "Location"), "X-Location"),
        {(f"{CREATE} -> 201 header Location", Rule.HEADER_REMOVED)},
    ),
    Case(
        "path changed and success status removed",
        every(
            rename(("paths", PATH), PATH.replace("orgs", "organizations")),
            drop(("paths", PATH.replace("orgs", "organizations"), "post", "responses", "202")),
        ),
        {
            (CREATE, Rule.REQUEST_LINE_CHANGED),
            (CREATE, Rule.RESULT_NARROWED),
            (f"{CREATE} -> 202", Rule.SUCCESS_REMOVED),
        },
    ),
    Case("anonymous access removed", put((*OPERATION, "security"), []), {(CREATE, Rule.SECURITY)}),
]
CASES = [
    *(PROPERTIES + TYPES + ENUMS + COMBINATORS + NAMES + PARAMETER + RESPONSES + TEXT),
    *(case._replace(given=richer) for case in OF_RICHER),
]
