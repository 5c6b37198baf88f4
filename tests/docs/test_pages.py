"""The pages match the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import runner_registration_api.models
from runner_registration_api.api import OPERATIONS

import runner_registration
import runner_registration.testing
from runner_registration import _cli

from .pages import DOCS, ROOT, table


def test_the_page_has_every_scenario() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("testing.md", "name")}
    assert {name: said.replace("`", "") for name, said in rows.items()} == {
        name: said.replace("`", "") for name, said in runner_registration.testing.scenarios().items()
    }


def test_readme_counts_the_scenarios() -> None:
    count = re.search(r"\[(\d+) scenarios\]", (ROOT / "README.md").read_text("utf-8"))
    assert count is not None
    assert int(count[1]) == len(runner_registration.testing.scenarios())


def documented(page: str) -> list[str]:
    return re.findall(r"^::: (\S+)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "package", "names"),
    [
        ("reference/index.md", "runner_registration", runner_registration.__all__),
        ("reference/testing.md", "runner_registration.testing", runner_registration.testing.__all__),
    ],
)
def test_the_reference_has_every_public_name(page: str, package: str, names: list[str]) -> None:
    assert sorted(documented(page)) == sorted(f"{package}.{name}" for name in names)


def test_the_reference_has_the_generated_packages_parts() -> None:
    tags = {f"runner_registration_api.api{operation.module.rpartition('.')[0]}" for operation in OPERATIONS}
    assert tags | {runner_registration_api.models.__name__} <= set(documented("reference/generated.md"))


def test_the_command_line_page_has_every_option_and_variable(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["token", "--help"]) == 0
    usage, _, rest = capsys.readouterr().out.partition("positional arguments:")
    page = (DOCS / "command-line.md").read_text("utf-8")
    options = set(re.findall(r"--[a-z-]+", usage))
    variables = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", rest)) - {"URL_OR_HOST"}
    assert len(options) > 5
    assert len(variables) > 5
    assert [name for name in sorted(options | variables) if f"`{name}" not in page] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    pages = sorted(path.relative_to(DOCS).as_posix() for path in Path(DOCS).rglob("*.md"))
    assert sorted(re.findall(r"[\w/-]+\.md", str(navigation))) == pages
