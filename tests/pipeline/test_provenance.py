"""provenance.json: what the committed files were made from."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pipeline import provenance
from pipeline.layout import Layout
from pipeline.stages import StageError
from pipeline.upstream import Pin

PACKAGE = {"package": "@octokit/openapi", "version": "1.2.3", "integrity": "sha512-x", "sha256": "y"}
CONTRACT = {"info": {"title": "API", "version": "1", "x-github-api-version": "2022-11-28"}}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.app.slice.parent.mkdir(parents=True)
    layout.slice.write_text("slice")
    layout.app.slice.write_text("app slice")
    layout.app.contract.write_text("app contract")
    layout.overlay.write_text("overlay")
    layout.contract.write_text(json.dumps(CONTRACT))
    lock = {"packages": {"node_modules/@redocly/cli": {"version": "2.77.0"}}}
    layout.package_lock.write_text(json.dumps(lock))
    return layout


def test_contains_the_sources_and_nothing_else(layout: Layout) -> None:
    def sha256(path: Path) -> dict[str, str]:
        return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

    # In particular no time, so that equal inputs give equal files.
    assert json.loads(provenance.make(PACKAGE, layout, layout.package_lock)) == {
        "source": PACKAGE,
        "slice": sha256(layout.slice),
        "overlay": sha256(layout.overlay),
        "contract": sha256(layout.contract),
        "app": {"slice": sha256(layout.app.slice), "contract": sha256(layout.app.contract)},
        "api_version": "2022-11-28",
        "tools": {
            "openapi-python-client": version("openapi-python-client"),
            "ruff": version("ruff"),
            "@redocly/cli": "2.77.0",
        },
    }


def test_rejects_a_contract_without_an_api_version(layout: Layout) -> None:
    layout.contract.write_text(json.dumps({"info": {}}))
    with pytest.raises(StageError, match="x-github-api-version"):
        provenance.make(PACKAGE, layout, layout.package_lock)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(PACKAGE, Pin("1.2.3", "sha512-x"), id="package"),
        pytest.param({"file": "ghes.json", "sha256": "y"}, None, id="file"),
        pytest.param({"url": "https://host/ghes.json", "sha256": "y"}, None, id="address"),
        pytest.param({"integrity": "sha512-x"}, None, id="no version"),
    ],
)
def test_only_a_version_of_the_package_is_a_pin(source: dict[str, Any], expected: Pin | None, tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    path.write_text(json.dumps({"source": source}))
    assert provenance.source(path) == source
    assert provenance.pin(path) == expected


def test_pins_nothing_without_the_file(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    assert provenance.source(path) == {}
    assert provenance.pin(path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"source": 1}', b"\xff"])
def test_rejects_an_invalid_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    path.write_bytes(content)
    with pytest.raises(StageError, match=r"provenance\.json is invalid"):
        provenance.pin(path)
