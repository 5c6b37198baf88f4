"""Read, search and write OpenAPI documents: YAML 1.2 and JSON files, walks, JSON pointers and references."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml
from jsonpath import JSONPointer, JSONPointerError

from .stages import StageError

Document = dict[str, Any]

# The parts of a JSON pointer (RFC 6901), unescaped.
Parts = tuple[str, ...]

# GitHub's extension with the breaking changes of later API versions. `report/announced.py` reads it.
ANNOUNCED = "x-github-breaking-changes"

_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]

# PyYAML resolves scalars as in YAML 1.1. These are null, boolean, integer and float of YAML 1.2's core schema.
_NULL = ("tag:yaml.org,2002:null", re.compile(r"^(?:null|Null|NULL|~|)$"))
_BOOL = ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"))
_INT = ("tag:yaml.org,2002:int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"))
_FLOAT = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
)

# The generator reads YAML 1.2 with ruamel.yaml, which also allows a sign and underscores.
_NUMERIC = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0o[0-7_]+|(?:\.[0-9_]+|[0-9_]+(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?)$"),
)


class _Loader(yaml.CSafeLoader):
    """Reads YAML 1.2, as OpenAPI requires. YAML 1.1 would read 2022-11-28 as a date and `on` as a boolean."""

    yaml_implicit_resolvers: _Resolvers = {  # noqa: RUF012 - PyYAML's declaration
        **{first: [_INT, _FLOAT] for first in "-+0123456789"},
        ".": [_FLOAT],
        **{first: [_NULL] for first in ("n", "N", "~", "")},
        **{first: [_BOOL] for first in "tTfF"},
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len({key.value for key in keys}) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is defined twice", node.start_mark)
        for key in keys:  # a status such as 200 is a string, as in JSON
            is_merge = key.value == "<<" and not key.style
            key.tag = "tag:yaml.org,2002:merge" if is_merge else "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.CSafeDumper):
    """Quotes every string that YAML 1.1 or 1.2 could read as another type. Writes no anchors."""

    # "1e3" is a string in YAML 1.1 and a number in 1.2.
    yaml_implicit_resolvers: _Resolvers = {  # noqa: RUF012 - PyYAML's declaration
        first: [*resolvers, _NUMERIC] if first in "-+.0123456789" else resolvers
        for first, resolvers in yaml.CSafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, ANN401 - PyYAML's signature
        return True


def _construct_int(_: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    # PyYAML's own constructor reads 012 as octal.
    return int(node.value, 0 if node.value.startswith(("0o", "0x")) else 10)


def _represent_str(_: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    # These characters end a line in YAML 1.1 but not in 1.2. Only double quotes escape them.
    style = '"' if re.search("[\x85\u2028\u2029]", text) else "|" if "\n" in text else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Dumper.add_representer(str, _represent_str)


def load(path: Path) -> Document:
    """Read a YAML or JSON file.

    Raises:
        StageError: The file cannot be read, or does not contain an object.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StageError(f"{path}: {error.strerror}") from error
    return parsed(content, path.name)


def parsed(content: bytes, name: str, members: Callable[[list[tuple[str, Any]]], Document] = dict) -> Document:
    """Read YAML or JSON.

    Args:
        content: The content of a file.
        name: The name of the file.
        members: Makes an object of JSON from its members, which can have a key twice.

    Raises:
        StageError: It is neither, or not an object.
    """
    is_json = name.endswith(".json") or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    try:
        # PyYAML rejects JSON's escapes of characters beyond U+FFFF.
        document: Any = json.loads(content, object_pairs_hook=members) if is_json else yaml.load(content, _Loader)  # noqa: S506 - a CSafeLoader with other resolvers
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StageError(f"{name} is neither YAML nor JSON: {error}") from error
    if not isinstance(document, dict):
        raise StageError(f"{name} is not an object")
    return cast("Document", document)


def dump(document: Document) -> str:
    """Return the document as YAML, in its own order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def objects(value: object) -> Iterator[Document]:
    """Yield every object inside a JSON value, the value itself first, but nothing of the changes that it announces."""
    if isinstance(value, dict):
        yield cast("Document", value)
        value = [inner for key, inner in cast("Document", value).items() if key != ANNOUNCED]
    if isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from objects(inner)


def references(value: object) -> Iterator[Parts]:
    """Yield the target of every `$ref`, and of every discriminator, inside a JSON value."""
    for node in objects(value):
        # A property can be named `$ref` or `discriminator`. Then it is an object with other members.
        match node:
            case {"$ref": str(reference)}:
                yield parts(reference)
            case {"discriminator": {"mapping": dict()}}:
                mapping: Document = node["discriminator"]["mapping"]
                yield from (parts(target) for target in mapping.values() if str(target).startswith("#/"))
            case _:
                pass


def referenced(value: object, document: Document) -> set[Parts]:
    """Return everything that a JSON value refers to, directly or not. A part of a component counts as the component.

    Args:
        value: The JSON value.
        document: The document that has the targets.

    Raises:
        StageError: The document lacks a target.
    """
    found: set[Parts] = set()
    pending = [value]
    while pending:
        targets = {path[:3] if path[:1] == ("components",) else path for path in references(pending.pop())}
        for target in targets - found:
            if (inner := value_at(document, target)) is None:
                raise StageError(f"the description refers to {pointer(target)}, which it lacks")
            found.add(target)
            pending.append(inner)
    return found


def parts(pointer: str) -> Parts:
    """Split a JSON pointer. One that starts with `#` is a URI fragment and can be percent-encoded.

    Raises:
        StageError: It is not one. The reference may lead to another file.
    """
    try:
        return JSONPointer(pointer.removeprefix("#"), unicode_escape=False, uri_decode=pointer.startswith("#")).parts
    except JSONPointerError as error:
        raise StageError(f"{pointer} does not refer to a place in the same document") from error


def pointer(parts: Iterable[str]) -> str:
    """Return the JSON pointer for its parts."""
    return f"#{JSONPointer.from_parts(parts, unicode_escape=False)}"


def value_at(document: Document, path: Parts) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a path, or None."""
    return JSONPointer.from_parts(path, unicode_escape=False).resolve(document, default=None)


def resolved(document: Document, path: Parts) -> Parts:
    """Follow the references along a path, and the one at its end, to where the value is written.

    Raises:
        StageError: A reference is circular.
    """
    try:
        found: Parts = ()
        for part in path:
            found = _target(document, (*found, part))
    except RecursionError:
        raise StageError(f"the reference at {pointer(path)} is circular") from None
    return found


def _target(document: Document, path: Parts) -> Parts:
    value = value_at(document, path)
    reference = cast("Document", value).get("$ref") if isinstance(value, dict) else None
    return resolved(document, parts(reference)) if isinstance(reference, str) else path


def followed(document: Document, node: Document) -> Document:
    """Return the object itself where a node is a reference to it.

    Raises:
        StageError: The reference is circular, or leads to nothing.
    """
    if not isinstance(reference := node.get("$ref"), str):
        return node
    found = value_at(document, resolved(document, parts(reference)))
    if not isinstance(found, dict):
        raise StageError(f"{reference} does not refer to an object")
    return cast("Document", found)
