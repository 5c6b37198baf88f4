"""What is on no list is not shipped, and what is on one is."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.stages import StageError
from pipeline.supply import contents

DATA = "runner_registration/testing/_data"
INFO = "runner_registration-1.0.dist-info"
WHEEL = [
    "runner_registration/__init__.py",
    "runner_registration/py.typed",
    "runner_registration/testing/_scenarios.py",
    f"{DATA}/openapi/openapi.yaml",
    f"{DATA}/package.json",
    f"{DATA}/package-lock.json",
    "runner_registration_api/__init__.py",
    "runner_registration_api/api/actions/one.py",
    "runner_registration_api/py.typed",
    *(f"{INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")),
]
SDIST = [
    *(f"src/{name}" for name in WHEEL if name.startswith("runner_registration/") and DATA not in name),
    *(f"generated/{name}" for name in WHEEL if name.startswith("runner_registration_api/")),
    *(
        f"openapi/{name}"
        for name in ("openapi.yaml", "slice.yaml", "overlay.yaml", "operations.txt", "provenance.json")
    ),
    *("package.json", "package-lock.json", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"),
    ".gitignore",
]


def wheel(folder: Path, names: list[str]) -> Path:
    path = folder / "runner_registration-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


def sdist(folder: Path, names: list[str]) -> Path:
    path = folder / "runner_registration-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"runner_registration-1.0/{name}"), io.BytesIO())
    return path


Make = Callable[[Path, list[str]], Path]
BOTH = [pytest.param(wheel, WHEEL, id="wheel"), pytest.param(sdist, SDIST, id="sdist")]


@pytest.mark.parametrize(("make", "names"), BOTH)
def test_what_is_on_the_list_passes(make: Make, names: list[str], tmp_path: Path) -> None:
    assert contents.check(make(tmp_path, names)) == len(names)


@pytest.mark.parametrize(("make", "names"), BOTH)
@pytest.mark.parametrize(
    "extra",
    [
        "tests/test_cli.py",
        "pipeline/layout.py",
        "noxfile.py",
        "runner_registration/_notes.txt",
        "runner_registration/__pycache__/_cli.cpython-311.pyc",
        "runner_registration/testing/_data/.npmrc",
        "src/runner_registration/secrets/token.py",
        "runner_registration_api/.ruff_cache/CACHEDIR.TAG",
        "openapi/github.json",
        ".env",
    ],
)
def test_anything_else_is_named(make: Make, names: list[str], extra: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=rf"^runner_registration-1\.0\S* holds what it should not: {extra}$"):
        contents.check(make(tmp_path, [*names, extra]))


@pytest.mark.parametrize(
    ("make", "names", "missing"),
    [
        *((wheel, WHEEL, name) for name in WHEEL if not name.endswith(("__init__.py", "one.py"))),
        *((sdist, SDIST, name) for name in SDIST if not name.endswith(("__init__.py", "one.py"))),
    ],
)
def test_what_is_missing_is_named(make: Make, names: list[str], missing: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="lacks"):
        contents.check(make(tmp_path, [name for name in names if name != missing]))
