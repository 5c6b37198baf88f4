"""The example of a downstream project uses only public names. `nox -s recipes` runs its own tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import runner_registration
from runner_registration import testing

ROOT = Path(__file__).parents[2]
PUBLIC = {"runner_registration": set(runner_registration.__all__), "runner_registration.testing": set(testing.__all__)}


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/**/*.py")), ids=lambda path: path.name)
def test_it_uses_public_names_only(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("runner_registration"):
            assert {alias.name for alias in node.names} <= PUBLIC[str(node.module)]
        elif isinstance(node, ast.Import):
            ours = {alias.name for alias in node.names if alias.name.startswith("runner_registration")}
            assert ours <= PUBLIC.keys()
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rr":
            assert node.attr in PUBLIC["runner_registration"]
