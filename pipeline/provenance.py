"""provenance.json: what the committed files were made from. It contains no time, so equal inputs give equal files."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import documents
from .layout import Layout
from .stages import StageError
from .upstream import Pin, sha256


def make(source: dict[str, str], files: Layout, package_lock: Path) -> str:
    """Return the text of provenance.json.

    Args:
        source: Where the description came from: `Description.source` of `upstream.describe`.
        files: The slices, the overlay and the contracts.
        package_lock: The lock file with redocly's version.

    Raises:
        StageError: The contract does not contain the API version.
    """
    api_version = documents.load(files.contract)["info"].get("x-github-api-version")
    if not api_version:
        raise StageError("the contract's info has no x-github-api-version: add it in overlay.yaml")
    packages = json.loads(package_lock.read_text(encoding="utf-8"))["packages"]
    provenance = {
        "source": source,
        "slice": {"sha256": sha256(files.slice)},
        "overlay": {"sha256": sha256(files.overlay)},
        "contract": {"sha256": sha256(files.contract)},
        "app": {"slice": {"sha256": sha256(files.app.slice)}, "contract": {"sha256": sha256(files.app.contract)}},
        "api_version": api_version,
        "tools": {
            "openapi-python-client": version("openapi-python-client"),
            "ruff": version("ruff"),
            "@redocly/cli": packages["node_modules/@redocly/cli"]["version"],
        },
    }
    return json.dumps(provenance, indent=2) + "\n"


def source(path: Path) -> dict[str, str]:
    """Return where the description of the committed slice came from, or nothing if there is no file.

    Raises:
        StageError: The file is invalid.
    """
    if not path.exists():
        return {}
    try:
        provenance: Any = json.loads(path.read_text(encoding="utf-8"))
        return dict(provenance["source"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise StageError(f"{path.name} is invalid: restore it from version control")


def pin(path: Path) -> Pin | None:
    """Return the pinned version of the package, or None if the description came from elsewhere."""
    found = source(path)
    return Pin(found["version"], found["integrity"]) if {"version", "integrity"} <= found.keys() else None
