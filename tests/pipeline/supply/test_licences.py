"""A licence that nobody judged stops the audit, and so does a judgement that nothing needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.layout import HERE
from pipeline.stages import StageError
from pipeline.supply import licences
from pipeline.supply.licences import Rules

RULES = Rules(frozenset({"MIT", "0BSD"}), {"pypi:certifi": "MPL-2.0", "npm:old": "unknown"})
EXCEPTED = {"pypi:certifi": {"MPL-2.0"}, "npm:old": {"unknown"}}


def test_what_is_on_the_list_passes() -> None:
    said = licences.check(EXCEPTED | {"pypi:attrs": {"MIT"}, "npm:tslib": {"0BSD", "MIT"}}, RULES)
    assert said == "4 packages, 2 exceptions"


@pytest.mark.parametrize(
    ("package", "declared"),
    [
        pytest.param("npm:new", "unknown", id="none"),
        pytest.param("pypi:new", "GPL-3.0-only", id="not on the list"),
        pytest.param("pypi:new", "MIT AND GPL-3.0-only", id="an expression not on the list"),
        pytest.param("pypi:certifi", "GPL-3.0-only", id="not the one excepted"),
        pytest.param("npm:old", "SSPL-1.0", id="one where there was none"),
    ],
)
def test_any_other_is_named_with_its_package(package: str, declared: str) -> None:
    with pytest.raises(StageError) as failure:
        licences.check(EXCEPTED | {package: {"MIT", declared}}, RULES)
    assert f"{package} ({declared})" in str(failure.value)


@pytest.mark.parametrize(
    "packages",
    [
        pytest.param({"npm:old": {"unknown"}}, id="gone"),
        pytest.param({"npm:old": {"unknown"}, "pypi:certifi": {"MIT"}}, id="relicensed"),
    ],
)
def test_an_exception_that_is_not_needed_is_named(packages: dict[str, set[str]]) -> None:
    with pytest.raises(StageError, match=r"not needed: pypi:certifi$"):
        licences.check(packages, RULES)


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        ([], {"unknown"}),
        ([{"license": {"id": "MIT"}}], {"MIT"}),
        ([{"expression": "MIT OR Apache-2.0"}], {"MIT OR Apache-2.0"}),
        ([{"license": {"id": "MPL-2.0"}}, {"license": {"name": "License :: OSI Approved :: MPL"}}], {"MPL-2.0"}),
        ([{"license": {"name": "as is"}}], {"as is"}),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "GPL-3.0-only"}}], {"MIT", "GPL-3.0-only"}),
    ],
)
def test_a_python_packages_licence_is_what_it_declares(declared: list[dict[str, Any]], read: set[str]) -> None:
    assert licences.of_python([{"name": "one", "licenses": declared}]) == {"pypi:one": read}


def test_npm_packages_are_read_without_development_tools(tmp_path: Path) -> None:
    packages = {
        "": {"license": "MIT"},
        "node_modules/@scope/one": {"license": "MIT"},
        "node_modules/two/node_modules/@scope/one": {"license": "ISC"},
        "node_modules/two": {},
        "node_modules/tool": {"license": "GPL-3.0-only", "dev": True},
    }
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": packages}))
    assert licences.of_npm(lock) == {"npm:@scope/one": {"MIT", "ISC"}, "npm:two": {"unknown"}}


def test_prisms_own_tree_keeps_to_the_list() -> None:
    rules = Rules.read()
    ours = {package: licence for package, licence in rules.exceptions.items() if package.startswith("npm:")}
    licences.check(licences.of_npm(HERE.package_lock), Rules(rules.allowed, ours))
