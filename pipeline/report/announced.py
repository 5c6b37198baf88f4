"""The breaking changes that the description announces: `x-github-breaking-changes`, each a patch for an API version.

A patch is a JSON Merge Patch (https://www.rfc-editor.org/rfc/rfc7396) or, as an array, a JSON Patch (https://www.rfc-editor.org/rfc/rfc6902).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

from pipeline.documents import Document
from pipeline.stages import StageError

from .places import tokens

_EXTENSION = "x-github-breaking-changes"


def versions(slice_: Document) -> list[str]:
    """The API versions for which something in the slice is announced, the nearest first."""
    return sorted({change["version"] for node in _nodes(slice_) for change in node[_EXTENSION]})


def changesets(slice_: Document, version: str) -> list[str]:
    """GitHub's names of what comes with an API version."""
    return sorted({c["changeset"] for node in _nodes(slice_) for c in node[_EXTENSION] if c["version"] == version})


def preview(document: Document, version: str) -> Document:
    """The document as it will be with an API version: with all that comes until then.

    Raises:
        StageError: A patch does not fit.
    """
    document = copy.deepcopy(document)
    for node in list(_nodes(document)):
        for change in sorted(node[_EXTENSION], key=lambda change: change["version"]):
            if change["version"] <= version:
                _apply(node, change)
        node[_EXTENSION] = [change for change in node[_EXTENSION] if change["version"] > version]
        if not node[_EXTENSION]:
            del node[_EXTENSION]
    return document


def _nodes(value: object) -> Iterator[Document]:
    """The objects that announce a change of themselves."""
    if isinstance(value, dict):
        members = cast("Document", value)
        if _EXTENSION in members:
            yield members
        for inner in list(members.values()):
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _nodes(inner)


def _apply(node: Document, change: dict[str, Any]) -> None:
    patch = change["patch"]
    if isinstance(patch, dict):
        merge_patch(node, cast("Document", patch))
        _drop_unknown_required(node)
        return
    for operation in patch:
        try:
            json_patch(node, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise StageError(f"the announced change {change['changeset']} does not fit: {operation}") from error


def merge_patch(target: Document, patch: Document) -> None:
    """Apply a JSON Merge Patch: null removes, objects merge, anything else replaces."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            if not isinstance(target.get(key), dict):
                target[key] = {}
            merge_patch(target[key], cast("Document", value))
        else:
            target[key] = copy.deepcopy(value)


def json_patch(target: Document, operation: dict[str, Any]) -> None:
    """Apply one operation of a JSON Patch: the three that GitHub uses.

    Raises:
        KeyError: There is nothing at the path.
        IndexError: The same, in an array.
        ValueError: It is another operation, or no path.
    """
    *path, last = tokens(operation["path"])
    parent: Any = target
    for token in path:
        parent = parent[int(token) if isinstance(parent, list) else token]
    in_list = isinstance(parent, list)
    key: Any = last
    if in_list:
        key = len(cast("list[object]", parent)) if last == "-" else int(last)
    match operation["op"]:
        case "remove":
            del parent[key]
        case "add" if in_list:
            cast("list[object]", parent).insert(key, copy.deepcopy(operation["value"]))
        case "add":
            parent[key] = copy.deepcopy(operation["value"])
        case "replace":
            del parent[key]
            json_patch(target, {**operation, "op": "add"})
        case other:
            raise ValueError(other)


def _drop_unknown_required(schema: Document) -> None:
    """A patch that removes a property may leave its name among the required ones."""
    if "properties" in schema and "required" in schema:
        schema["required"] = [name for name in schema["required"] if name in schema["properties"]]


def completed(document: Document, description: Callable[[], Document]) -> Document:
    """The document with the components that its patches refer to, from the whole description.

    Args:
        document: A preview of a slice; it gets what it lacks.
        description: Loads the whole description, which takes a while: it is called only if something is lacking.
    """
    whole: Document | None = None
    while lacking := [pointer for pointer in _references(document) if _at(document, pointer) is None]:
        whole = whole or description()
        for pointer in lacking:
            found = _at(whole, pointer)
            if found is None:
                raise StageError(
                    f"an announced change refers to #/{'/'.join(pointer)}, which the description does not have"
                )
            parent = document
            for token in pointer[:-1]:
                parent = parent.setdefault(token, {})
            parent[pointer[-1]] = copy.deepcopy(found)
    return document


def _references(value: object) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        members = cast("Document", value)
        if isinstance(reference := members.get("$ref"), str):
            yield tuple(tokens(reference))
        for key, inner in members.items():
            # What is announced for later refers to what is not needed yet.
            if key != _EXTENSION:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _references(inner)


def _at(document: Document, pointer: tuple[str, ...]) -> object:
    value: Any = document
    for token in pointer:
        if not isinstance(value, dict) or token not in value:
            return None
        value = cast("Document", value)[token]
    return value
