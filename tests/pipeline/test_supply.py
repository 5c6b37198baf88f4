"""A licence that was not reviewed, and a file that does not belong in a distribution, stop `nox -s package`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline import supply
from pipeline.layout import HERE
from pipeline.stages import StageError

RULES = {
    "allowed": ["MIT", "0BSD"],
    "exception": [{"package": "pypi:certifi", "licence": "MPL-2.0"}, {"package": "npm:old", "licence": "unknown"}],
}
EXCEPTED = {"pypi:certifi": {"MPL-2.0"}, "npm:old": {"unknown"}}


def test_accepts_allowed_licences_and_exceptions() -> None:
    supply.check_licences(EXCEPTED | {"pypi:attrs": {"MIT"}, "npm:tslib": {"0BSD", "MIT"}}, RULES)


@pytest.mark.parametrize(
    ("package", "declared"),
    [
        pytest.param("npm:new", "unknown", id="none"),
        pytest.param("pypi:new", "GPL-3.0-only", id="not allowed"),
        pytest.param("pypi:new", "MIT AND GPL-3.0-only", id="an expression that is not allowed"),
        pytest.param("pypi:certifi", "GPL-3.0-only", id="not the one of the exception"),
        pytest.param("npm:old", "SSPL-1.0", id="one where there was none"),
    ],
)
def test_names_a_package_with_any_other_licence(package: str, declared: str) -> None:
    with pytest.raises(StageError) as failure:
        supply.check_licences(EXCEPTED | {package: {"MIT", declared}}, RULES)
    assert f"{package} ({declared})" in str(failure.value)


@pytest.mark.parametrize(
    "packages",
    [
        pytest.param({"npm:old": {"unknown"}}, id="removed"),
        pytest.param({"npm:old": {"unknown"}, "pypi:certifi": {"MIT"}}, id="relicensed"),
    ],
)
def test_names_an_exception_that_is_not_needed(packages: dict[str, set[str]]) -> None:
    with pytest.raises(StageError, match=r"nothing needs them: pypi:certifi$"):
        supply.check_licences(packages, RULES)


@pytest.mark.parametrize(
    ("declared", "licences"),
    [
        ([], {"unknown"}),
        ([{"license": {"id": "MIT"}}], {"MIT"}),
        ([{"expression": "MIT OR Apache-2.0"}], {"MIT OR Apache-2.0"}),
        ([{"license": {"id": "MPL-2.0"}}, {"license": {"name": "License :: OSI Approved :: MPL"}}], {"MPL-2.0"}),
        ([{"license": {"name": "as is"}}], {"as is"}),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "GPL-3.0-only"}}], {"MIT", "GPL-3.0-only"}),
    ],
)
def test_reads_the_licence_that_a_python_package_declares(declared: list[dict[str, Any]], licences: set[str]) -> None:
    assert supply.python_licences([{"name": "one", "licenses": declared}]) == {"pypi:one": licences}


def test_reads_npm_packages_without_development_tools(tmp_path: Path) -> None:
    packages = {
        "": {"license": "MIT"},
        "node_modules/@scope/one": {"license": "MIT"},
        "node_modules/two/node_modules/@scope/one": {"license": "ISC"},
        "node_modules/two": {},
        "node_modules/tool": {"license": "GPL-3.0-only", "dev": True},
    }
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": packages}))
    assert supply.npm_licences(lock) == {"npm:@scope/one": {"MIT", "ISC"}, "npm:two": {"unknown"}}


def test_the_licences_of_prism_are_accepted() -> None:
    rules = tomllib.loads((HERE.root / "pipeline" / "licences.toml").read_text("utf-8"))
    rules["exception"] = [entry for entry in rules["exception"] if entry["package"].startswith("npm:")]
    supply.check_licences(supply.npm_licences(HERE.package_lock), rules)


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("runner_registration/_cli.py", True),
        ("runner_registration/py.typed", True),
        ("runner_registration/testing/_data/openapi/openapi.yaml", True),
        ("runner_registration_api/api/actions/one.py", True),
        ("runner_registration-1.0.dist-info/licenses/LICENSE", True),
        ("tests/test_cli.py", False),
        ("noxfile.py", False),
        ("runner_registration/_notes.txt", False),
        ("runner_registration/__pycache__/_cli.cpython-311.pyc", False),
        ("runner_registration/testing/_data/.npmrc", False),
        ("src/runner_registration/secrets/token.py", False),
        ("runner_registration_api/.ruff_cache/CACHEDIR.TAG", False),
        (".env", False),
    ],
)
def test_only_modules_and_their_data_belong_in_the_wheel(name: str, belongs: bool) -> None:  # noqa: FBT001 - a column of the table
    assert supply.belongs_in_wheel(name) is belongs


def test_names_files_that_do_not_belong() -> None:
    supply.check_contents("a.whl", [])
    with pytest.raises(StageError, match=r"^a\.whl contains files that do not belong in it: \.env, b$"):
        supply.check_contents("a.whl", {"b", ".env"})
