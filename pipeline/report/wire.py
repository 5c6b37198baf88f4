"""What differs between two contracts: redocly's diff, with the Python name of each place that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

from pipeline.documents import Document, Parts, parts, pointer, referenced, resolved, value_at
from pipeline.node import run_redocly
from pipeline.normalising import METHODS

from .changes import Change
from .rules import Rule
from .sides import Side

# Members and nodes that only people read.
_TEXT = frozenset({"description", "summary", "example", "examples", "externalDocs", "deprecated", "termsOfService"})
_TEXT_NODES = frozenset(
    {
        *("Info", "Contact", "License", "ExternalDocs", "Tag", "TagList", "Server", "ServerList"),
        *("Example", "ExamplesMap", "NamedExamples"),
    }
)
# The generator makes names and defaults of these.
_NAMING = frozenset({"title", "default", "tags", "operationId"})
_REQUEST = ("parameters", "requestBody")

# What a difference is about, and its rule if the contract gains something, loses something, or neither.
_RULES: dict[str, tuple[Rule, ...]] = {
    "success": (Rule.SUCCESS_ADDED, Rule.SUCCESS_REMOVED, Rule.DOCUMENTATION),
    "failure": (Rule.FAILURE_ADDED, Rule.FAILURE_REMOVED, Rule.DOCUMENTATION),
    "header": (Rule.HEADER_ADDED, Rule.HEADER_REMOVED, Rule.DOCUMENTATION),
    "media type": (Rule.MEDIA_TYPE,) * 3,
    "response": (Rule.RESPONSE_UNCHANGED_IN_PYTHON,) * 3,
    "request line": (Rule.REQUEST_LINE_CHANGED, Rule.REQUEST_LINE_CHANGED, Rule.DOCUMENTATION),
    "request": (Rule.DOCUMENTATION, Rule.REQUEST_NARROWED, Rule.DOCUMENTATION),
    "security": (Rule.DOCUMENTATION, Rule.SECURITY, Rule.DOCUMENTATION),
    "naming": (Rule.DOCUMENTATION,) * 3,
    "text": (Rule.DOCUMENTATION,) * 3,
    "extension": (Rule.EXTENSION,) * 3,
}
# The rules of these say everything about a difference.
_SPEAKING = {"success", "failure", "header", "media type", "request line"}


class Difference(NamedTuple):
    """A difference that redocly has found.

    Attributes:
        about: A key of `_RULES`.
        change: What it is, if Python does not show it.
    """

    about: str
    change: Change


def find(old: Side, new: Side) -> list[Difference]:
    """Find the differences between two contracts.

    Raises:
        StageError: redocly failed.
    """
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("old.json", "new.json")]
        for path, side in zip(paths, (old, new), strict=True):
            path.write_text(json.dumps(unwrapped(side.contract)), encoding="utf-8")
        output = json.loads(run_redocly("diff", *map(str, paths), "--format", "json", "--fail-on", "none"))
    requested = _requested(old.contract) | _requested(new.contract)
    return [
        difference
        for change in output["changes"]
        for difference in _differences(_Found.of(change, old, new), (old, new), requested)
    ]


def unwrapped(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the document without `allOf` around a single reference. redocly reports all of the schema as changed."""
    if isinstance(value, list):
        return [unwrapped(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = {key: unwrapped(inner) for key, inner in cast("Document", value).items()}
    match members:
        case {"allOf": [{"$ref": str(reference)}], **others} if others.keys() <= _TEXT:
            return {"$ref": reference}
        case _:
            return members


def _requested(contract: Document) -> set[Parts]:
    """Return the locations of the schemas that requests consist of."""
    items: list[Document] = list(contract.get("paths", {}).values())
    requests = [item.get("parameters") for item in items]
    requests += [item[method].get(part) for item in items for method in METHODS & item.keys() for part in _REQUEST]
    return referenced(requests, contract)


@dataclass(frozen=True)
class _Found:
    """A change as redocly reports it: of a node, or of one of its members.

    Attributes:
        path: The path to the node from the operation that uses it. What has another name now has its old one.
        written: The sides that have the node, each with the location where the node is written.
    """

    node: str
    member: str
    kind: str
    breaks: bool
    path: Parts
    written: list[tuple[Side, Parts]]
    old: Any
    new: Any

    @classmethod
    def of(cls, change: dict[str, Any], old: Side, new: Side) -> _Found:
        node, member, path = change["typeName"], change.get("property", ""), parts(change["path"])
        ends = [change.get(end, {}) for end in ("base", "revision")]
        before, after = (end.get("value") for end in ends)
        # The location of a member that is there includes its name.
        written = [
            (side, parts(end["pointer"])[: -1 if "value" in end and member not in {"", "key"} else None])
            for side, end in zip((old, new), ends, strict=True)
            if end
        ]
        if member == "key" and node in {"Response", "Header"}:
            path = (*path[:-1], before)
        return cls(node, member, change["kind"], change["impact"] == "major", path, written, before, after)


def _differences(found: _Found, sides: tuple[Side, Side], requested: set[Parts]) -> Iterator[Difference]:
    """Yield a difference for each place that a change concerns."""
    if (found.node, found.member) in {("Info", "version"), ("PathItem", "key")} and not found.breaks:
        return  # GitHub's version, and path parameters that have another name: the parameters say so themselves
    if found.node == "SchemaProperties":
        return  # Python shows each of them
    about = _about(found, sides, requested)
    added, removed, neither = _RULES[about]
    rule = removed if found.breaks or found.kind == "removed" else added if found.kind == "added" else neither
    detail = "" if about in _SPEAKING else _detail(found)
    old, new = found.old, found.new
    if about in {"success", "failure", "media type"} and not found.member:
        # The name, instead of everything that belongs to it.
        old, new = (value and found.path[-1] for value in (old, new))
    places = _schema_places(found, *sides)
    if places is None:
        # A component that is not a model only matters where it is used.
        places = [] if found.path[0] == "components" else _operation_places(found, *sides)
    for where in places:
        yield Difference(about, Change(where, rule, "wire", text(old), text(new), detail))


def _about(found: _Found, sides: tuple[Side, Side], requested: set[Parts]) -> str:  # noqa: PLR0911 - a table
    node, member, path = found.node, found.member, found.path
    in_request = {*_REQUEST} & {*path[2:4]} or any(location[:3] in requested for _, location in found.written)
    in_response = "responses" in path and not in_request
    if node == "SpecExtension" or member.startswith("x-"):
        return "extension"
    if node in _TEXT_NODES or member in _TEXT:
        return "text"
    if member in _NAMING or (path[0] != "paths" and node not in {"Paths", "SecurityRequirement"}):
        return "naming"  # a component by itself only matters for its name
    if node == "Response" and member in {"", "key"}:
        return "success" if path[4].startswith("2") else "failure"
    if in_response and node in {"Header", "HeadersMap"} and member in {"", "key"}:
        # Other headers come from the overlay. They depend on who documents the status.
        return "header" if any(side.documents(path) for side in sides) else "text"
    if in_response and node in {"MediaType", "MediaTypesMap"}:
        return "media type"
    if node in {"Paths", "PathItem", "Operation"}:
        return "request line"
    if node.startswith("Security"):
        return "security"
    return "response" if in_response else "request"


def _schema_places(found: _Found, old: Side, new: Side) -> list[str] | None:
    """Return the names of the fields or models that a change concerns; None if it is not inside one."""
    location = _location(found, old, new)
    if (found.node, found.member) == ("Schema", "required"):
        # What was added or removed altogether is another change.
        return [
            _schema((*location, "properties", name), old, new) or pointer(location)
            for name in sorted(set[str](found.old or []) ^ set[str](found.new or []))
            if all(value_at(side.contract, (*at, "properties", name)) for side, at in found.written)
        ]
    if found.member == "key" and (names := [side.names.schema(at)[1] for side, at in found.written]) and all(names):
        return names
    name = (found.member == "title" and old.names.models.get(location)) or _schema(location, old, new)
    return [name] if name else None


def _location(found: _Found, old: Side, new: Side) -> Parts:
    """Return where a change is written. If a reference has another target now, that is where the reference is."""
    before, after = (resolved(side.contract, found.path) for side in (old, new))
    if before == after or value_at(old.contract, found.path[:2]) is None:
        return after
    return (*resolved(new.contract, found.path[:-1]), found.path[-1])


def _schema(location: Parts, old: Side, new: Side) -> str:
    """Return the name of the field or model at a location, by the side that knows more of it."""
    return max(old.names.schema(location), new.names.schema(location), key=itemgetter(0))[1]


def _operation_places(found: _Found, old: Side, new: Side) -> list[str]:
    """Return the names of the operations, or of the parts of an operation, that a change concerns."""
    path = found.path
    operations = new.names.operations(path) or old.names.operations(path)
    match path[2:]:
        case ("parameters", *_) | (_, "parameters", *_):
            side, location = found.written[0 if found.member == "name" else -1]
            if "parameters" not in location or found.written[0][1][:3] != location[:3]:
                location = path  # its schema can be a component, and it can be another component than before
            return side.names.parameters(side.names.operations(location) or operations, location)
        case (_, "requestBody", *_):
            return [f"{operation}(body)" for operation in operations]
        case (_, "responses", status, "headers", header, *_):
            return [f"{operation} -> {status} header {header}" for operation in operations]
        case (_, "responses", status, *_):
            return [f"{operation} -> {status}" for operation in operations]
        case _ if found.member == "operationId":
            return [name for side, location in found.written for name in side.names.operations(location)]
        case _:
            return operations or [pointer(path)]


def _detail(found: _Found) -> str:
    extension = next((part for part in (found.member, *found.path) if part.startswith("x-")), "")
    if found.node == "SpecExtension" and extension:
        return extension
    return "" if found.member == "key" else found.member or f"{found.node} {found.kind}"


def text(value: object) -> str | None:
    """Return a value as a report shows it."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
