"""provenance.json: what the committed files were made from. It holds no time, so the same inputs give the same file."""

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
    """The text of provenance.json.

    Args:
        source: Where the description came from, as `upstream.describe` says.
        files: The slice, the overlay and the contract.
        package_lock: The lock file that says which redocly ran.

    Raises:
        StageError: The contract does not say of which API version it is.
    """
    api_version = documents.load(files.contract)["info"].get("x-github-api-version")
    if not api_version:
        raise StageError("the contract's info has no x-github-api-version, which overlay.yaml gives it")
    packages = json.loads(package_lock.read_text(encoding="utf-8"))["packages"]
    provenance = {
        "source": source,
        "slice": {"sha256": sha256(files.slice)},
        "overlay": {"sha256": sha256(files.overlay)},
        "contract": {"sha256": sha256(files.contract)},
        "api_version": api_version,
        "tools": {
            "openapi-python-client": version("openapi-python-client"),
            "ruff": version("ruff"),
            "@redocly/cli": packages["node_modules/@redocly/cli"]["version"],
        },
    }
    return json.dumps(provenance, indent=2) + "\n"


def source(path: Path) -> dict[str, str]:
    """Where the description of the committed slice came from; empty where nothing says.

    Raises:
        StageError: The file is broken.
    """
    if not path.exists():
        return {}
    try:
        provenance: Any = json.loads(path.read_text(encoding="utf-8"))
        return dict(provenance["source"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise StageError(f"{path.name} is broken: take it from version control again")


def pin(path: Path) -> Pin | None:
    """The pinned version of the package, if the description came from it."""
    found = source(path)
    return Pin(found["version"], found["integrity"]) if {"version", "integrity"} <= found.keys() else None
