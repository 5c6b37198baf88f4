"""The page about tests in other languages: each example is run where its tool is, or its syntax is checked."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from runner_registration import testing
from runner_registration.testing import _mock
from runner_registration.testing._http import HOST
from runner_registration.testing._node import find_node

from .conftest import Workshop
from .pages import DOCS, ROOT, blocks, table, take

hcl2: Any = import_module("hcl2")  # it has no types

PAGE = "mock.md"
CURL = take(PAGE, "mock-with-curl")
GO = take(PAGE, "token_test.go")
NODE = take(PAGE, "token.test.mjs")
TERRAFORM = [take(PAGE, "main.tf"), take(PAGE, "registration.tftest.hcl")]


def test_curl(workshop: Workshop) -> None:
    done = workshop.script("mock-with-curl", CURL)
    assert done.stderr == ""
    assert re.search(r'"token": "A\w{28}"', done.stdout)
    assert re.search(r"404$", done.stdout, re.MULTILINE)
    assert done.stdout.count('"org": "octo-org"') == 1


def test_the_example_of_a_shell_script(workshop: Workshop) -> None:
    scripts = sorted(ROOT.glob("examples/mock-server/*.sh"))
    workshop.run("shellcheck", *scripts)
    done = workshop.run("sh", ROOT / "examples/mock-server/test.sh")
    assert done.stdout.splitlines()[-1:] == ["all passed"]


def test_go(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.write("token_test.go", GO)
    workshop.write("go.mod", "module example.com/token\n\ngo 1.19\n")
    monkeypatch.setenv("GOCACHE", str(Path(sys.prefix) / "go-build"))  # kept: it takes Go long to build its library
    monkeypatch.setenv("HOME", str(workshop.folder))
    not_optimized = "-gcflags=all=-N -l"  # which takes half as long
    assert "ok" in workshop.run("go", "test", not_optimized, "./...").stdout


def test_node(workshop: Workshop) -> None:
    done = workshop.run(find_node().executable, "--test", workshop.write("token.test.mjs", NODE))
    assert re.search(r"pass 2\b", done.stdout)


@pytest.mark.parametrize("text", TERRAFORM)
def test_the_syntax_of_terraform(text: str) -> None:
    assert hcl2.loads(text)


def test_the_table_has_every_endpoint_and_its_arguments() -> None:
    with testing.RegistrationServer() as server:
        known = {" ".join(endpoint) for endpoint in _mock.endpoints(server)}
    rows = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in table(PAGE, "request")}
    assert rows.keys() == known
    assert rows["POST /_mock/use"] == _mock.USE
    assert rows["POST /_mock/respond"] == _mock.RESPOND


def declared(text: str) -> dict[str, str]:
    """The functions and properties of a stub, by name with the class, and their signatures."""
    found: dict[str, str] = {}
    for item in ast.parse(text).body:
        prefix = f"{item.name}." if isinstance(item, ast.ClassDef) else ""
        for each in item.body if isinstance(item, ast.ClassDef) else [item]:
            if isinstance(each, ast.FunctionDef):
                signature = f"({ast.unparse(each.args)}) -> {each.returns and ast.unparse(each.returns)}"
                found.setdefault(prefix + each.name, signature)  # the setter of a property comes second
    return found


def actual() -> dict[str, str]:
    """The same of the public names, by their source."""
    source = "".join(inspect.getsource(getattr(testing, name)) for name in testing.__all__)
    source = source.replace("= HOST", f"= {HOST!r}")
    private = re.compile(r"\b_(?!_(?:init|enter)__)")
    return {name: signature for name, signature in declared(source).items() if not private.search(name)}


def test_the_reference_in_the_repository_has_every_public_name_and_its_signature() -> None:
    (reference,) = (block.text for block in blocks(DOCS / "testing.md") if block.language == "pyi")
    for name in testing.__all__:
        assert re.search(rf"^(class|def) {name}\b", reference, re.MULTILINE), name
    assert declared(reference) == actual()
