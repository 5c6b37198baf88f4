"""Which licences come along, held to a list: `licences.toml`."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.stages import StageError

UNKNOWN = "unknown"
Packages = dict[str, set[str]]
"""SPDX expressions by package, as ``pypi:attrs``."""


@dataclass(frozen=True)
class Rules:
    """What may be shipped: under any of the licences, and each exception under its own."""

    allowed: frozenset[str]
    exceptions: dict[str, str]

    @classmethod
    def read(cls) -> Rules:
        """Read the list that is kept beside this module."""
        data = tomllib.loads(Path(__file__).with_name("licences.toml").read_text("utf-8"))
        return cls(frozenset(data["allowed"]), {entry["package"]: entry["licence"] for entry in data["exception"]})


def of_python(components: list[dict[str, Any]]) -> Packages:
    """The licences of CycloneDX components of PyPI."""
    return {f"pypi:{component['name']}": _declared(component.get("licenses", [])) for component in components}


def _declared(entries: list[dict[str, Any]]) -> set[str]:
    # Beside an identifier or an expression a classifier says the same less exactly.
    exact = {entry.get("expression") or entry["license"].get("id") for entry in entries} - {None}
    return exact or {entry["license"]["name"] for entry in entries} or {UNKNOWN}


def of_npm(lock: Path) -> Packages:
    """The licences of what a package-lock.json installs without development tools."""
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_bytes())["packages"]
    found: Packages = {}
    for path, package in packages.items():
        if path and not package.get("dev"):
            found.setdefault(f"npm:{path.rpartition('node_modules/')[2]}", set()).add(package.get("license", UNKNOWN))
    return found


def check(packages: Packages, rules: Rules) -> str:
    """Hold the packages to the rules, and say how many there are.

    Raises:
        StageError: A licence is not on the list, or an exception is not needed any more.
    """
    bad = sorted(
        f"{package} ({licence})"
        for package, licences in packages.items()
        for licence in licences - rules.allowed
        if licence != rules.exceptions.get(package)
    )
    if bad:
        raise StageError(f"judge these licences, and list them in licences.toml: {', '.join(bad)}")
    if idle := sorted(package for package in rules.exceptions if packages.get(package, set()) <= rules.allowed):
        raise StageError(f"licences.toml makes exceptions that are not needed: {', '.join(idle)}")
    return f"{len(packages)} packages, {len(rules.exceptions)} exceptions"
