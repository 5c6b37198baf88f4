"""The corrections that an overlay cannot make because they are computed. They are the same for every slice."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from .documents import Document, followed, objects

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
MEDIA_TYPE = "application/vnd.github+json"
# On an enum of one value that tells the alternatives of a schema apart. overlay.yaml reads it.
DISCRIMINATOR = "x-discriminator"

_NULL = {"type": "string", "nullable": True, "enum": [None]}


def operations(document: Document) -> Iterator[dict[str, Any]]:
    """Yield every operation of the document."""
    for path, item in document.get("paths", {}).items():
        if path.startswith("/"):
            yield from (operation for method, operation in item.items() if method in METHODS)


def normalised(document: Document) -> Document:
    """Return a copy of the slice that the generator and the mock can use, with the same meaning."""
    document = copy.deepcopy(document)
    _strip_tag_prefixes(document)
    _tell_titles_apart(document)
    _unwrap_single_schemas(document)
    _refer_to_objects_or_null(document)
    _spell_null_out(document)
    _mark_discriminators(document)
    for operation in operations(document):
        _name_the_source(operation)
    for parameter in _parameters(document):
        _describe_the_schema(parameter)
    for response in _responses(document):
        _declare_media_type(response)
    return document


def _strip_tag_prefixes(document: Document) -> None:
    """Rename `actions/create-x` to `create-x`, unless another operation would get the same name."""
    named = [operation for operation in operations(document) if "operationId" in operation]
    names = Counter(operation["operationId"].rpartition("/")[2] for operation in named)
    for operation in named:
        name = operation["operationId"].rpartition("/")[2]
        operation["operationId"] = name if names[name] == 1 else operation["operationId"].replace("/", "-")


def _class_name(title: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", title).lower()


def _tell_titles_apart(document: Document) -> None:
    """Give each schema a unique title. Of two with the same title, the generator drops one and its responses.

    The schema whose name matches the title keeps it. The others get a title made from their names.
    """
    schemas: dict[str, dict[str, Any]] = document.get("components", {}).get("schemas", {})
    titles = {name: _class_name(schema.get("title", name)) for name, schema in schemas.items()}
    shared = {title for title, count in Counter(titles.values()).items() if count > 1}
    taken = set(titles.values()) - shared
    matching_first = sorted(schemas, key=lambda name: _class_name(name) != titles[name])
    for name in matching_first:
        if titles[name] not in shared:
            continue
        title = schemas[name].get("title", name)
        if _class_name(title) in taken:
            title = name.replace("-", " ").replace("_", " ").title()
        number = 2
        while _class_name(title) in taken:
            title, number = f"{title.rstrip('0123456789 ')} {number}", number + 1
        schemas[name]["title"] = title
        taken.add(_class_name(title))


def _refer_to_objects_or_null(document: Document) -> None:
    """If a component is nullable and contains objects, move the null to the places that refer to it.

    The generator reads a nullable object twice, and rejects the objects inside it the second time.
    """
    schemas: dict[str, dict[str, Any]] = document.get("components", {}).get("schemas", {})
    moved = [
        f"#/components/schemas/{name}"
        for name, schema in schemas.items()
        if schema.get("nullable") is True
        and any(inner.get("type") == "object" for inner in objects(schema.get("properties")))
    ]
    # The generator leaves an object or null out of an allOf, with all its fields.
    never_null = {
        id(schema)
        for node in objects(document)
        if any(_excludes_null(document, schema) for schema in _all_of(node))
        for schema in _all_of(node)
    }
    for node in list(objects(document)):
        if node.get("$ref") in moved and id(node) not in never_null:
            node["anyOf"] = [{"$ref": node.pop("$ref")}, _NULL]
    for reference in moved:
        del schemas[reference.rpartition("/")[2]]["nullable"]


def _all_of(node: Document) -> list[Document]:
    schemas = node.get("allOf")
    if not isinstance(schemas, list):
        return []
    return [cast("Document", schema) for schema in cast("list[object]", schemas) if isinstance(schema, dict)]


def _excludes_null(document: Document, schema: Document) -> bool:
    schema = followed(document, schema)
    return "type" in schema and schema.get("nullable") is not True


def _spell_null_out(document: Document) -> None:
    """Replace a `nullable` without a `type`, which has no meaning, by a schema for null.

    https://spec.openapis.org/oas/v3.0.3#schema-object
    """
    for node in list(objects(document)):
        if node.get("nullable") is True and "type" not in node:
            del node["nullable"]
            # Not oneOf: one of the schemas can allow null, too.
            if schemas := {key: node.pop(key) for key in ("allOf", "anyOf", "oneOf") if key in node}:
                node["anyOf"] = [schemas, _NULL]


def _unwrap_single_schemas(document: Document) -> None:
    """Replace an `allOf` that contains a single schema by this schema: the generator makes a class of every `allOf`.

    A reference stays wrapped, because nothing may stand next to it. The generator passes it through.
    """
    for node in objects(document):
        while isinstance(schemas := node.get("allOf"), list) and len(cast("list[Document]", schemas)) == 1:
            (schema,) = cast("list[Document]", schemas)
            others = {key: value for key, value in node.items() if key != "allOf"}
            if "$ref" in schema or (schema.keys() & others.keys()) - _TEXT:
                break
            node.clear()
            node.update(schema | others)


_TEXT = {"title", "description", "example"}


def _mark_discriminators(document: Document) -> None:
    """Mark the enums of one value that tell the alternatives of a schema apart, so that the overlay leaves them."""
    for node in objects(document):
        for alternatives in (node.get("oneOf"), node.get("anyOf")):
            if not isinstance(alternatives, list):
                continue
            constants: dict[str, list[dict[str, Any]]] = {}
            for alternative in cast("list[Document]", alternatives):
                for name, schema in _properties(document, alternative):
                    if len(schema.get("enum", [])) == 1:
                        constants.setdefault(name, []).append(schema)
            for schemas in constants.values():
                if len({json.dumps(schema["enum"]) for schema in schemas}) > 1:
                    for schema in schemas:
                        schema[DISCRIMINATOR] = True


def _properties(document: Document, schema: Document) -> Iterator[tuple[str, Document]]:
    schema = followed(document, schema)
    for name, property_ in schema.get("properties", {}).items():
        yield name, followed(document, property_)
    for part in schema.get("allOf", []):
        yield from _properties(document, part)


def _name_the_source(operation: dict[str, Any]) -> None:
    """Add the documentation's URL to the description: the generator does not pass it to templates otherwise."""
    url = operation.get("externalDocs", {}).get("url")
    if url:
        operation["description"] = f"{operation.get('description', '')}\n\nSource: {url}".strip()


def _parameters(document: Document) -> Iterator[dict[str, Any]]:
    for operation in operations(document):
        yield from operation.get("parameters", [])
    yield from document.get("components", {}).get("parameters", {}).values()


def _describe_the_schema(parameter: dict[str, Any]) -> None:
    """Copy a parameter's description to its schema: the generator's docstrings only contain the schema's."""
    schema = parameter.get("schema", {})
    if "description" in parameter and schema and "$ref" not in schema:
        schema.setdefault("description", parameter["description"])


def _responses(document: Document) -> Iterator[dict[str, Any]]:
    for operation in operations(document):
        yield from operation.get("responses", {}).values()
    yield from document.get("components", {}).get("responses", {}).values()


def _declare_media_type(response: dict[str, Any]) -> None:
    """Add the media type that GitHub's clients accept to the one that it sends. Prism responds 406 otherwise."""
    content = response.get("content", {})
    if "application/json" in content and MEDIA_TYPE not in content:
        response["content"] = {MEDIA_TYPE: copy.deepcopy(content["application/json"]), **content}
