"""Which Python name a place in the contract has, by the generator's naming.

By it, what two witnesses say of one thing is one change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case

from pipeline.documents import Document
from pipeline.normalising import METHODS

_PREFIX = "field_"  # openapi-python-client's default


def identifier(name: str) -> str:
    """A property's, parameter's or operation's name in Python."""
    return PythonIdentifier(name, _PREFIX)


def tokens(pointer: str) -> list[str]:
    """The parts of a JSON pointer, with or without its `#`."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.lstrip("#").split("/")[1:]]


class Places:
    """The Python names in one contract.

    Attributes:
        models: The class of every schema that has one, by the parts of its pointer.
    """

    def __init__(self, contract: Document) -> None:
        self._contract = contract
        self.models: dict[tuple[str, ...], str] = {}
        for name, schema in contract.get("components", {}).get("schemas", {}).items():
            self._name(("components", "schemas", name), schema, name, "")
        for path, item in contract.get("paths", {}).items():
            for method, operation in item.items():
                if method in METHODS:
                    self._name_inline(("paths", path, method), operation)

    def operation(self, path: str, method: str) -> str | None:
        """The Python name of an operation."""
        found = self._contract.get("paths", {}).get(path, {}).get(method, {}).get("operationId")
        return identifier(found) if found else None

    def value(self, pointer: list[str]) -> Any:  # noqa: ANN401 - JSON
        """What is there; None if nothing is."""
        pointer = self.canonical(pointer)
        reference = self.reference(pointer)
        return self.value(tokens(reference)) if reference else self._at(pointer)

    def members(self, pointer: list[str]) -> Document:
        """The members of what is there; none if it is no object."""
        value: Any = self.value(pointer)
        return cast("Document", value) if isinstance(value, dict) else {}

    def canonical(self, path: list[str]) -> list[str]:
        """The pointer of what a path through references leads to; the path's end may be missing."""
        pointer: list[str] = []
        for token in path:
            reference = self.reference(pointer)
            pointer = [*(tokens(reference) if reference else pointer), token]
        return pointer

    def reference(self, pointer: list[str]) -> str | None:
        """What is referred to there, if anything is."""
        value = self._at(pointer)
        reference = cast("Document", value).get("$ref") if isinstance(value, dict) else None
        return reference if isinstance(reference, str) else None

    def field(self, pointer: list[str]) -> str | None:
        """The model or the field that a schema, or something within it, is; None if it is of neither."""
        found: str | None = None
        for end in range(1, len(pointer) + 1):
            model = self.models.get(tuple(pointer[:end]))
            match pointer[end:]:
                case ["properties", name, *_] if model:
                    found = f"{model}.{identifier(name)}"
                case ["additionalProperties", *_] if model:
                    found = f"{model}.additional_properties"
                case _:
                    found = found or model
        return found

    def _at(self, pointer: list[str]) -> Any:  # noqa: ANN401 - JSON
        value: Any = self._contract
        for token in pointer:
            if isinstance(value, dict) and token in value:
                value = cast("Document", value)[token]
            elif isinstance(value, list) and token.isdecimal() and int(token) < len(cast("list[object]", value)):
                value = cast("list[object]", value)[int(token)]
            else:
                return None
        return value

    def _name_inline(self, pointer: tuple[str, ...], operation: dict[str, Any]) -> None:
        name = operation["operationId"]
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            self._name(
                (*pointer, "requestBody", "content", media_type, "schema"), content.get("schema", {}), "body", name
            )
        for status, response in operation.get("responses", {}).items():
            for media_type, content in response.get("content", {}).items():
                where = (*pointer, "responses", status, "content", media_type, "schema")
                self._name(where, content.get("schema", {}), f"response_{status}", name)

    def _name(self, pointer: tuple[str, ...], schema: dict[str, Any], name: str, parent: str) -> None:
        """As the generator does: the title, else the name, after the name of the class around it."""
        if "$ref" in schema:
            return
        if schema.get("type") == "object" or "allOf" in schema or ("type" not in schema and "properties" in schema):
            # The generator makes a union of a nullable object and null.
            title = schema.get("title") or (f"{name}_type_0" if schema.get("nullable") else name)
            class_name = ClassName(pascal_case(parent) + pascal_case(title) if parent else title, _PREFIX)
            self.models[pointer] = class_name
            name, parent = "additional_property", class_name
        for part, inner, inner_name in _inner(schema, name):
            self._name((*pointer, *part), inner, inner_name, parent)


def _inner(schema: dict[str, Any], name: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any], str]]:
    for key, inner in schema.get("properties", {}).items():
        yield ("properties", key), inner, key
    if isinstance(schema.get("items"), dict):
        yield ("items",), schema["items"], f"{name}_item"
    if isinstance(schema.get("additionalProperties"), dict):
        yield ("additionalProperties",), schema["additionalProperties"], name
    for combinator in ("anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(combinator, [])):
            yield (combinator, str(index)), inner, f"{name}_type_{index}"
