"""What differs between two contracts: redocly's diff, with the Python name of each place that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

from pipeline.documents import Document, Parts, parts, pointer, references, resolved, value_at
from pipeline.node import run_redocly
from pipeline.normalising import METHODS

from . import rules
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


def _always(rule: Rule) -> tuple[Rule, Rule, Rule]:
    return rule, rule, rule


# What a difference is about, and its rule if the contract gains something, loses something, or neither.
_RULES: dict[str, tuple[Rule, Rule, Rule]] = {
    "success": (rules.SUCCESS_ADDED, rules.SUCCESS_REMOVED, rules.DOCUMENTATION),
    "failure": (rules.FAILURE_ADDED, rules.FAILURE_REMOVED, rules.DOCUMENTATION),
    "header": (rules.HEADER_ADDED, rules.HEADER_REMOVED, rules.DOCUMENTATION),
    "media type": _always(rules.MEDIA_TYPE),
    "response": _always(rules.RESPONSE_UNCHANGED_IN_PYTHON),
    "request line": (rules.REQUEST_LINE_CHANGED, rules.REQUEST_LINE_CHANGED, rules.DOCUMENTATION),
    "request": (rules.DOCUMENTATION, rules.REQUEST_NARROWED, rules.DOCUMENTATION),
    "security": (rules.DOCUMENTATION, rules.SECURITY, rules.DOCUMENTATION),
    "naming": _always(rules.DOCUMENTATION),
    "text": _always(rules.DOCUMENTATION),
    "extension": _always(rules.EXTENSION),
}


# These rules say everything about a difference.
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
        found = json.loads(run_redocly("diff", *map(str, paths), "--format", "json", "--fail-on", "none"))
    reader = _Reader(old, new)
    return [difference for change in found["changes"] for difference in reader.read(change)]


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


class _Reader:
    """Reads redocly's changes."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self._requested = _requested(old.contract) | _requested(new.contract)

    def read(self, change: dict[str, Any]) -> Iterator[Difference]:
        """Yield a difference for each place that a change of redocly's concerns."""
        node, member, path = change["typeName"], change.get("property", ""), parts(change["path"])
        old, new = (change.get(side, {}).get("value") for side in ("base", "revision"))
        breaks = change["impact"] == "major"
        if member == "key" and node in {"Response", "Header"}:
            path = (*path[:-1], old)  # of before, as for what is removed
        if (node, member) in {("Info", "version"), ("PathItem", "key")} and not breaks:
            return  # GitHub's version, and path parameters that have another name: the parameters say so themselves
        location = self._location(path)
        about = self._about(node, member, path, location)
        if about in {"success", "failure", "media type"} and member in {"", "key"}:
            # The name, instead of all that belongs to it.
            old, new = (value and (value if member else path[-1]) for value in (old, new))
        added, removed, neither = _RULES[about]
        rule = removed if breaks or change["kind"] == "removed" else added if change["kind"] == "added" else neither
        detail = "" if about in _SPEAKING else _detail(node, change["kind"], member, path)
        places = self._schema_places(change, path, location)
        for where in self._operation_places(change, path) if places is None else places:
            yield Difference(about, Change(where, rule, "wire", text(old), text(new), detail))

    def _location(self, path: Parts) -> Parts:
        """Return where the value is written to which a path leads.

        A path leads into the schema that is referred to, even if another value has replaced the reference.
        """
        old, new = (resolved(side.contract, path) for side in (self._old, self._new))
        if old == new or value_at(self._old.contract, path[:2]) is None:
            return new
        return (*resolved(self._new.contract, path[:-1]), path[-1])

    def _about(self, node: str, member: str, path: Parts, location: Parts) -> str:  # noqa: PLR0911 - a table
        in_request = {"parameters", "requestBody"} & {*path[2:4]} or location[:3] in self._requested
        in_response = "responses" in path and not in_request
        if node == "SpecExtension" or member.startswith("x-"):
            return "extension"
        if node in _TEXT_NODES or member in _TEXT:
            return "text"
        if member in _NAMING:
            return "naming"
        if node == "Response" and member in {"", "key"}:
            return "success" if path[4].startswith("2") else "failure"
        if in_response and node in {"Header", "HeadersMap"} and member in {"", "key"}:
            # Other headers come from the overlay. They depend on who documents the status.
            return "header" if any(side.documents(path) for side in (self._old, self._new)) else "text"
        if in_response and node in {"MediaType", "MediaTypesMap"}:
            return "media type"
        if node in {"Paths", "PathItem", "Operation"}:
            return "request line"
        if node.startswith("Security"):
            return "security"
        # Components by themselves only matter for their names.
        return "response" if in_response else "request" if path[0] == "paths" else "naming"

    def _schema_places(self, change: dict[str, Any], path: Parts, location: Parts) -> list[str] | None:
        """Return the names of the fields or models that a change concerns; None if it is not inside one."""
        node, member, sides = change["typeName"], change.get("property", ""), (self._old, self._new)
        values = [change.get(side, {}).get("value") for side in ("base", "revision")]
        if (node, member) == ("Schema", "required"):
            old, new = (side.properties(path) for side in sides)
            # What was added or removed altogether is another change.
            names = set[str](values[0] or []) ^ set[str](values[1] or [])
            return [
                self._schema((*location, "properties", name)) or pointer(location) for name in sorted(names & old & new)
            ]
        if node == "SchemaProperties" and all(location[:-1] in side.names.models for side in sides):
            return [self._schema((*location, name)) for name in values[0] or values[1]]
        if (node, member) == ("Schema", "key"):
            pointers = (change[side]["pointer"] for side in ("base", "revision"))
            found = [side.names.schema(parts(one))[1] for side, one in zip(sides, pointers, strict=True)]
            return [name for name in found if name]
        model = self._old.names.models.get(location) if member == "title" else None
        name = model or self._schema(location)
        return [name] if name else None

    def _operation_places(self, change: dict[str, Any], path: Parts) -> list[str]:
        """Return the names of the operations, or of the parts of an operation, that a change concerns."""
        if change.get("property") == "operationId":
            return [name for side in (self._old, self._new) for name in side.names.operations(path)]
        there = self._new if change["kind"] == "added" else self._old
        operations = self._new.names.operations(path) or self._old.names.operations(path)
        match path[2:]:
            case ("parameters", *_) | (_, "parameters", *_):
                return [name for operation in operations for name in there.names.parameters(operation, path)]
            case (_, "requestBody", *_):
                return [f"{operation}(body)" for operation in operations]
            case (_, "responses", status, "headers", header, *_):
                return [f"{operation} -> {status} header {header}" for operation in operations]
            case (_, "responses", status, *_):
                return [f"{operation} -> {status}" for operation in operations]
            case _:
                return operations or [pointer(path)]

    def _schema(self, location: Parts) -> str:
        """Return the name of the field or model at a location, by the side that knows it best."""
        old, new = (side.names.schema(location) for side in (self._old, self._new))
        return max(old, new, key=itemgetter(0))[1]


def _requested(contract: Document) -> set[Parts]:
    """Return the locations of the schemas that requests consist of."""
    found: set[Parts] = set()
    items: list[Document] = list(contract.get("paths", {}).values())
    pending: list[object] = [item.get("parameters") for item in items]
    pending += [item[method].get(part) for item in items for method in METHODS & item.keys() for part in _REQUEST]
    while pending:
        new = set(references(pending.pop())) - found
        found |= new
        pending += [value_at(contract, location) for location in new]
    return found


_REQUEST = ("parameters", "requestBody")


def _detail(node: str, kind: str, member: str, path: Parts) -> str:
    extension = next((part for part in (member, *path) if part.startswith("x-")), None)
    if node == "SpecExtension" and extension:
        return extension
    return "" if member == "key" else member or f"{node} {kind}"


def text(value: object) -> str | None:
    """Return a value as a report shows it."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
