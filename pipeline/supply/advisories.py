"""What is known to be wrong with the locked packages, by pip-audit: known, or not to be known here, never assumed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.stages import StageError

_TIMEOUT = 600.0  # seconds


@dataclass(frozen=True)
class Advisories:
    """What an advisory source said."""

    checked: int = 0
    found: list[str] = field(default_factory=list[str])
    unanswered: list[str] = field(default_factory=list[str])
    """Why it said nothing, for each package or for all of them."""


def ask(locks: Sequence[Path]) -> Advisories:
    """Ask about all that is locked.

    Raises:
        StageError: pip-audit can't be run.
    """
    asked = [argument for lock in locks for argument in ("--requirement", str(lock))]
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
    try:
        done = subprocess.run(
            [*command, "--progress-spinner=off", *asked],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StageError(f"pip-audit: {error}") from error
    return read(done.stdout, done.stderr)


def read(output: str, complaint: str) -> Advisories:
    """Read what pip-audit printed. Its exit status does not tell a finding from a failure, nor either from silence."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except ValueError:
        last = (complaint.strip() or "pip-audit said nothing").splitlines()[-1]
        return Advisories(unanswered=[last])
    return Advisories(
        checked=sum("vulns" in dependency for dependency in dependencies),
        found=[
            f"{dependency['name']} {dependency['version']}: {vulnerability['id']}"
            + (f" (fixed in {', '.join(versions)})" if (versions := vulnerability["fix_versions"]) else "")
            for dependency in dependencies
            for vulnerability in dependency.get("vulns", [])
        ],
        # An index without advisories answers as if it did not know the package, and pip-audit then goes on.
        unanswered=[dependency["skip_reason"] for dependency in dependencies if "skip_reason" in dependency],
    )


def check(advisories: Advisories, *, required: bool) -> str:
    """Say what is known.

    Raises:
        StageError: There are advisories, or, where they are required, some could not be had.
    """
    if advisories.found:
        raise StageError("; ".join(advisories.found))
    if not advisories.unanswered:
        return f"no advisory for any of {advisories.checked} packages"
    missing = (
        f"NOT KNOWN: advisories could not be fetched here for {len(advisories.unanswered)} packages"
        if advisories.checked
        else "NOT KNOWN: advisories could not be fetched here"
    )
    said = f"{missing} ({advisories.unanswered[0]}); {advisories.checked} packages have none"
    if required:
        raise StageError(said)
    return said
