"""description -> slice: the listed operations and everything they refer to, in GitHub's own text."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from . import documents
from .documents import Document
from .linting import validate
from .node import run_redocly
from .normalising import operations
from .stages import StageError

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


def _advice(description: Path, missing: set[str]) -> str:
    # A search in the text, because YAML of this size takes long to parse.
    text = description.read_text("utf-8", errors="replace")
    known = re.findall(r"""\boperationId["']?\s*:\s*["']?([^"'\s,}]+)""", text)
    near = [name for each in sorted(missing) for name in difflib.get_close_matches(each, known, n=1)]
    return f": did you mean {' and '.join(near)}?" if near else ""


def make(description: Path, wanted: list[str], ambiguous: frozenset[str] = frozenset()) -> str:
    """Return the text of the slice's file.

    Args:
        description: The file with the whole description.
        wanted: GitHub's operationIds.
        ambiguous: Keys that the description defines twice, with different values.

    Raises:
        MissingOperationError: The description lacks an operation.
        StageError: The description is invalid, refers to something that it does not have, or defines something that
            the slice needs twice.
    """
    with TemporaryDirectory() as folder:
        config, bundle = Path(folder, "redocly.yaml"), Path(folder, "slice.yaml")
        decorators = {
            "filter-in": {"property": "operationId", "value": wanted},
            "remove-unused-components": "on",
        }
        # JSON is valid YAML.
        config.write_text(json.dumps({"decorators": decorators}), encoding="utf-8")
        try:
            run_redocly("bundle", str(description), "--output", str(bundle), "--config", str(config))
        except StageError as error:
            if dangling := re.search(r" at (#/\S+) Can't resolve \$ref", str(error)):
                raise StageError(f"the description has a dangling $ref at {dangling[1]}") from error
            raise
        slice_ = documents.load(bundle)
    # The tags are still those of the whole description. Old descriptions repeat some of them, which is invalid.
    validate({**slice_, "tags": []})
    missing = set(wanted) - operation_ids(slice_)
    if missing:
        names = ", ".join(sorted(missing))
        raise MissingOperationError(f"the description has no operation {names}{_advice(description, missing)}")
    slice_ = _pruned(slice_)
    unclear = ambiguous & {key for node in documents.objects(slice_) for key in node}
    if unclear:
        raise StageError(f"the description has two different definitions of {', '.join(sorted(unclear))}")
    return _HEADER + documents.dump(slice_)


def operation_ids(document: Document) -> set[str]:
    """Return GitHub's names of the operations in the document."""
    return {operation["operationId"] for operation in operations(document) if "operationId" in operation}


def _pruned(slice_: Document) -> Document:
    """Drop what redocly leaves over: tags that no operation has, and webhooks."""
    used: set[Any] = {tag for operation in operations(slice_) for tag in operation.get("tags", [])}
    pruned = {key: value for key, value in slice_.items() if key not in {"webhooks", "x-webhooks"}}
    tags = cast("list[object]", slice_.get("tags") or [])
    pruned["tags"] = [tag for tag in tags if isinstance(tag, dict) and cast("Document", tag).get("name") in used]
    return pruned
