"""slice -> contract: normalise the slice, apply the overlay, and refuse what the client cannot serve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import documents, normalising, overlay
from .documents import Document
from .stages import StageError

_HEADER = """\
# Made by `nox -s generate` from slice.yaml, normalised, and overlay.yaml. Do not edit.
"""

_JSON = {"application/json", normalising.MEDIA_TYPE}
# OpenAPI's default for each location, which is also the only one that the generator knows.
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
# The clients' hand-written methods. They would hide an operation with the same name.
RESERVED = {"aclose", "after_fork_in_child", "close", "registration_token"}


def make(slice_: Document, overlay_: Document) -> str:
    """Return the text of the contract's file.

    Raises:
        StageError: An overlay action matches nothing, or the client cannot serve an operation.
    """
    contract = overlay.applied(normalising.normalised(slice_), overlay_)
    if problems := list(_problems(contract)):
        raise StageError("; ".join(problems))
    return _HEADER + documents.dump(contract)


def _problems(contract: Document) -> Iterator[str]:
    """Name what the client cannot serve.

    The generator leaves some of it out without a warning, and for the rest it generates code that fails on every call.
    """
    for item in contract["paths"].values():
        for method, operation in item.items():
            if method in normalising.METHODS:
                name = operation["operationId"]
                for problem in _operation_problems(contract, item, operation):
                    yield f"{name} cannot be served: {problem}"


def _operation_problems(contract: Document, item: Document, operation: Document) -> Iterator[str]:
    name = operation["operationId"].replace("-", "_")
    if name in RESERVED:
        yield f"the clients already have a method {name}()"
    if servers := operation.get("servers") or item.get("servers"):
        yield f"it is on another server, {servers[0]['url']}"
    for parameter in [*item.get("parameters", []), *operation.get("parameters", [])]:
        yield from _parameter_problems(contract, documents.followed(contract, parameter))
    body = documents.followed(contract, operation.get("requestBody", {}))
    if others := body.get("content", {}).keys() - _JSON:
        yield f"its request body is {_listed(others)}, and the client sends JSON only"
    responses = operation["responses"]
    if ranges := {status for status in responses if not re.fullmatch(r"\d{3}", status)}:
        yield f"it documents the response {_listed(ranges)}, and the client reads single status codes only"
    successes = {status for status in responses if re.fullmatch(r"2\d\d", status)}
    if not successes:
        yield "it documents no success (2xx)"
    for status in sorted(successes):
        content = documents.followed(contract, responses[status]).get("content", {})
        if content and not content.keys() & _JSON:
            yield f"its {status} response is {_listed(content)}, and the client reads JSON only"


def _parameter_problems(contract: Document, parameter: Document) -> Iterator[str]:
    name, location = parameter["name"], parameter["in"]
    schema = documents.followed(contract, parameter.get("schema", {}))
    style = _STYLES[location]
    if "content" in parameter:
        yield f"its parameter {name} has a media type"
    elif parameter.get("style", style) != style or parameter.get("explode", style == "form") != (style == "form"):
        yield f"its parameter {name} has a serialization other than OpenAPI's default"
    elif location != "query" and schema.get("type") in {"array", "object"}:
        yield f"its {location} parameter {name} is an {schema['type']}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
