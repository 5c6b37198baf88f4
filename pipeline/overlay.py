"""OpenAPI Overlay 1.0, strictly: an action that matches nothing is an error.

Redocly applies overlays too, but in silence; and to know what an action matches is to have applied those before it.

https://spec.openapis.org/overlay/v1.0.0.html
"""

from __future__ import annotations

import copy
from typing import Any, cast

import jsonpath_rfc9535 as jsonpath

from .documents import Document
from .stages import StageError

# Ours: the action may match nothing in a slice that has no need of it.
OPTIONAL = "x-optional"


def applied(document: Document, overlay: Document) -> Document:
    """The document with every action of the overlay applied, in order.

    Raises:
        StageError: An action can't be read, does nothing, or matches nothing and is not marked `x-optional: true`.
    """
    document = copy.deepcopy(document)
    actions = overlay.get("actions")
    if not actions:
        raise StageError("the overlay has no actions")
    for number, action in enumerate(actions, start=1):
        target = action.get("target", "")
        if "update" not in action and action.get("remove") is not True:
            raise StageError(f"overlay action {number} neither updates nor removes: {target}")
        try:
            nodes = jsonpath.find(target, document)
        except jsonpath.JSONPathError as error:
            raise StageError(f"overlay action {number}: {target!r} is no JSONPath: {error}") from error
        if not nodes and action.get(OPTIONAL) is not True:
            raise StageError(f"overlay action {number} matches nothing: {target}")
        # Once each, as a path can name a node twice; backwards, so that removing an item moves none still to go.
        locations: set[tuple[Any, ...]] = {node.location for node in nodes}
        for location in sorted(locations, reverse=True):
            if not location:
                _merge(document, copy.deepcopy(action.get("update", {})))
                continue
            parent, key = _at(document, location[:-1]), location[-1]
            if action.get("remove") is True:
                del parent[key]
            else:
                parent[key] = _merge(parent[key], copy.deepcopy(action["update"]))
    return document


def _at(document: Any, location: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
    for key in location:
        document = document[key]
    return document


def _merge(target: Any, update: Any) -> Any:  # noqa: ANN401 - JSON
    """Objects merge, an array gets what is added at its end, anything else is replaced."""
    if isinstance(target, dict) and isinstance(update, dict):
        members = cast("dict[str, object]", target)
        for key, value in cast("dict[str, object]", update).items():
            members[key] = _merge(members[key], value) if key in members else value
        return members
    if isinstance(target, list):
        added = cast("list[object]", update) if isinstance(update, list) else [update]
        return cast("list[object]", target) + added
    return update
