"""Prism, the mock server that is made from an OpenAPI file, started in whichever way this machine allows."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import quote, urlsplit

from runner_registration.testing._node import NodeError, entry_point, find_node
from runner_registration.testing._resources import contract_path, node_package

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

Backend = Literal["docker", "node", "url"]

_PACKAGE = "@stoplight/prism-cli"
_PORT_IN_CONTAINER = "4010/tcp"

_POLL_INTERVAL = 0.05
_PROBE_TIMEOUT = 5.0
_STOP_TIMEOUT = 10.0
_DOCKER_TIMEOUT = 10.0
_PULL_TIMEOUT = 120.0

# Loaded into Prism's Node before Prism. Its standard input is a pipe that nobody but this process holds, so that Prism,
# in a container too, ends whichever way this process ends, SIGKILL included.
_END_WITH_US = "data:text/javascript," + quote("process.stdin.resume().on('close', () => process.exit())", safe="")


class PrismError(RuntimeError):
    """Prism cannot be started or reached. The message is one line that says why, and what to install."""


class PrismServer:
    """Prism serving a contract on a free port of this machine, for as long as the ``with`` block lasts.

    It starts in one of three ways: Docker, Node (the machine's, or PyPI's from the extra ``[prism]``; Prism itself is
    then installed into the user's cache folder), or not at all, where an address is given. It is stopped with the block
    and with the process, whatever ends either.

    How to choose among the documented answers: https://docs.stoplight.io/docs/prism/beeaea9ae1a2d-mock-server

    Args:
        contract: An OpenAPI file that refers to no other file. None for this package's own, `contract_path`.
        mode: ``"docker"``, ``"node"``, the URL of a Prism that is running already, or ``"auto"``: the URL in
            ``PRISM_URL`` if that is set, else Docker where a daemon answers and has the image or can pull it, else
            Node. ``PRISM_IMAGE`` names another image.
        options: Further options of ``prism mock``, such as ``["--errors"]``; not for a Prism that is running already.
        timeout: Seconds that Prism may take to answer once it is installed.

    Raises:
        PrismError: No mode of that name; on entering, Prism cannot be started.
    """

    def __init__(
        self,
        contract: Path | str | None = None,
        *,
        mode: str = "auto",
        options: Sequence[str] = (),
        timeout: float = 30.0,
    ) -> None:
        self._contract = contract_path() if contract is None else Path(contract)
        self._modes = modes_to_try(mode, os.environ.get("PRISM_URL", ""))
        self._options = options
        self._timeout = timeout
        self._server: _Server | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._log = ""
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="prism-")
        atexit.register(self._stop)
        try:
            # A copy, because Prism starts anew on another port when its file changes, and because the user that it
            # runs as in a container may not be allowed to read the original.
            copy = Path(self._folder.name, "openapi.yaml")
            shutil.copyfile(self._contract, copy)
            copy.chmod(0o644)
            self._server = self._start(Path(self._folder.name))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def url(self) -> str:
        """Where Prism answers, without a closing slash.

        Asking for it restarts a Prism that has died, as a raw ``%`` in a path makes it; a restarted one may have
        another port. So ask anew for each use.

        Raises:
            PrismError: It cannot be restarted.
        """
        self.ensure_running()
        return self._running.url

    @property
    def backend(self) -> Backend:
        """Which way it was started: ``"docker"``, ``"node"``, or ``"url"`` if it was running already."""
        return self._running.backend

    @property
    def description(self) -> str:
        """What is being used, for a person: ``Prism 5.15.10 under Node 24.19.0``."""
        return self._running.description

    @property
    def log(self) -> str:
        """All that Prism has printed so far, restarts included, also after the block; empty for a given address."""
        with contextlib.suppress(FileNotFoundError):
            if self._folder is not None:
                return _read_log(Path(self._folder.name))
        return self._log

    def ensure_running(self) -> None:
        """Restart Prism if it no longer answers.

        Raises:
            PrismError: It cannot be restarted, or it is not ours and so cannot be.
        """
        with self._lock:
            server = self._running
            if not server.answers():
                server.stop()
                server.start()

    @property
    def _running(self) -> _Server:
        if self._server is None:
            raise PrismError("Prism is not running: use it as `with PrismServer() as prism:`")
        return self._server

    def _start(self, folder: Path) -> _Server:
        reasons: list[str] = []
        for mode in self._modes:
            try:
                server = _server(mode, folder, self._options, self._timeout)
                try:
                    server.start()
                except BaseException:
                    server.stop()
                    raise
            except (PrismError, NodeError) as error:
                reasons.append(str(error) if len(self._modes) == 1 else f"{mode}: {error}")
            else:
                return server
        raise PrismError(f"Prism is not available: {'; '.join(reasons)}")

    def _stop(self) -> None:
        atexit.unregister(self._stop)
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._folder is not None:
            self._log = self.log
            self._folder.cleanup()
            self._folder = None


def modes_to_try(mode: str, prism_url: str) -> list[str]:
    """Tell which modes to try, in order.

    Args:
        mode: What the caller asks for.
        prism_url: What the environment says, or the empty string.

    Raises:
        PrismError: One of the two is malformed.
    """
    if mode == "auto" and not prism_url:
        return ["docker", "node"]
    if mode in {"docker", "node"}:
        return [mode]
    name, url = ("PRISM_URL", prism_url) if mode == "auto" else ("mode", mode)
    if _is_url(url):
        return [url.rstrip("/")]
    ways = "" if mode == "auto" else "auto, docker, node or "
    raise PrismError(f"{name} is {url!r}: it must be {ways}a URL such as http://127.0.0.1:4010")


def reason(log: str) -> str:
    """Pick the line that says why Prism, or the container it should run in, has ended."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for pattern in (r"✖\s+fatal\s+(.+)", r"docker: (.+)", r"(\w*Error: .+)"):
        for line in lines:
            if found := re.search(pattern, line):
                return found[1]
    return lines[-1] if lines else "it printed nothing"


class _Server(Protocol):
    """A Prism that can be asked for answers."""

    @property
    def backend(self) -> Backend: ...
    @property
    def description(self) -> str: ...
    @property
    def url(self) -> str: ...
    def answers(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


def _server(mode: str, folder: Path, options: Sequence[str], timeout: float) -> _Server:
    if mode == "docker":
        return _ContainerServer(folder, options, timeout)
    if mode == "node":
        return _NodeServer(folder, options, timeout)
    return _RunningServer(mode)


class _RunningServer:
    """One that somebody else has started, and that is not ours to stop."""

    backend: Backend = "url"

    def __init__(self, url: str) -> None:
        self.url = url
        self.description = f"Prism at {url}"

    def answers(self) -> bool:
        return _answers(self.url)

    def start(self) -> None:
        if not self.answers():
            raise PrismError(f"nothing answers at {self.url}")

    def stop(self) -> None:
        pass


class _ChildServer(ABC):
    """A command that serves for as long as its standard input stays open."""

    backend: Backend
    description: str

    def __init__(self, folder: Path, options: Sequence[str], timeout: float) -> None:
        self.url = ""
        self._folder = folder
        self._options = options
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _address(self, log: str) -> str | None: ...

    @abstractmethod
    def _kill(self, process: subprocess.Popen[bytes]) -> None: ...

    def answers(self) -> bool:
        return self._process is not None and self._process.poll() is None and _answers(self.url)

    def start(self) -> None:
        before = len(_read_log(self._folder))
        with _log_file(self._folder).open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the argument list is ours, and no shell reads it
                self._command(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # The log is to be read, by `_address` too, so without colours, which CI systems like to force.
                env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
                # Ctrl-C in a terminal reaches a whole session; it is for us to decide when Prism ends.
                start_new_session=True,
            )
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            log = _read_log(self._folder)[before:]
            if ended:
                raise PrismError(f"Prism ended at once: {reason(log)}")
            address = self._address(log)
            if address and _answers(address):
                self.url = address
                return
            time.sleep(_POLL_INTERVAL)
        raise PrismError(f"Prism did not answer within {self._timeout:g} s")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._kill(process)
            process.wait()


class _NodeServer(_ChildServer):
    backend: Backend = "node"

    def __init__(self, folder: Path, options: Sequence[str], timeout: float) -> None:
        super().__init__(folder, options, timeout)
        node = find_node()
        self._prism = [str(node.executable), "--import", _END_WITH_US, str(entry_point("prism", node_package()))]
        self.description = f"Prism {pinned_version()} under Node {node.version}"

    def _command(self) -> list[str]:
        return [*self._prism, "mock", "-m", "false", "-p", "0", str(_contract_file(self._folder)), *self._options]

    def _address(self, log: str) -> str | None:
        found = re.search(r"Prism is listening on (http://\S+)", log)
        return found[1] if found else None

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()


class _ContainerServer(_ChildServer):
    backend: Backend = "docker"

    def __init__(self, folder: Path, options: Sequence[str], timeout: float) -> None:
        super().__init__(folder, options, timeout)
        self._image = os.environ.get("PRISM_IMAGE") or f"stoplight/prism:{pinned_version()}"
        self._name = f"runner-registration-prism-{os.urandom(6).hex()}"
        self.description = f"Prism in the Docker image {self._image}"
        _docker("version", "--format", "{{.Server.Version}}")
        try:
            _docker("image", "inspect", "--format", "{{.Id}}", self._image)
        except PrismError:
            _docker("pull", "--quiet", self._image, timeout=_PULL_TIMEOUT)

    def _command(self) -> list[str]:
        inside = "/tmp/openapi.yaml"  # noqa: S108 - a path in the container, where nobody else is
        return [
            *("docker", "run", "--rm", "--interactive", "--pull=never", f"--name={self._name}"),
            *("-p", f"127.0.0.1::{_PORT_IN_CONTAINER}", "-v", f"{_contract_file(self._folder)}:{inside}:ro"),
            *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65534:65534"),
            *("--memory=256m", "--pids-limit=64", "-e", f"NODE_OPTIONS=--import={_END_WITH_US}"),
            *(self._image, "mock", "-m", "false", "-h", "0.0.0.0", inside, *self._options),  # noqa: S104 - in there
        ]

    def _address(self, log: str) -> str | None:
        del log  # it names the port inside
        try:
            return f"http://{_docker('port', self._name, _PORT_IN_CONTAINER).splitlines()[0]}"
        except (PrismError, IndexError):  # not there yet
            return None

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        with contextlib.suppress(PrismError):
            _docker("rm", "--force", self._name)


def _docker(*arguments: str, timeout: float = _DOCKER_TIMEOUT) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the argument list is ours, and no shell reads it
            ["docker", *arguments],  # noqa: S607 - whichever docker the user has on PATH
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
    except OSError as error:
        raise PrismError(
            "there is no docker command (https://docs.docker.com/get-started/get-docker/ has one)"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PrismError(f"docker {arguments[0]} took more than {timeout:g} s") from error
    if done.returncode:
        raise PrismError(f"docker {arguments[0]} failed: {reason(done.stderr)}")
    return done.stdout


def _answers(url: str) -> bool:
    """Whether anything at all comes back over HTTP: a Prism that is dying still accepts connections."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=_PROBE_TIMEOUT)
    try:
        # A CORS preflight is the one request that Prism answers without a line in its log.
        connection.request("OPTIONS", "/", headers={"Origin": url, "Access-Control-Request-Method": "GET"})
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def pinned_version() -> str:
    manifest = json.loads((node_package() / "package.json").read_text("utf-8"))
    return str(manifest["dependencies"][_PACKAGE])


def _contract_file(folder: Path) -> Path:
    return folder / "openapi.yaml"


def _log_file(folder: Path) -> Path:
    return folder / "prism.log"


def _read_log(folder: Path) -> str:
    try:
        return _log_file(folder).read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
