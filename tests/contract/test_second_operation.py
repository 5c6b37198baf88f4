"""A second operation requires one line in the list of operations, and nothing else."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline import documents
from pipeline.layout import HERE

INPUTS = ("openapi", "templates", "pipeline", "src", "tests", "generated")
FILES = ("generator-config.yaml", "package.json", "package-lock.json", "pyproject.toml")
TESTS = ("test_documented_responses.py", "test_clients.py", "test_dynamic_bodies.py")
"""Those of each operation. The others concern a GitHub App's sign-in, or start this test again."""

SECOND = "actions/create-second-token-for-org"


def described() -> str:
    """Return a description in GitHub's words that has another operation and announces no change."""
    description = documents.load(HERE.slice)
    for node in documents.objects(description):
        node.pop(documents.ANNOUNCED, None)
    path, item = next(iter(description["paths"].items()))
    item = copy.deepcopy(item)
    for operation in item.values():
        operation |= {"operationId": SECOND, "summary": "Create a second token for an organization"}
        operation["parameters"].append({"name": "page", "in": "query", "schema": {"type": "integer"}})
    description["paths"][f"{path}-second"] = item
    return json.dumps(description)


def run(project: Path, *arguments: str | Path) -> str:
    # The copy's source and the client generated from it come before the installed ones.
    paths = os.pathsep.join(str(project / name) for name in ("src", "generated"))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_a_second_operation_requires_one_line(tmp_path: Path, prism_mode: str) -> None:
    for name in INPUTS:
        shutil.copytree(HERE.root / name, tmp_path / name)
    for name in FILES:
        shutil.copyfile(HERE.root / name, tmp_path / name)
    description = tmp_path / "description.json"
    description.write_text(described(), encoding="utf-8")
    with (tmp_path / "openapi" / "operations.txt").open("a", encoding="utf-8") as operations:
        operations.write(f"{SECOND}\n")

    run(tmp_path, "-m", "pipeline", "sync", "--upstream", description)
    # Each optional field is in a quarter of the random bodies: of only 20, some field is often in none.
    options = ["-rA", "-p", "no:cacheprovider", f"--prism={prism_mode}", "--dynamic-bodies=60"]
    options += ["-k", "second or clients"]
    report = run(tmp_path, "-m", "pytest", *(f"tests/contract/{name}" for name in TESTS), *options)

    assert "create_registration_token_for_org-201-default-call]" in report
    for test in ("201-default-sync", "201-default-by_asyncio", "201-default-call", "201-default-call_by_asyncio"):
        assert f"create_second_token_for_org-{test}]" in report
    assert "test_reads_and_writes_any_body_that_the_contract_allows[create_second_token_for_org]" in report
