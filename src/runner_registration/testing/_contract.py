"""The contract, as far as a server needs it: the operations, and what their documented responses look like."""

from __future__ import annotations

import copy
import re
from functools import cache, cached_property
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from runner_registration.testing._http import phrase
from runner_registration.testing._resources import contract_path
from runner_registration.testing._samples import Json, Object, sample

_METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put"})


class Operation:
    """One operation of the contract.

    Args:
        method: The HTTP method.
        path: The path, with parameters in braces.
        operation: The contract's description of it.
    """

    def __init__(self, method: str, path: str, operation: Object) -> None:
        self.name = str(operation["operationId"])
        self.method = method
        self._parameters = re.findall(r"{([^}]*)}", path)
        # GitHub Enterprise Server has its API under this prefix, and some clients know only servers of that kind.
        self._path = re.compile("(?:/api/v3)?" + re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(path)))
        self._responses = {
            int(status): _resolve(response) for status, response in operation["responses"].items() if status.isdigit()
        }

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None if a request is not for this operation."""
        match = self._path.fullmatch(path) if method == self.method else None
        return dict(zip(self._parameters, map(unquote, match.groups()), strict=True)) if match else None

    @cached_property
    def examples(self) -> list[tuple[int, str | None]]:
        """The documented responses, by status and name of the example; None where there is no example."""
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
        """The headers that every response may have."""
        first, *others = ([*response.get("headers", {})] for response in self._responses.values())
        return [name for name in first if all(name in names for names in others)]

    def headers(self, status: int) -> dict[str, str]:
        """Return the headers documented for a status, with their examples."""
        headers = {name: _resolve(header) for name, header in self._responses[status].get("headers", {}).items()}
        return {
            name: str(header["example"] if "example" in header else sample(header.get("schema", {}), _resolve))
            for name, header in headers.items()
        }

    def documents(self, status: int, example: str | None) -> bool:
        """Tell whether there is such a response; None for whichever example there is."""
        return status in self._responses if example is None else (status, example) in self.examples

    def body(self, status: int, example: str | None) -> Json:
        """Return the body of an example, or one made from the schema; None where there is no body.

        Raises:
            LookupError: There is no such response.
        """
        if not self.documents(status, example):
            raise LookupError(f"the contract documents no {status} {example} for {self.name}")
        examples = self._media(status).get("examples", {})
        name = example or next(iter(examples), None)
        if name is None:
            body = self.full_body(status)
            return body if status < 400 else _with_message(body, status)  # noqa: PLR2004 - errors
        return copy.deepcopy(_resolve(examples[name])["value"])

    def full_body(self, status: int) -> Json:
        """Return a body with every field of the schema; None where there is no body."""
        media = self._media(status)
        return sample(media["schema"], _resolve) if "schema" in media else None

    def _media(self, status: int) -> Object:
        content: dict[str, Object] = self._responses[status].get("content", {})
        json_types = [media for name, media in content.items() if "json" in name]
        return content.get("application/json") or (json_types[0] if json_types else {})


def require_yaml() -> None:
    """Check that PyYAML is installed, without the time that its import takes.

    Raises:
        ImportError: It is not.
    """
    if find_spec("yaml") is None:
        raise ImportError("PyYAML is not installed: pip install 'runner-registration[testing]'")


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
    require_yaml()
    import yaml  # not above: this and the reading take longer than everything else that a server needs to start

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Object = yaml.load(contract_path().read_bytes(), loader)  # noqa: S506 - either is safe
    return document


def _with_message(body: Json, status: int) -> Json:
    """Return an error's body with texts like GitHub's, in place of those made from the schema."""
    texts = {"message": phrase(status), "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    if not isinstance(body, dict):
        return body
    fields: Object = {**body}
    return fields | {name: text for name, text in texts.items() if name in fields}


def _resolve(node: Object) -> Object:
    target: Any
    while "$ref" in node:
        target = _document()
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
