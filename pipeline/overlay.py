"""Apply an OpenAPI Overlay 1.0, strictly: an action that matches nothing is an error.

Redocly also applies overlays, but reports nothing about an action without a match. What an action matches depends on
the actions before it, so a separate check would have to apply them anyway.

https://spec.openapis.org/overlay/v1.0.0.html
"""

from __future__ import annotations

import copy
from typing import Any, cast

import jsonpath

from .documents import Document
from .stages import StageError

# Our extension: the slice may have nothing that the action matches.
OPTIONAL = "x-optional"


def applied(document: Document, overlay: Document) -> Document:
    """Return a copy of the document with every action of the overlay applied, in order.

    Raises:
        StageError: An action is invalid, has no effect, or matches nothing and is not marked `x-optional: true`.
    """
    document = copy.deepcopy(document)
    actions = overlay.get("actions")
    if not actions:
        raise StageError("the overlay has no actions")
    for number, action in enumerate(actions, start=1):
        try:
            _apply(action, document)
        except StageError as error:
            raise StageError(f"overlay action {number} {error}") from error
    return document


def _apply(action: dict[str, Any], document: Document) -> None:
    target, remove = action.get("target"), action.get("remove") is True
    if not target:
        raise StageError("has no target")
    if "update" not in action and not remove:
        raise StageError(f"has neither an update nor `remove: true`: {target}")
    try:
        # By path, because a JSONPath can match a value twice.
        matches = {match.parts: match for match in jsonpath.finditer(target, document, strict=True)}
    except jsonpath.JSONPathError as error:
        raise StageError(f"has an invalid JSONPath: {target}: {error.message}") from error
    if not matches and action.get(OPTIONAL) is not True:
        raise StageError(f"matches nothing: {target}. If a slice can lack it, mark the action `{OPTIONAL}: true`")
    # Backwards, so that removing an item of an array does not move those that are still to be removed.
    for path in sorted(matches, reverse=True):
        parent: Any = matches[path].parent
        if parent is not None and remove:
            del parent.obj[path[-1]]
        elif parent is not None:
            parent.obj[path[-1]] = _merge(parent.obj[path[-1]], copy.deepcopy(action["update"]))
        elif remove:
            raise StageError("removes the whole document")
        else:
            _merge(document, copy.deepcopy(action["update"]))


def _merge(target: Any, update: Any) -> Any:  # noqa: ANN401 - JSON
    """Merge objects, append to arrays, replace everything else."""
    if isinstance(target, dict) and isinstance(update, dict):
        members = cast("dict[str, object]", target)
        for key, value in cast("dict[str, object]", update).items():
            members[key] = _merge(members[key], value) if key in members else value
        return members
    if isinstance(target, list):
        added = cast("list[object]", update) if isinstance(update, list) else [update]
        return cast("list[object]", target) + added
    return update
