"""The lock files agree with pyproject.toml and with each other, and pin everything that CI and the hooks install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from pipeline.layout import HERE

PROJECT: dict[str, Any] = tomllib.loads((HERE.root / "pyproject.toml").read_text("utf-8"))
BOUNDED = [
    *PROJECT["project"]["dependencies"],
    *(requirement for extra in PROJECT["project"]["optional-dependencies"].values() for requirement in extra),
    *PROJECT["dependency-groups"]["lowest"],
]
LOCKS = sorted(HERE.requirements.glob("*.txt"))
SESSIONS = set(re.findall(r"@nox\.session.*\ndef (\w+)", (HERE.root / "noxfile.py").read_text("utf-8")))


def locked(lock: Path) -> set[tuple[str, str]]:
    return set(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("bounded", BOUNDED)
def test_the_lowest_session_tests_the_lower_bound(bounded: str) -> None:
    requirement = Requirement(bounded)
    (lowest,) = [one.version for one in requirement.specifier if one.operator == ">="]
    versions = {
        Version(version) for name, version in locked(HERE.requirements / "lowest.txt") if name == requirement.name
    }
    assert Version(lowest) in versions


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_no_index(lock: Path) -> None:
    text = lock.read_text("utf-8")
    *entries, end = re.split(r"(?<!\\)\n", text)
    assert entries
    assert end == ""
    for entry in entries:
        assert re.match(r"[\w.-]+==", entry)
        assert "--hash=sha256:" in entry
    assert "://" not in text


def test_no_version_differs_between_locks() -> None:
    development = locked(HERE.requirements / "development.txt")
    for lock in LOCKS:
        if lock.name != "lowest.txt":
            assert locked(lock) <= development, "run `nox -s lock`"


def test_every_locked_requirement_is_within_its_bounds() -> None:
    groups = PROJECT["dependency-groups"].values()
    requirements = [Requirement(entry) for group in groups for entry in group if isinstance(entry, str)]
    development = locked(HERE.requirements / "development.txt")
    for requirement in [*requirements, *map(Requirement, BOUNDED)]:
        versions = {version for name, version in development if name == requirement.name}
        assert any(requirement.specifier.contains(version) for version in versions), f"{requirement}: run `nox -s lock`"


def test_the_hooks_run_nox_sessions() -> None:
    (repository,) = yaml.safe_load((HERE.root / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        nox, session_option, session, *_ = hook["entry"].split()
        assert (nox, session_option) == (".venv/bin/nox", "--session")
        assert session in SESSIONS
        assert hook["language"] == "system"


def test_ci_installs_nox_from_its_lock() -> None:
    files = [*(HERE.root / ".github" / "workflows").glob("*.yml"), HERE.root / ".ci" / "run"]
    for file in files:
        for command in re.findall(r"pip install (.+?)(?: &&|$)", file.read_text("utf-8"), re.MULTILINE):
            assert "--require-hashes" in command.split(), f"{file.name}: {command}"
            assert "requirements/nox.txt" in command.split(), f"{file.name}: {command}"
