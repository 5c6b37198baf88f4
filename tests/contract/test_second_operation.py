"""A second operation requires one line in the list of operations, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INPUTS = (
    *("openapi", "templates", "pipeline", "src", "tests", "generated"),
    *("generator-config.yaml", "package.json", "package-lock.json", "pyproject.toml"),
)
CANDIDATES = ("actions/create-remove-token-for-org", "actions/list-self-hosted-runners-for-org", "orgs/get")
"""One that is not in the list yet is added: adding one of these to the list does not break this test."""


def run(project: Path, *arguments: str) -> str:
    # The copy's source and the client generated from it come before the installed ones.
    paths = os.pathsep.join(str(project / name) for name in ("src", "generated"))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_a_second_operation_requires_one_line(tmp_path: Path, prism_mode: str) -> None:
    for name in INPUTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tmp_path / name)
    operations = tmp_path / "openapi" / "operations.txt"
    listed = operations.read_text("utf-8")
    second = next(name for name in CANDIDATES if name not in listed.split())
    operations.write_text(f"{listed}{second}\n", encoding="utf-8")

    run(tmp_path, "-m", "pipeline", "sync")
    # Each optional field is in a quarter of the random bodies: of only 20, some field is often in none.
    options = ["-rA", "-p", "no:cacheprovider", f"--prism={prism_mode}", "--dynamic-bodies=60"]
    this_test = f"tests/contract/{Path(__file__).name}"
    report = run(tmp_path, "-m", "pytest", "tests/contract", *options, f"--ignore={this_test}")

    method = second.partition("/")[2].replace("-", "_")
    assert re.search(rf"\b{method}-20[01]-default", report)
    assert "create_registration_token_for_org-201-default" in report
