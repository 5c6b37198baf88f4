"""The contract, as far as a server needs it: the operations, and what their documented answers look like."""

from __future__ import annotations

import copy
import re
from functools import cache, cached_property
from typing import Any

from runner_registration.testing._resources import contract_path

Json = Any
Object = dict[str, Any]

_METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put"})
_TIME = "2011-01-26T19:06:43Z"
_SAMPLES: Object = {"string": "text", "integer": 42, "number": 4.2, "boolean": True, "object": {}}


class Operation:
    """One operation of the contract.

    Args:
        method: As a request has it.
        path: The path, with parameters in braces.
        operation: What the contract has there.
    """

    def __init__(self, method: str, path: str, operation: Object) -> None:
        self.name = str(operation["operationId"])
        self.method = method
        # GitHub Enterprise Server has its API under this prefix, and some clients know servers of that kind only.
        self._path = re.compile("(?:/api/v3)?" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
        self._responses = {int(status): _resolve(response) for status, response in operation["responses"].items()}

    def answers(self, method: str, path: str) -> bool:
        """Whether a request is for this operation."""
        return method == self.method and self._path.fullmatch(path.partition("?")[0]) is not None

    @cached_property
    def examples(self) -> list[tuple[int, str | None]]:
        """The documented answers, by status and name of the example; None where there is no body."""
        return [
            (status, name)
            for status in self._responses
            for name in (*self._media(status).get("examples", {}),) or (None,)
        ]

    @cached_property
    def success(self) -> tuple[int, str | None]:
        """The first documented success."""
        return next(example for example in self.examples if 200 <= example[0] < 300)  # noqa: PLR2004 - what 2xx is

    @cached_property
    def common_headers(self) -> list[str]:
        """The headers that every answer may have."""
        first, *others = ([*response.get("headers", {})] for response in self._responses.values())
        return [name for name in first if all(name in names for names in others)]

    def headers(self, status: int) -> dict[str, str]:
        """The headers documented for a status, with their examples."""
        headers = self._responses[status].get("headers", {})
        return {name: str(_resolve(header)["example"]) for name, header in headers.items()}

    def body(self, status: int, example: str | None) -> Json:
        """The body of an example; one with every field where the contract has none; None where there is no body.

        Raises:
            LookupError: The contract has no such example.
        """
        if (status, example) not in self.examples:
            raise LookupError(f"the contract documents no {status} {example} for {self.name}")
        if example is None:
            return self.full_body(status)
        return copy.deepcopy(_resolve(self._media(status)["examples"][example])["value"])

    def full_body(self, status: int) -> Json:
        """A body with every field there is; None where there is no body."""
        media = self._media(status)
        return _full(media["schema"]) if "schema" in media else None

    def _media(self, status: int) -> Object:
        media: Object = self._responses[status].get("content", {}).get("application/json", {})
        return media


@cache
def operations() -> list[Operation]:
    """All operations of the contract."""
    return [
        Operation(method.upper(), path, operation)
        for path, item in _document()["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]


@cache
def _document() -> Object:
    try:
        import yaml  # not above: this and the reading take longer than all else that a server needs to start
    except ImportError as error:
        raise RuntimeError("reading the contract takes PyYAML: pip install 'runner-registration[testing]'") from error

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Object = yaml.load(contract_path().read_bytes(), loader)  # noqa: S506 - either is safe
    return document


def _resolve(node: Object) -> Object:
    while "$ref" in node:
        target: Any = _document()
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        node = target
    return node


def _full(schema: Object) -> Json:
    schema = _resolve(schema)
    if "properties" in schema:
        return {name: _full(value) for name, value in schema["properties"].items()}
    if "example" in schema:
        return schema["example"]
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return _full(schema[choice][0])
    if schema.get("type") == "array":
        return [_full(schema["items"])]
    if schema.get("format") == "date-time":
        return _TIME
    return schema["enum"][0] if "enum" in schema else _SAMPLES[schema.get("type", "object")]
