"""description -> slice: the listed operations and everything they refer to, in GitHub's own text."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from . import documents
from .documents import Document
from .linting import validate
from .normalising import METHODS, operations
from .stages import StageError
from .upstream import Description

# Webhooks and GitHub's extensions are left out.
_MEMBERS = ("openapi", "info", "servers", "security", "tags", "externalDocs", "paths", "components")
_HEADER = """\
# GitHub's own text, cut out of its description by `nox -s sync`. Do not edit: additions go to overlay.yaml.
"""


class MissingOperationError(StageError):
    """The description does not have a listed operation."""


def listed(path: Path) -> list[str]:
    """Read the operationIds of a list.

    Raises:
        StageError: The list cannot be read, is empty, or has an operation twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(f"{path.name} cannot be read: {error}") from error
    ids = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not ids:
        raise StageError(f"{path.name} lists no operation")
    if repeated := sorted(name for name, count in Counter(ids).items() if count > 1):
        raise StageError(f"{path.name} lists {', '.join(repeated)} more than once: remove the other line")
    return ids


def make(description: Description, wanted: list[str]) -> str:
    """Return the text of the slice's file.

    Args:
        description: The whole description.
        wanted: GitHub's operationIds.

    Raises:
        MissingOperationError: The description lacks an operation.
        StageError: The description is invalid, refers to something that it does not have, or defines something that
            the slice needs twice.
    """
    try:
        return _HEADER + documents.dump(_cut(description, wanted))
    except (AttributeError, LookupError, RecursionError, TypeError, UnicodeError) as error:
        # Only the slice is validated: elsewhere, a member can have any type.
        raise StageError(f"the description is invalid: {error!r}") from error


def _cut(description: Description, wanted: list[str]) -> Document:
    document = description.document
    known = operation_ids(document)
    if missing := sorted(set(wanted) - known):
        near = [name for each in missing for name in difflib.get_close_matches(each, known, n=1)]
        advice = f": did you mean {' and '.join(near)}?" if near else ""
        raise MissingOperationError(f"the description has no operation {', '.join(missing)}{advice}")
    slice_ = {member: document[member] for member in _MEMBERS if member in document}
    slice_["paths"] = dict(_paths(document, wanted))
    used = {tag for operation in operations(slice_) for tag in operation.get("tags", [])}
    # Old descriptions repeat some tags, which is invalid.
    slice_["tags"] = [tag for tag in document.get("tags", []) if tag["name"] in used]
    slice_ = with_references(slice_)
    validate(slice_)
    if unclear := description.ambiguous & {key for node in documents.objects(slice_) for key in node}:
        raise StageError(f"the description has two different definitions of {', '.join(sorted(unclear))}")
    return slice_


def _paths(document: Document, wanted: list[str]) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        others = {method for method in METHODS & item.keys() if item[method].get("operationId") not in wanted}
        if METHODS & item.keys() - others:
            yield path, {key: value for key, value in item.items() if key not in others}


def with_references(document: Document) -> Document:
    """Return the document without the components that its paths do not refer to, directly or not.

    Raises:
        StageError: A reference leads to nothing.
    """
    components: dict[str, Any] = document.get("components", {})
    # Operations refer to security schemes by name.
    schemes = components.get("securitySchemes", {})
    found = documents.referenced([document["paths"], schemes], document)
    found |= {("components", "securitySchemes", name) for name in schemes}
    kept = {
        kind: {name: item for name, item in cast("Document", items).items() if ("components", kind, name) in found}
        for kind, items in components.items()
        if isinstance(items, dict)  # an extension can be anything
    }
    return {**document, "components": {kind: items for kind, items in kept.items() if items}}


def operation_ids(document: Document) -> set[str]:
    """Return GitHub's names of the operations in the document."""
    return {operation["operationId"] for operation in operations(document) if "operationId" in operation}
