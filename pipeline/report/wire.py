"""What differs between two contracts: redocly's diff, with the Python name of each place that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
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
    return [difference for change in found["changes"] for difference in reader.read(_Found.of(change))]


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


@dataclass(frozen=True)
class _Found:
    """A change as redocly reports it: of a node, or of one of its members."""

    node: str
    member: str
    kind: str
    breaks: bool
    path: Parts
    old: Any
    new: Any

    @classmethod
    def of(cls, change: dict[str, Any]) -> _Found:
        node, member, path = change["typeName"], change.get("property", ""), parts(change["path"])
        old, new = (change.get(side, {}).get("value") for side in ("base", "revision"))
        if member == "key" and node in {"Response", "Header"}:
            path = (*path[:-1], old)  # of before, as for what is removed
        return cls(node, member, change["kind"], change["impact"] == "major", path, old, new)


class _Reader:
    """Finds the rule and the Python names for redocly's changes."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self._requested = _requested(old.contract) | _requested(new.contract)

    def read(self, found: _Found) -> Iterator[Difference]:
        """Yield a difference for each place that a change concerns."""
        if (found.node, found.member) in {("Info", "version"), ("PathItem", "key")} and not found.breaks:
            return  # GitHub's version, and path parameters that have another name: the parameters say so themselves
        if found.node == "Response" and found.path[0] == "components":
            return  # the operations that refer to it are other changes
        location = self._location(found.path)
        about = self._about(found, location)
        added, removed, neither = _RULES[about]
        rule = removed if found.breaks or found.kind == "removed" else added if found.kind == "added" else neither
        detail = "" if about in _SPEAKING else _detail(found)
        old, new = found.old, found.new
        if about in {"success", "failure", "media type"} and not found.member:
            # The name, instead of everything that belongs to it.
            old, new = (value and found.path[-1] for value in (old, new))
        places = self._schema_places(found, location)
        for where in self._operation_places(found, location) if places is None else places:
            yield Difference(about, Change(where, rule, "wire", text(old), text(new), detail))

    def _location(self, path: Parts) -> Parts:
        """Return where the value is written to which a path leads.

        A path leads into the schema that is referred to, even if another value has replaced the reference.
        """
        old, new = (resolved(side.contract, path) for side in (self._old, self._new))
        if old == new or value_at(self._old.contract, path[:2]) is None:
            return new
        return (*resolved(self._new.contract, path[:-1]), path[-1])

    def _about(self, found: _Found, location: Parts) -> str:  # noqa: PLR0911 - a table
        node, member, path = found.node, found.member, found.path
        in_request = {"parameters", "requestBody"} & {*path[2:4]} or location[:3] in self._requested
        in_response = "responses" in path and not in_request
        if node == "SpecExtension" or member.startswith("x-"):
            return "extension"
        if node in _TEXT_NODES or member in _TEXT:
            return "text"
        if member in _NAMING:
            return "naming"
        if path[0] != "paths" and node not in {"Paths", "SecurityRequirement"}:
            # A component by itself only matters for its name.
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
        return "response" if in_response else "request"

    def _schema_places(self, found: _Found, location: Parts) -> list[str] | None:
        """Return the names of the fields or models that a change concerns; None if it is not inside one."""
        sides = (self._old, self._new)
        if (found.node, found.member) == ("Schema", "required"):
            # What was added or removed altogether is another change.
            old, new = (side.properties(found.path) for side in sides)
            names = sorted((set[str](found.old or []) ^ set[str](found.new or [])) & old & new)
            return [self._schema((*location, "properties", name)) or pointer(location) for name in names]
        if found.node == "SchemaProperties" and all(location[:-1] in side.names.models for side in sides):
            return [self._schema((*location, name)) for name in found.old or found.new]
        if (found.node, found.member) == ("Schema", "key") and location[-2:-1] == ("properties",):
            # A property that has another name now.
            return [self._schema((*location[:-1], name)) for name in (found.old, found.new)]
        model = self._old.names.models.get(location) if found.member == "title" else None
        name = model or self._schema(location)
        return [name] if name else None

    def _operation_places(self, found: _Found, location: Parts) -> list[str]:  # noqa: PLR0911 - a table
        """Return the names of the operations, or of the parts of an operation, that a change concerns."""
        path = found.path
        if found.member == "operationId":
            return [name for side in (self._old, self._new) for name in side.names.operations(path)]
        there = (self._old if found.kind == "removed" else self._new).names
        operations = self._new.names.operations(path) or self._old.names.operations(path)
        match path[2:]:
            case ("parameters", *_) | (_, "parameters", *_):
                if location[:2] == ("components", "parameters"):
                    operations = there.operations_with(location[:3]) or operations
                if (found.node, found.member) == ("Parameter", "name"):
                    return [self._old.names.parameter(operation, found.old) for operation in operations]
                return [name for operation in operations for name in there.parameters(operation, path)]
            case (_, "requestBody", *_):
                return [f"{operation}(body)" for operation in operations]
            case (_, "responses", status, "headers", header, *_):
                return [f"{operation} -> {status} header {header}" for operation in operations]
            case (_, "responses", status, *_):
                return [f"{operation} -> {status}" for operation in operations]
            case _:
                # A component that is not a schema only matters where it is used.
                return operations or ([] if path[0] == "components" else [pointer(path)])

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


def _detail(found: _Found) -> str:
    extension = next((part for part in (found.member, *found.path) if part.startswith("x-")), "")
    if found.node == "SpecExtension" and extension:
        return extension
    return "" if found.member == "key" else found.member or f"{found.node} {found.kind}"


def text(value: object) -> str | None:
    """Return a value as a report shows it."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
