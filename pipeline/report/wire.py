"""The witness of the wire: redocly's diff of the contracts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from pipeline.documents import Document
from pipeline.node import run_redocly
from pipeline.normalising import METHODS

from . import rules
from .places import Places, identifier, tokens
from .rules import Rule
from .sides import Side

# Properties and nodes that say something to people only.
_WORDS = frozenset({"description", "summary", "example", "examples", "externalDocs", "deprecated", "termsOfService"})
_NODES_OF_WORDS = frozenset(
    {
        *("Info", "Contact", "License", "ExternalDocs", "Tag", "TagList", "Server", "ServerList"),
        *("Example", "ExamplesMap", "NamedExamples"),
    }
)
# Words too, unless the generator makes a name or a default of them.
_NAMING = frozenset({"title", "default", "tags", "operationId"})


@dataclass(frozen=True)
class Difference:
    """A difference that redocly has found.

    Attributes:
        where: As `Change.where`.
        section: What it is of: "extension", "words", "naming", "success", "failure", "header", "media type",
            "request line", "security", "request" or "answer".
        kind: "added", "removed" or "modified".
        breaks: Whether redocly takes it for a break.
        old: What was there; None if nothing was.
        new: What is there; None if nothing is.
        detail: The property that is modified, where the section does not say it all.
    """

    where: str
    section: str
    kind: str
    breaks: bool
    old: object = None
    new: object = None
    detail: str = ""


def find(old: Side, new: Side) -> list[Difference]:
    """Diff two contracts.

    Raises:
        StageError: redocly fails.
    """
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("old.json", "new.json")]
        for path, side in zip(paths, (old, new), strict=True):
            path.write_text(json.dumps(unwrapped(side.contract)), encoding="utf-8")
        found = json.loads(run_redocly("diff", *map(str, paths), "--format", "json", "--fail-on", "none"))
    reader = _Reader(old, new)
    return [difference for change in found["changes"] for difference in reader.read(change)]


# The rules for what no type and no name shows.
_GONE: dict[str, Rule] = {
    "success": rules.SUCCESS_REMOVED,
    "failure": rules.FAILURE_REMOVED,
    "header": rules.HEADER_REMOVED,
    "request line": rules.REQUEST_LINE_CHANGED,
    "request": rules.REQUEST_NARROWED,
    "security": rules.SECURITY,
}
_COME: dict[str, Rule] = {
    "success": rules.SUCCESS_ADDED,
    "failure": rules.FAILURE_ADDED,
    "header": rules.HEADER_ADDED,
    "request line": rules.REQUEST_LINE_CHANGED,
}
_EITHER: dict[str, Rule] = {
    "extension": rules.EXTENSION,
    "media type": rules.MEDIA_TYPE,
    "answer": rules.ANSWER_UNCHANGED_IN_PYTHON,
}


def rule(difference: Difference) -> Rule:
    """The rule for a difference that no type and no name shows."""
    section = difference.section
    if section in _EITHER:
        return _EITHER[section]
    if difference.kind == "removed" or difference.breaks:
        return _GONE.get(section, rules.WORDS)
    return _COME.get(section, rules.WORDS) if difference.kind == "added" else rules.WORDS


def unwrapped(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The document with no `allOf` of one schema: it says what that schema says, but redocly sees all of it changed."""
    if isinstance(value, list):
        return [unwrapped(item) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = {key: unwrapped(inner) for key, inner in cast("Document", value).items()}
    match members:
        case {"allOf": [{"$ref": str(reference)}], **others} if others.keys() <= _WORDS:
            return {"$ref": reference}
        case {"allOf": [{**schema}], **others} if "$ref" not in schema and not (schema.keys() & others.keys()) - _WORDS:
            return {**schema, **others}
        case _:
            return members


class _Reader:
    """Reads redocly's changes."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old.places, new.places
        self._said = [Places(side.slice) for side in (old, new)]
        self._asked = _asked(old.places) | _asked(new.places)

    def read(self, change: dict[str, Any]) -> Iterator[Difference]:
        """One change as differences: what redocly says of many properties or operations at once is one for each."""
        node, property_, path = change["typeName"], change.get("property", ""), tokens(change["path"])
        base, revision = change.get("base", {}), change.get("revision", {})
        pointer = self._pointer(path)
        difference = Difference(
            where="",
            section=self._section(node, property_, path, pointer),
            kind=change["kind"],
            breaks=change["impact"] == "major",
            old=base.get("value"),
            new=revision.get("value"),
            detail=_detail(node, change["kind"], property_, path),
        )
        if (node, property_) == ("Info", "version"):
            return  # GitHub's number, and the title of the report
        if (node, property_) == ("PathItem", "key") and not difference.breaks:
            return  # the placeholders alone have other names, as the parameters say themselves
        before, after = tokens(base.get("pointer", "")), tokens(revision.get("pointer", ""))
        places, there = (self._new, after) if difference.kind == "added" else (self._old, before)
        if (node, property_) == ("Schema", "required"):
            yield from self._required(difference, pointer)
        elif (node, property_) == ("Schema", "key") and before[-2:-1] == ["properties"]:
            yield replace(difference, where=self._old.field(before) or "", kind="removed", new=None)
            yield replace(difference, where=self._new.field(after) or "", kind="added", old=None, breaks=False)
        elif node == "SchemaProperties" and tuple(pointer[:-1]) in self._old.models.keys() & self._new.models.keys():
            for name in places.members(there):
                yield replace(difference, where=self._new.field([*pointer, name]) or "", old=None, new=None)
        elif difference.section in {"status", "media type"}:
            for operation in self._operations(path):
                yield _named(replace(difference, where=operation), path)
        else:
            for where in self._where(property_, path, places, there, pointer):
                yield replace(difference, where=where)

    def _pointer(self, path: list[str]) -> list[str]:
        """Where the schema stands that a path leads to.

        redocly points into the schema that is referred to, even where another takes the place of the reference itself.
        """
        old, new = self._old.canonical(path), self._new.canonical(path)
        reference = self._new.reference(new)
        return tokens(reference) if reference and reference == self._old.reference(old) else new

    def _section(self, node: str, property_: str, path: list[str], pointer: list[str]) -> str:  # noqa: PLR0911 - a table
        answer = "responses" in path and not self._is_asked(path, pointer)
        if node == "SpecExtension" or property_.startswith("x-"):
            return "extension"
        if node in _NODES_OF_WORDS or property_ in _WORDS:
            return "words"
        if property_ in _NAMING:
            return "naming"
        if node == "Response" and property_ in {"", "key"}:
            return "status"
        if answer and node in {"Header", "HeadersMap"} and property_ in {"", "key"}:
            # What is said of the rest is the overlay's, and depends on who documents the status.
            githubs = any(isinstance(said.value(path), dict) for said in self._said)
            return "header" if githubs else "words"
        if answer and node in {"MediaType", "MediaTypesMap"}:
            return "media type"
        if node in {"Paths", "PathItem", "Operation"}:
            return "request line"
        if node.startswith("Security"):
            return "security"
        # Away from the paths, there are but names for what is sent.
        return "answer" if answer else "request" if path[0] == "paths" else "naming"

    def _is_asked(self, path: list[str], pointer: list[str]) -> bool:
        return bool({"parameters", "requestBody"} & set(path[3:4])) or tuple(pointer[:3]) in self._asked

    def _required(self, difference: Difference, pointer: list[str]) -> Iterator[Difference]:
        """The properties that are no longer required or newly so, unless they came or went altogether."""
        old, new = (side.members(pointer) for side in (self._old, self._new))
        was, is_ = (set[str](schema.get("required", [])) for schema in (old, new))
        for name in sorted((was ^ is_) & set(old.get("properties", {})) & set(new.get("properties", {}))):
            where = self._new.field([*pointer, "properties", name]) or _text(pointer)
            yield replace(difference, where=where, old=name in was, new=name in is_)

    def _where(  # noqa: PLR0911 - a table of where redocly may point
        self, property_: str, path: list[str], places: Places, there: list[str], pointer: list[str]
    ) -> list[str]:
        model = self._old.models.get(tuple(pointer)) or self._new.models.get(tuple(pointer))
        field = self._old.field(pointer) or self._new.field(pointer)
        if property_ == "title" and model:
            return [model]
        if field:
            return [field]
        if property_ == "operationId":
            return [name for side in (self._old, self._new) if (name := side.operation(path[1], path[2]))]
        operations = self._operations(path)
        match path[3:]:
            case ["parameters"]:
                every = [[*there, str(index)] for index in range(len(places.value(there) or []))]
                return [_where_parameter(operation, places, one) for operation in operations for one in every]
            case ["parameters", _, *_]:
                return [_where_parameter(operation, places, there) for operation in operations]
            case ["requestBody", *_]:
                return [f"{operation}(body)" for operation in operations]
            case ["responses", status, "headers", header, *_]:
                return [f"{operation} -> {status} header {header}" for operation in operations]
            case ["responses", status, *_]:
                return [f"{operation} -> {status}" for operation in operations]
            case _:
                return operations or [_text(path)]

    def _operations(self, path: list[str]) -> list[str]:
        """The operations that the path is of: one, or all of a path item."""
        if path[:1] != ["paths"] or len(path) == 1:
            return []
        methods = path[2:3] if set(path[2:3]) & METHODS else sorted(METHODS)
        for places in (self._new, self._old):
            found = [name for method in methods if (name := places.operation(path[1], method))]
            if found:
                return found
        return []


def _asked(places: Places) -> set[tuple[str, ...]]:
    """The schemas that requests are made of."""
    found: set[tuple[str, ...]] = set()

    def follow(value: object) -> None:
        if isinstance(value, dict):
            members = cast("Document", value)
            reference = members.get("$ref")
            if isinstance(reference, str) and (pointer := tuple(tokens(reference))) not in found:
                found.add(pointer)
                follow(places.value(list(pointer)))
            for inner in members.values():
                follow(inner)
        elif isinstance(value, list):
            for inner in cast("list[object]", value):
                follow(inner)

    for path in places.members(["paths"]):
        follow(places.value(["paths", path, "parameters"]))
        for method in METHODS:
            for part in ("parameters", "requestBody"):
                follow(places.value(["paths", path, method, part]))
    return found


def _detail(node: str, kind: str, property_: str, path: list[str]) -> str:
    extension = next((token for token in [property_, *path] if token.startswith("x-")), None)
    if node == "SpecExtension" and extension:
        return extension
    return "" if property_ == "key" else property_ or f"{node} {kind}"


def _where_parameter(operation: str, places: Places, pointer: list[str]) -> str:
    for end in range(len(pointer), 0, -1):
        parameter = places.members(pointer[:end])
        if {"name", "in"} <= parameter.keys():
            return f"{operation}({identifier(parameter['name'])})"
    return operation


def _named(difference: Difference, path: list[str]) -> Difference:
    """A status or a media type with its name in place of all that belongs to it."""
    status, name = path[4], path[-1]
    modified = difference.kind == "modified"
    old = difference.old if modified else name if difference.kind == "removed" else None
    new = difference.new if modified else name if difference.kind == "added" else None
    section = difference.section
    if section == "status":
        status = str(old or new)
        section = "success" if status.startswith("2") else "failure"
    return replace(difference, where=f"{difference.where} -> {status}", section=section, old=old, new=new)


def _text(pointer: list[str]) -> str:
    return "/".join(["#", *(token.replace("~", "~0").replace("/", "~1") for token in pointer)])
