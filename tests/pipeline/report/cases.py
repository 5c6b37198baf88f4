"""Changes of the slice, and what each is to an importer. Each rule has a row here at least."""

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
BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class Case(NamedTuple):
    """A change.

    Attributes:
        name: What changes.
        edit: The change.
        expected: What must be reported, no more and no less: each place with its rule.
        why: What makes it so.
        given: What the slice must be like before.
    """

    name: str
    edit: Edit
    expected: set[tuple[str, Rule]]
    why: str
    given: Edit = nothing


PARAMETERS = (*OPERATION, "parameters")


def richer(document: Document) -> None:
    """Give the slice what GitHub's has not today."""
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


PROPERTIES = [
    Case("none", nothing, set(), "nothing changed"),
    Case(
        "optional property added",
        put(prop(REPOSITORY, "x"), {"type": "string"}),
        {("Repository.x", rules.FIELD_ADDED)},
        "it has a default",
    ),
    Case(
        "optional property added in front",
        put_first(prop(TOKEN, "x"), {"type": "string"}),
        {("AuthenticationToken.x", rules.FIELD_ADDED)},
        "models are made by name, so the order of fields is nobody's business",
    ),
    Case(
        "required property added",
        every(put(prop(REPOSITORY, "x"), {"type": "string"}), add((*REPOSITORY, "required"), "x")),
        {("Repository.x", rules.FIELD_ADDED_REQUIRED)},
        "Repository(...) fails without it, and an older server's answer is refused",
    ),
    Case(
        "object property added",
        put(prop(REPOSITORY, "status"), {"type": "object", "properties": {"ok": {"type": "boolean"}}}),
        {("Repository.status", rules.FIELD_ADDED), ("RepositoryStatus", rules.MODEL_ADDED)},
        "its class is new too",
    ),
    Case(
        "optional property removed",
        remove_property(REPOSITORY, "topics"),
        {("Repository.topics", rules.FIELD_REMOVED)},
        "AttributeError",
    ),
    Case(
        "required property removed",
        remove_property(REPOSITORY, "has_wiki"),
        {("Repository.has_wiki", rules.FIELD_REMOVED)},
        "AttributeError",
    ),
    Case(
        "property and its only model removed",
        every(remove_property(REPOSITORY, "license"), drop(("components", "schemas", "nullable-license-simple"))),
        {("Repository.license_", rules.FIELD_REMOVED), ("LicenseSimple", rules.MODEL_REMOVED)},
        "the name in Python has an underscore",
    ),
    Case(
        "property renamed",
        every(rename(prop(REPOSITORY, "topics"), "subjects")),
        {("Repository.topics", rules.FIELD_REMOVED), ("Repository.subjects", rules.FIELD_ADDED)},
        "to an importer one went and another came",
    ),
    Case(
        "required to optional",
        take((*REPOSITORY, "required"), "has_pages"),
        {("Repository.has_pages", rules.FIELD_OPTIONAL)},
        "bool | Unset",
    ),
    Case(
        "optional to required",
        add((*REPOSITORY, "required"), "topics"),
        {("Repository.topics", rules.FIELD_REQUIRED)},
        "no default any more",
    ),
    Case(
        "nullable on",
        put((*prop(REPOSITORY, "name"), "nullable"), value=True),
        {("Repository.name", rules.FIELD_NULLABLE)},
        "str | None",
    ),
    Case(
        "nullable off",
        drop((*prop(REPOSITORY, "language"), "nullable")),
        {("Repository.language", rules.FIELD_NOT_NULLABLE)},
        "None no longer fits",
    ),
    Case(
        "optional and nullable at once",
        every(take((*REPOSITORY, "required"), "name"), put((*prop(REPOSITORY, "name"), "nullable"), value=True)),
        {("Repository.name", rules.FIELD_OPTIONAL), ("Repository.name", rules.FIELD_NULLABLE)},
        "both are told",
    ),
    Case(
        "free-form object gets properties",
        put((*prop(TOKEN, "permissions"), "properties"), {"issues": {"type": "string"}}),
        {("AuthenticationTokenPermissions.issues", rules.FIELD_ADDED)},
        "what was in additional_properties has a field",
    ),
]
TYPES = [
    Case(
        "type changed",
        put((*prop(REPOSITORY, "forks"), "type"), "string"),
        {("Repository.forks", rules.FIELD_TYPE)},
        "int to str",
    ),
    Case(
        "integer to number",
        put((*prop(REPOSITORY, "forks"), "type"), "number"),
        {("Repository.forks", rules.FIELD_TYPE)},
        "int to float",
    ),
    Case(
        "type dropped", drop((*prop(REPOSITORY, "name"), "type")), {("Repository.name", rules.FIELD_TYPE)}, "str to Any"
    ),
    Case(
        "items' type changed",
        put((*prop(REPOSITORY, "topics"), "items"), {"type": "integer"}),
        {("Repository.topics", rules.FIELD_TYPE)},
        "list[str] to list[int]",
    ),
    Case(
        "format date-time added",
        put((*prop(REPOSITORY, "git_url"), "format"), "date-time"),
        {("Repository.git_url", rules.FIELD_TYPE)},
        "str to datetime",
    ),
    Case(
        "format date-time removed",
        drop((*prop(TOKEN, "expires_at"), "format")),
        {("AuthenticationToken.expires_at", rules.FIELD_TYPE)},
        "to str",
        given=put((*prop(TOKEN, "expires_at"), "format"), "date-time"),
    ),
    Case(
        "format uri removed",
        drop((*prop(REPOSITORY, "html_url"), "format")),
        {("Repository.html_url", rules.ANSWER_UNCHANGED_IN_PYTHON)},
        "str it was and str it is",
    ),
    Case(
        "length bounded",
        put((*prop(REPOSITORY, "name"), "maxLength"), 100),
        {("Repository.name", rules.ANSWER_UNCHANGED_IN_PYTHON)},
        "the reader counts no characters",
    ),
    Case(
        "one of many types",
        put(prop(REPOSITORY, "forks"), {"oneOf": [{"type": "integer"}, {"type": "string"}]}),
        {("Repository.forks", rules.FIELD_TYPE)},
        "int to int | str",
    ),
    Case(
        "map's values typed",
        put((*prop(TOKEN, "permissions"), "additionalProperties"), {"type": "string"}),
        {("AuthenticationTokenPermissions.additional_properties", rules.FIELD_TYPE)},
        "dict[str, Any] to dict[str, str]",
    ),
]
ENUMS = [
    Case(
        "enum value added",
        add((*prop(TOKEN, "repository_selection"), "enum"), "some"),
        {("AuthenticationToken.repository_selection", rules.ABSORBED_BY_OVERLAY)},
        "enums of answers are open",
    ),
    Case(
        "enum value removed",
        every(
            add((*prop(TOKEN, "repository_selection"), "enum"), "some"),
            take((*prop(TOKEN, "repository_selection"), "enum"), "all"),
        ),
        {("AuthenticationToken.repository_selection", rules.ABSORBED_BY_OVERLAY)},
        "the same",
    ),
    Case(
        "enum introduced",
        put((*prop(REPOSITORY, "visibility"), "enum"), ["public", "private"]),
        {("Repository.visibility", rules.ABSORBED_BY_OVERLAY)},
        "the same",
    ),
    Case(
        "enum dropped",
        drop((*prop(TOKEN, "repository_selection"), "enum")),
        {("AuthenticationToken.repository_selection", rules.ABSORBED_BY_OVERLAY)},
        "the same",
    ),
    Case(
        "constant introduced",
        put((*prop(REPOSITORY, "visibility"), "enum"), ["public"]),
        {("Repository.visibility", rules.FIELD_TYPE), ("RepositoryVisibility", rules.MODEL_ADDED)},
        "an enum of one value is a type",
    ),
]
COMBINATORS = [
    Case(
        "reference in an allOf",
        wrap(prop(REPOSITORY, "owner")),
        {("Repository.owner", rules.ABSORBED_BY_OVERLAY)},
        "it says what it said",
    ),
    Case(
        "items in an allOf",
        wrap((*prop(TOKEN, "repositories"), "items")),
        {("AuthenticationToken.repositories", rules.ABSORBED_BY_OVERLAY)},
        "the same",
    ),
    Case(
        "reference in a oneOf",
        wrap(prop(REPOSITORY, "owner"), "oneOf"),
        {("Repository.owner", rules.ANSWER_UNCHANGED_IN_PYTHON), ("Repository.owner", rules.WORDS)},
        "of one alternative: the type is the same",
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
            ("Repository.owner", rules.WORDS),
        },
        "another class",
    ),
    Case(
        "alternative added",
        put(prop(REPOSITORY, "owner"), {"anyOf": [reference(USER), {"type": "string"}]}),
        {("Repository.owner", rules.FIELD_TYPE), ("Repository.owner", rules.WORDS)},
        "SimpleUser to SimpleUser | str",
    ),
]
NAMES = [
    Case(
        "schema's title changed",
        put((*USER, "title"), "Person"),
        {("SimpleUser", rules.MODEL_RENAMED)},
        "the title is the class' name",
    ),
    Case(
        "inline schema's title added",
        put((*prop(REPOSITORY, "permissions"), "title"), "Rights"),
        {("RepositoryPermissions", rules.MODEL_RENAMED)},
        "the same",
    ),
    Case(
        "schema's key changed",
        every(
            rename(USER, "user"),
            put(prop(REPOSITORY, "owner"), {"$ref": "#/components/schemas/user"}),
        ),
        {("SimpleUser", rules.WORDS)},
        "the title and with it the class stay",
    ),
    Case(
        "path parameter renamed",
        every(rename(("paths", PATH), PATH.replace("{org}", "{organization}")), put((*ORG, "name"), "organization")),
        {(f"{CREATE}(org)", rules.PARAMETER_RENAMED)},
        "nothing on the wire, but calls by name",
    ),
    Case(
        "path changed",
        rename(("paths", PATH), PATH.replace("orgs", "organizations")),
        {(CREATE, rules.REQUEST_LINE_CHANGED)},
        "the functions stay, but no server of before has that path",
    ),
    Case(
        "method changed",
        rename(OPERATION, "put"),
        {(CREATE, rules.REQUEST_LINE_CHANGED)},
        "the same",
    ),
    Case(
        "operationId changed",
        put((*OPERATION, "operationId"), "actions/create-token"),
        {(CREATE, rules.OPERATION_REMOVED), ("create_token", rules.OPERATION_ADDED)},
        "the method's name",
    ),
    Case(
        "tag changed",
        put((*OPERATION, "tags"), ["runners"]),
        {(CREATE, rules.OPERATION_MOVED)},
        "api.actions to api.runners",
    ),
    Case(
        "operation removed",
        drop(OTHER),
        {("create_remove_token_for_org", rules.OPERATION_REMOVED)},
        "the method is gone",
        given=richer,
    ),
    Case(
        "file's type gone with the last upload",
        drop((*OPERATION, "requestBody")),
        {
            (f"{CREATE}(body)", rules.PARAMETER_REMOVED),
            ("types.File", rules.OTHER_NAME_REMOVED),
            ("types.FileTypes", rules.OTHER_NAME_REMOVED),
        },
        "types.File is there where something can be uploaded",
        given=put((*OPERATION, "requestBody"), BINARY),
    ),
]
PARAMETER = [
    Case(
        "optional query parameter added",
        add(PARAMETERS, query("q")),
        {(f"{CREATE}(q)", rules.PARAMETER_ADDED)},
        "a keyword more",
    ),
    Case(
        "required query parameter added",
        add(PARAMETERS, query("q", required=True)),
        {(f"{CREATE}(q)", rules.PARAMETER_ADDED_REQUIRED)},
        "TypeError",
    ),
    Case(
        "enum parameter added",
        add(PARAMETERS, query("sort", schema={"type": "string", "enum": ["name", "age"]})),
        {(f"{CREATE}(sort)", rules.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgSort", rules.MODEL_ADDED)},
        "parameters keep their enums",
    ),
    Case(
        "optional header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", rules.PARAMETER_ADDED)},
        "a keyword more",
    ),
    Case(
        "required header parameter added",
        add(PARAMETERS, {"name": "X-Mode", "in": "header", "required": True, "schema": {"type": "string"}}),
        {(f"{CREATE}(x_mode)", rules.PARAMETER_ADDED_REQUIRED)},
        "TypeError",
    ),
    Case(
        "optional body added",
        put(
            (*OPERATION, "requestBody"),
            {"content": {"application/json": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}}}},
        ),
        {(f"{CREATE}(body)", rules.PARAMETER_ADDED), ("CreateRegistrationTokenForOrgBody", rules.MODEL_ADDED)},
        "a keyword more",
    ),
    Case(
        "parameter's type changed",
        put((*ORG, "schema"), {"type": "integer"}),
        {(f"{CREATE}(org)", rules.PARAMETER_CHANGED)},
        "str to int",
    ),
    Case(
        "parameter's length bounded",
        put((*ORG, "schema", "maxLength"), 39),
        {(f"{CREATE}(org)", rules.REQUEST_NARROWED)},
        "a 40th letter is refused",
    ),
    Case(
        "path parameters swapped",
        rename(("paths", TWO_PARAMETERS), "/orgs/{runner}/actions/runners/{org}"),
        {(f"{CREATE}(org)", rules.PARAMETER_MOVED), (f"{CREATE}(runner)", rules.PARAMETER_MOVED)},
        "both are positional",
        given=every(
            add(PARAMETERS, {"name": "runner", "in": "path", "required": True, "schema": {"type": "string"}}),
            rename(("paths", PATH), TWO_PARAMETERS),
        ),
    ),
    Case(
        "parameter removed",
        take(PARAMETERS, query("q", required=True)),
        {(f"{CREATE}(q)", rules.PARAMETER_REMOVED)},
        "TypeError",
        given=richer,
    ),
    Case(
        "required parameter to optional",
        put((*PARAMETERS, 1, "required"), value=False),
        {(f"{CREATE}(q)", rules.PARAMETER_OPTIONAL)},
        "a default",
        given=richer,
    ),
    Case(
        "optional parameter to required",
        put((*PARAMETERS, 3, "required"), value=True),
        {(f"{CREATE}(sort)", rules.PARAMETER_REQUIRED)},
        "none any more",
        given=richer,
    ),
    Case(
        "parameter's value added",
        add((*PARAMETERS, 3, "schema", "enum"), "size"),
        {(f"{CREATE}(sort)", rules.PARAMETER_WIDENED)},
        "what was given fits",
        given=richer,
    ),
    Case(
        "parameter's value removed",
        take((*PARAMETERS, 3, "schema", "enum"), "age"),
        {(f"{CREATE}(sort)", rules.PARAMETER_CHANGED)},
        "age no longer fits",
        given=richer,
    ),
    Case(
        "parameter takes more values and becomes shorter",
        every(
            add((*PARAMETERS, 3, "schema", "enum"), "size"),
            put((*PARAMETERS, 3, "schema", "maxLength"), 4),
        ),
        {(f"{CREATE}(sort)", rules.PARAMETER_WIDENED), (f"{CREATE}(sort)", rules.REQUEST_NARROWED)},
        "the one hides not the other",
        given=richer,
    ),
    Case(
        "parameter's default changed",
        put((*PARAMETERS, 2, "schema", "default"), 2),
        {(f"{CREATE}(page)", rules.PARAMETER_DEFAULT)},
        "calls without it get another page",
        given=richer,
    ),
    Case(
        "parameter's default dropped",
        drop((*PARAMETERS, 2, "schema", "default")),
        {(f"{CREATE}(page)", rules.PARAMETER_DEFAULT_TOLD)},
        "the server has it yet",
        given=richer,
    ),
]
ANSWERS = [
    Case(
        "success status changed",
        rename(SUCCESS, "200"),
        {(f"{CREATE} -> 201", rules.SUCCESS_REMOVED)},
        "sync_detailed tells it",
    ),
    Case(
        "success status with the same body added",
        put(
            (*OPERATION, "responses", "200"),
            {"description": "Response", "content": {"application/json": {"schema": reference(TOKEN)}}},
        ),
        {(f"{CREATE} -> 200", rules.SUCCESS_ADDED)},
        "the result has the same type",
    ),
    Case(
        "success status without a body added",
        put((*OPERATION, "responses", "202"), {"description": "Accepted"}),
        {(f"{CREATE} -> 202", rules.SUCCESS_ADDED), (CREATE, rules.RESULT_CHANGED)},
        "the result may be None",
    ),
    Case(
        "success status without a body removed",
        drop((*OPERATION, "responses", "202")),
        {(f"{CREATE} -> 202", rules.SUCCESS_REMOVED), (CREATE, rules.RESULT_NARROWED)},
        "the result is never None",
        given=richer,
    ),
    Case(
        "error status added",
        put((*OPERATION, "responses", "409"), {"description": "Conflict"}),
        {(f"{CREATE} -> 409", rules.FAILURE_ADDED)},
        "it raised before",
    ),
    Case(
        "error status removed",
        drop((*OPERATION, "responses", "409")),
        {(f"{CREATE} -> 409", rules.FAILURE_REMOVED)},
        "it raises yet",
        given=richer,
    ),
    Case(
        "error status that the overlay documents",
        put((*OPERATION, "responses", "404"), {"description": "Not there"}),
        {
            (f"{CREATE} -> 404", rules.WORDS),
            (f"{CREATE} -> 404", rules.MEDIA_TYPE),
            *(
                (f"{CREATE} -> 404 header {name}", rules.WORDS)
                for name in (
                    "Deprecation",
                    "Sunset",
                    "X-Accepted-GitHub-Permissions",
                    "X-Accepted-OAuth-Scopes",
                    "X-OAuth-Scopes",
                )
            ),
        },
        "GitHub's words take the place of ours, and no status more",
    ),
    Case(
        "header added",
        put((*SUCCESS, "headers"), {"Location": {"schema": {"type": "string"}}}),
        {(f"{CREATE} -> 201 header Location", rules.HEADER_ADDED)},
        "headers has it",
    ),
    Case(
        "header removed",
        drop((*SUCCESS, "headers")),
        {(f"{CREATE} -> 201 header Location", rules.HEADER_REMOVED)},
        "headers lacks it",
        given=richer,
    ),
    Case(
        "media type replaced",
        rename((*SUCCESS, "content", "application/json"), "application/vnd.github.v3+json"),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE)},
        "the client asks for the one that there is",
    ),
    Case(
        "media type added",
        put((*SUCCESS, "content", "text/html"), {"schema": {"type": "string"}}),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE)},
        "JSON is read yet",
    ),
    Case(
        "media type replaced by text",
        put((*SUCCESS, "content"), {"text/plain": {"schema": {"type": "string"}}}),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE), (CREATE, rules.RESULT_CHANGED)},
        "the token comes as a str",
    ),
    Case(
        "body dropped",
        drop((*SUCCESS, "content")),
        {(f"{CREATE} -> 201", rules.MEDIA_TYPE), (CREATE, rules.RESULT_CHANGED)},
        "the result is None",
    ),
    Case(
        "path changed and one success status less",
        every(
            rename(("paths", PATH), PATH.replace("orgs", "organizations")),
            drop(("paths", PATH.replace("orgs", "organizations"), "post", "responses", "202")),
        ),
        {
            (CREATE, rules.REQUEST_LINE_CHANGED),
            (CREATE, rules.RESULT_NARROWED),
            (f"{CREATE} -> 202", rules.SUCCESS_REMOVED),
        },
        "what Python shows of an operation hides nothing else of it",
        given=richer,
    ),
    Case(
        "anonymous access closed",
        put((*OPERATION, "security"), []),
        {(CREATE, rules.SECURITY)},
        "a credential is needed",
        given=richer,
    ),
]
WORDS = [
    Case(
        "property's description",
        put((*prop(REPOSITORY, "name"), "description"), "Its name."),
        {("Repository.name", rules.WORDS)},
        "a docstring",
    ),
    Case(
        "operation's description and summary",
        every(put((*OPERATION, "description"), "x"), put((*OPERATION, "summary"), "y")),
        {(CREATE, rules.WORDS)},
        "a docstring",
    ),
    Case(
        "property's default",
        put((*prop(REPOSITORY, "visibility"), "default"), "private"),
        {("Repository.visibility", rules.WORDS)},
        "what is not sent is UNSET all the same",
    ),
    Case(
        "property deprecated",
        put((*prop(REPOSITORY, "name"), "deprecated"), value=True),
        {("Repository.name", rules.WORDS)},
        "it is still there",
    ),
    Case(
        "example", put((*prop(REPOSITORY, "name"), "example"), "x"), {("Repository.name", rules.WORDS)}, "a docstring"
    ),
    Case(
        "tag's description",
        put(("tags",), [{"name": "actions", "description": "x"}]),
        {("#/tags/0", rules.WORDS)},
        "nowhere in the package",
    ),
    Case(
        "server's address",
        put(("servers",), [{"url": "https://api.example.com"}]),
        {("#/servers/0", rules.WORDS)},
        "base_url is the caller's",
    ),
    Case("extension", put((*OPERATION, "x-github", "category"), "x"), {(CREATE, rules.EXTENSION)}, "for tools"),
    Case("description's version", put(("info", "version"), "99.0.0"), set(), "a number that changes every few days"),
]
CASES = [*PROPERTIES, *TYPES, *ENUMS, *COMBINATORS, *NAMES, *PARAMETER, *ANSWERS, *WORDS]
