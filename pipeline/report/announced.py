"""The breaking changes that GitHub announces in its description, applied to a preview.

Each `x-github-breaking-changes` is a list of patches, each for an API version: a JSON Merge Patch
(https://www.rfc-editor.org/rfc/rfc7396) or, as an array, a JSON Patch (https://www.rfc-editor.org/rfc/rfc6902).
"""

from __future__ import annotations

import copy
from typing import Any, cast

from jsonpath import JSONPatch, JSONPatchError, JSONPointerError

from pipeline.documents import ANNOUNCED, Document, objects
from pipeline.slicing import with_references
from pipeline.stages import StageError


def changesets(slice_: Document) -> dict[str, list[str]]:
    """Return GitHub's names of the announced changes by API version, the nearest version first."""
    found: dict[str, set[str]] = {}
    for node in objects(slice_):
        for change in node.get(ANNOUNCED, []):
            found.setdefault(change["version"], set()).add(change["changeset"])
    return {version: sorted(found[version]) for version in sorted(found)}


def preview(slice_: Document, version: str, description: Document) -> Document:
    """Return the slice as it will be with an API version, including the changes of earlier versions.

    Args:
        slice_: The slice of today.
        version: An API version.
        description: The whole description, for what a patch refers to and the slice lacks.

    Raises:
        StageError: A patch does not fit, or refers to something that the description lacks.
    """
    document = copy.deepcopy(slice_)
    for node in list(objects(document)):
        for change in sorted(node.pop(ANNOUNCED, []), key=lambda change: change["version"]):
            if change["version"] <= version:
                _apply(change, node)
    own, others = (one.get("components", {}) for one in (document, description))
    components = {**others, **{kind: {**others.get(kind, {}), **items} for kind, items in own.items()}}
    return with_references({**document, "components": components})


def _apply(change: dict[str, Any], node: Document) -> None:
    patch = change["patch"]
    if isinstance(patch, dict):
        _merge(node, cast("Document", patch))
        # A patch that removes a property can leave its name among the required ones.
        if "properties" in node and "required" in node:
            node["required"] = [name for name in node["required"] if name in node["properties"]]
        return
    try:
        JSONPatch(patch, unicode_escape=False).apply(node)
    except (JSONPatchError, JSONPointerError) as error:
        raise StageError(f"the announced change {change['changeset']} does not fit: {error}") from error


def _merge(target: Document, patch: Document) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            if not isinstance(target.get(key), dict):
                target[key] = {}
            _merge(target[key], cast("Document", value))
        else:
            target[key] = value
