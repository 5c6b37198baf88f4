"""What is stated in two places is the same in both."""

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
SESSIONS = set(re.findall(r"@nox\.session.*\ndef (\w+)", (HERE.root / "noxfile.py").read_text("utf-8")))


@pytest.mark.parametrize("bounded", BOUNDED)
def test_the_lowest_session_has_the_lowest_that_is_allowed(bounded: str) -> None:
    requirement = Requirement(bounded)
    (lowest,) = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
    (locked,) = re.findall(rf"^{requirement.name}==(\S+)", (HERE.requirements / "lowest.txt").read_text(), re.MULTILINE)
    assert Version(locked) == lowest


@pytest.mark.parametrize("lock", sorted(HERE.requirements.glob("*.txt")), ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_no_index(lock: Path) -> None:
    text = lock.read_text("utf-8")
    *entries, end = re.split(r"(?<!\\)\n", text)
    assert entries
    assert end == ""
    for entry in entries:
        assert re.match(r"[\w.-]+==", entry)
        assert "--hash=sha256:" in entry
    assert "://" not in text


def test_pre_commit_runs_nox_sessions_and_so_their_versions() -> None:
    (repository,) = yaml.safe_load((HERE.root / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        nox, session_option, session, *_ = hook["entry"].split()
        assert (nox, session_option) == ("nox", "--session")
        assert session in SESSIONS
        assert hook["additional_dependencies"] == ["nox"]
