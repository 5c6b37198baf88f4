"""Every block of code in README and documentation is run as written, or has a test of its own."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points, metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from . import standins, test_many_machines, test_mock_page, test_recipes
from .conftest import Workshop
from .pages import PAGES, ROOT, Block, blocks, claimed, links, nox_sessions, take

PRISM = take("testing.md", "prism.py")

BLOCKS = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python" and not block.title]
SHELL = [block for block in BLOCKS if block.language == "sh" and not block.title]

NOT_RUN = {"text", "pyi", "mermaid", ""}
"""Output, diagrams and signatures. `nox_sessions` checks the commands in indented blocks."""

SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q nox && .venv/bin/nox"
"""README's two commands, which create the environment of this test. CI runs them."""


@pytest.fixture
def github(workshop: Workshop, app_key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """Let the harness be api.github.com for programs that respect HTTPS_PROXY and SSL_CERT_FILE."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(workshop.folder / "cache"))  # of `--store user`
    ca_file = workshop.folder / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    with standins.host("api.github.com", workshop.server, ca_file, monkeypatch):
        yield workshop


def test_each_titled_block_has_a_test() -> None:
    assert test_recipes.GITHUB_APP
    assert test_mock_page.CURL
    assert test_many_machines.REDIS_STORE
    assert [str(block) for block in BLOCKS if block.title and block not in claimed] == []


def test_each_other_block_is_of_a_kind_that_is_run() -> None:
    known = NOT_RUN | {"python", "sh"}
    assert [str(block) for block in BLOCKS if not block.title and block.language not in known] == []


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_runs(block: Block, github: Workshop) -> None:
    if is_test(block):
        run_tests_of(github, block.page)
    else:
        github.run(sys.executable, github.write("block.py", block.text))


def is_test(block: Block) -> bool:
    return "def test_" in block.text


def run_tests_of(workshop: Workshop, page: str, *options: str) -> None:
    """Run the tests that a page shows. They have a server of their own, and Prism is in the usual cache folder."""
    for block in PYTHON:
        if block.page == page and is_test(block):
            workshop.write(f"test_line_{block.line}.py", block.text)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "XDG_CACHE_HOME"):
            patch.delenv(name)
        workshop.run(sys.executable, "-m", "pytest", "--rootdir", workshop.folder, *options, workshop.folder)


def commands(block: Block) -> Iterator[str]:
    """The commands of a block, each with its continuation lines."""
    text = re.sub(r"(\\|&&)\n\s*", lambda match: "&& " if match[1] == "&&" else "", block.text)
    yield from (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


SHELL_COMMANDS = {
    (command, block.page if command.startswith("pytest") else ""): block
    for block in SHELL
    for command in commands(block)
}
"""Each command once: several pages show the same."""


@pytest.mark.parametrize(
    ("block", "command"),
    [pytest.param(block, command, id=f"{block} {command}") for (command, _), block in SHELL_COMMANDS.items()],
)
def test_a_command_runs(block: Block, command: str, github: Workshop) -> None:
    words = shlex.split(command, comments=True)
    if command.startswith(SET_UP):
        return
    if words[:2] == ["pip", "install"]:
        installs(words[-1])
    elif words[:3] == ["python3", "-m", "venv"]:
        github.run("bash", "-euc", command)
    elif words[0] in {"nox", ".venv/bin/nox"}:
        assert words[1] == "-s"
        assert words[2] in sessions()
    elif words[0] == "pytest":
        run_tests_of(github, block.page, *words[1:])
    else:
        assert "runner-registration " in command, "no test knows how to run this"
        if words[0] == "uvx":  # it would install the package from PyPI
            assert words[1] in entry_points(group="console_scripts", module="runner_registration._cli").names
            command = shlex.join(words[1:])
        before = len(github.server.requests)
        assert github.run("bash", "-euc", command).stderr == ""
        assert len(github.server.requests) > before or "--help" in words
        if "./config.sh" in words:
            config = github.folder / "config.sh"
            assert "https://github.com/octo-org" in standins.arguments(config)


def installs(requirement: str) -> None:
    name, _, extras = requirement.rstrip("]").partition("[")
    project = metadata("runner-registration")
    assert name in {project["Name"], "."}
    assert set(filter(None, extras.split(","))) <= set(project.get_all("Provides-Extra", []))


def sessions() -> set[str]:
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    return set(re.findall(r"^@nox\.session(?:\(.*\))?\ndef (\w+)\(", noxfile, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_all_named_sessions_exist(page: Path) -> None:
    assert set(nox_sessions(page)) <= sessions()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_other_sites_are_valid_urls(page: Path) -> None:
    """They are not followed. `nox -s docs` follows links within the repository."""
    for link in links(page):
        if ":" in link:
            parts = urlsplit(link)
            assert parts.scheme == "https", link
            assert "." in str(parts.hostname), link


def test_prism_starts(workshop: Workshop) -> None:
    done = workshop.run(sys.executable, workshop.write("prism.py", PRISM))
    assert re.match(r"http://\S+ Prism ", done.stdout)
