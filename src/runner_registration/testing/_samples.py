"""Make a value that a JSON schema of the contract accepts, for responses that the contract has no example of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
Object = dict[str, Any]

_BY_TYPE: Object = {"string": "text", "integer": 42, "number": 4.2, "boolean": True, "object": {}, "null": None}
_BY_FORMAT = {
    "date": "2011-01-26",
    "date-time": "2011-01-26T19:06:43Z",
    "email": "octocat@github.com",
    "hostname": "github.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "19:06:43Z",
    "uri": "https://github.com/octocat",
    "uuid": "7b1e5f3c-2c4d-4a8e-9b6f-0d1e2f3a4b5c",
}


class _Recursion(Exception):  # noqa: N818 - not an error: it ends in the nearest place that may be left out
    """A schema that contains itself."""


def sample(schema: Object, resolve: Callable[[Object], Object]) -> Json:
    """Make a value with every field of a schema.

    Args:
        schema: The schema.
        resolve: Returns what a ``$ref`` refers to, and any other schema as it is.
    """
    return _Sampler(resolve).sample(schema)


class _Sampler:
    def __init__(self, resolve: Callable[[Object], Object]) -> None:
        self._resolve = resolve
        self._inside: list[int] = []

    def sample(self, schema: Object) -> Json:
        schema = self._resolve(schema)
        if id(schema) in self._inside:
            if schema.get("nullable"):
                return None
            raise _Recursion
        self._inside.append(id(schema))
        try:
            return self._value(schema)
        finally:
            self._inside.pop()

    def _value(self, schema: Object) -> Json:
        if "properties" in schema or "allOf" in schema:
            return self._object(schema)
        for key in ("example", "default"):
            if schema.get(key) is not None:
                return schema[key]
        if "enum" in schema:
            return schema["enum"][0]
        for choices in ("oneOf", "anyOf"):
            if choices in schema:
                return self._first(schema[choices])
        if schema.get("type") == "array" or "items" in schema:
            return self._array(schema)
        return _scalar(schema)

    def _object(self, schema: Object) -> Json:
        fields: Object = {}
        for part in schema.get("allOf", ()):
            value = self.sample(part)
            if not isinstance(value, dict):  # allOf around a scalar
                return value
            fields |= value
        for name, value in schema.get("properties", {}).items():
            try:
                fields[name] = self.sample(value)
            except _Recursion:
                if name in schema.get("required", ()):
                    raise
        return fields

    def _first(self, choices: list[Object]) -> Json:
        for choice in choices:
            try:
                return self.sample(choice)
            except _Recursion:
                continue
        raise _Recursion

    def _array(self, schema: Object) -> Json:
        try:
            items = [self.sample(schema.get("items", {}))] * max(schema.get("minItems", 1), 1)
            return items[: schema.get("maxItems")]
        except _Recursion:
            return []


def _scalar(schema: Object) -> Json:
    kind = schema.get("type", "object")
    if kind == "string":
        text = _BY_FORMAT.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
    if kind in {"integer", "number"}:
        value = max(_BY_TYPE[kind], schema.get("minimum", _BY_TYPE[kind]))
        return min(value, schema.get("maximum", value))
    return _BY_TYPE[kind]
