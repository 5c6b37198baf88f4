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


@dataclass
class Advisories:
    """What an advisory source said, by package and version."""

    clear: set[str] = field(default_factory=set[str])
    found: set[str] = field(default_factory=set[str])
    unanswered: dict[str, str] = field(default_factory=dict[str, str])
    """Why nothing is known; by lock file where that holds for all of it."""


def ask(locks: Sequence[Path]) -> Advisories:
    """Ask about all that is locked.

    Raises:
        StageError: pip-audit can't be run.
    """
    advisories = Advisories()
    for lock in locks:  # one by one, for a package may be locked at two versions
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json"]
        command += ["--progress-spinner=off", "--requirement", str(lock)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StageError(f"pip-audit: {error}") from error
        read(advisories, lock.name, done.stdout, done.stderr)
    return advisories


def read(advisories: Advisories, lock: str, output: str, complaint: str) -> None:
    """Add what pip-audit printed. Its exit status does not tell a finding from a failure, nor silence from success."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except ValueError:
        advisories.unanswered[lock] = (complaint.strip() or "pip-audit said nothing").splitlines()[-1]
        return
    for dependency in dependencies:
        # An index without advisories answers as if it did not know the package, and pip-audit skips it.
        if reason := dependency.get("skip_reason"):
            advisories.unanswered[dependency["name"]] = reason
            continue
        package = f"{dependency['name']} {dependency['version']}"
        for vulnerability in dependency["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
            advisories.found.add(f"{package}: {vulnerability['id']}, fixed in {fixed}")
        if not dependency["vulns"]:
            advisories.clear.add(package)


def check(advisories: Advisories, *, required: bool) -> str:
    """Say what is known.

    Raises:
        StageError: There are advisories, or, where they are required, some could not be had.
    """
    if advisories.found:
        raise StageError("; ".join(sorted(advisories.found)))
    known = f"no advisories for {len(advisories.clear)} packages"
    if not advisories.unanswered:
        return known
    name, reason = next(iter(advisories.unanswered.items()))
    others = f" and {len(advisories.unanswered) - 1} others" if len(advisories.unanswered) > 1 else ""
    missing = f"NOT KNOWN, as advisories could not be fetched here: {name}{others} ({reason})"
    if required:
        raise StageError(missing)
    return f"{missing}; {known}" if advisories.clear else missing
