"""description -> slice: the listed operations and all they refer to, in GitHub's words."""

from __future__ import annotations

import json
import re
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
# GitHub's own words, cut out of its description. Made by `nox -s sync`; never edited: our words are in overlay.yaml.
"""


def listed(path: Path) -> list[str]:
    """The operationIds of the list.

    Raises:
        StageError: There is no list, or nothing on it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(f"{path.name} can't be read: {error}") from error
    ids = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not ids:
        raise StageError(f"{path.name} lists no operation")
    return ids


def make(description: Path, wanted: list[str], ambiguous: frozenset[str] = frozenset()) -> str:
    """The slice, as the text of its file.

    Args:
        description: The whole description.
        wanted: GitHub's names of the operations.
        ambiguous: Keys of which the description says two different things.

    Raises:
        StageError: The description can't be read, lacks an operation, refers to what it does not have, or says two
            different things of something the slice needs.
    """
    with TemporaryDirectory() as folder:
        config, bundle = Path(folder, "redocly.yaml"), Path(folder, "slice.yaml")
        # YAML takes JSON.
        config.write_text(
            json.dumps(
                {
                    "decorators": {
                        "filter-in": {"property": "operationId", "value": wanted},
                        "remove-unused-components": "on",
                    }
                }
            ),
            encoding="utf-8",
        )
        try:
            run_redocly("bundle", str(description), "--output", str(bundle), "--config", str(config))
        except StageError as error:
            if dangling := re.search(r" at (#/\S+) Can't resolve \$ref", str(error)):
                raise StageError(f"the description has a dangling $ref at {dangling[1]}") from error
            raise
        slice_ = documents.load(bundle)
    # The tags are still those of the whole description, and old ones repeat some.
    validate({**slice_, "tags": []})
    missing = set(wanted) - operation_ids(slice_)
    if missing:
        raise StageError(f"the description has no operation {', '.join(sorted(missing))}")
    slice_ = _pruned(slice_)
    unclear = ambiguous & {key for node in documents.objects(slice_) for key in node}
    if unclear:
        raise StageError(f"the description says two different things of {', '.join(sorted(unclear))}")
    return _HEADER + documents.dump(slice_)


def operation_ids(document: Document) -> set[str]:
    """GitHub's names of the operations that the document has."""
    return {operation["operationId"] for operation in operations(document) if "operationId" in operation}


def _pruned(slice_: Document) -> Document:
    """Drop what redocly leaves over: the tags no operation has, and webhooks."""
    used: set[Any] = {tag for operation in operations(slice_) for tag in operation.get("tags", [])}
    pruned = {key: value for key, value in slice_.items() if key not in {"webhooks", "x-webhooks"}}
    tags = cast("list[object]", slice_.get("tags") or [])
    pruned["tags"] = [tag for tag in tags if isinstance(tag, dict) and cast("Document", tag).get("name") in used]
    return pruned
