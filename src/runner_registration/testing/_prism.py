"""Prism, the mock server that serves an OpenAPI file, started in whichever way this machine allows."""

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

# Loaded into Prism's Node before Prism. Its standard input is a pipe that only this process holds. So Prism, also in a
# container, ends however this process ends, even by SIGKILL.
_END_WITH_US = "data:text/javascript," + quote("process.stdin.resume().on('close', () => process.exit())", safe="")


class PrismError(RuntimeError):
    """Prism cannot be started or reached. The message is one line that says why, and what to do."""


class PrismServer:
    """Prism serving a contract on a free port of this machine, for as long as the ``with`` block lasts.

    It is started in Docker or under Node (the machine's own, or the one in the extra ``[prism]``; Prism itself is then
    installed into the user's cache folder). With the URL of a Prism that is running already, nothing is started. It is
    stopped at the end of the block, and when this process ends, even if it is killed.

    How to choose among the documented responses: https://docs.stoplight.io/docs/prism/beeaea9ae1a2d-mock-server

    Args:
        contract: An OpenAPI file that refers to no other file. None for this package's own, `contract_path`.
        mode: ``"docker"``, ``"node"``, the URL of a Prism that is running already, or ``"auto"``: the URL in
            ``PRISM_URL`` if that is set, Docker if a daemon responds and has the image or can pull it, otherwise Node.
            ``PRISM_IMAGE`` is the name of another image.
        options: Further options of ``prism mock``, such as ``["--errors"]``; not for a Prism that is running already.
        timeout: Seconds that Prism may take to respond after it has been installed.

    Raises:
        PrismError: There is no such mode. On entering: the contract cannot be read, or Prism cannot be started.
    """

    def __init__(
        self,
        contract: Path | str | None = None,
        *,
        mode: str = "auto",
        options: Sequence[str] = (),
        timeout: float = 30.0,
    ) -> None:
        self._contract = contract
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
            # A copy, because Prism restarts on another port when its file changes, and because the user in the
            # container may not be allowed to read the original.
            copy = _contract_file(Path(self._folder.name))
            try:
                shutil.copyfile(contract_path() if self._contract is None else self._contract, copy)
            except OSError as error:
                raise PrismError(f"the contract cannot be read: {error}") from error
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
        """The URL of Prism, without a trailing slash.

        If Prism has died (a raw ``%`` in a path terminates it), it is restarted, and may have another port. So do not
        keep the URL.

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
        """What is used, for people: ``Prism 5.15.10 under Node 24.19.0``."""
        return self._running.description

    @property
    def log(self) -> str:
        """All that Prism has printed so far, also after the block. Empty for a Prism that was running already."""
        with contextlib.suppress(FileNotFoundError):
            if self._folder is not None:
                return _read_log(Path(self._folder.name))
        return self._log

    def ensure_running(self) -> None:
        """Restart Prism if it does not respond.

        Raises:
            PrismError: It cannot be restarted, or it was not started here.
        """
        with self._lock:
            server = self._running
            if not server.responds():
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
            except (PrismError, NodeError, FileNotFoundError) as error:
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
    """Return the modes to try, in order.

    Args:
        mode: The caller's choice.
        prism_url: The value of ``PRISM_URL``, or an empty string.

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
    """Find the line that says why Prism or its container has ended."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for pattern in (r"✖\s+fatal\s+(.+)", r"docker: (.+)", r"(\w*Error: .+)"):
        for line in lines:
            if found := re.search(pattern, line):
                return found[1]
    return lines[-1] if lines else "it printed nothing"


class _Server(Protocol):
    """A Prism that responds to requests."""

    @property
    def backend(self) -> Backend: ...
    @property
    def description(self) -> str: ...
    @property
    def url(self) -> str: ...
    def responds(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


def _server(mode: str, folder: Path, options: Sequence[str], timeout: float) -> _Server:
    if mode == "docker":
        return _ContainerServer(folder, options, timeout)
    if mode == "node":
        return _NodeServer(folder, options, timeout)
    return _RunningServer(mode)


class _RunningServer:
    """A Prism that was started elsewhere, and that is not stopped here."""

    backend: Backend = "url"

    def __init__(self, url: str) -> None:
        self.url = url
        self.description = f"Prism at {url}"

    def responds(self) -> bool:
        return _responds(self.url)

    def start(self) -> None:
        if not self.responds():
            raise PrismError(f"nothing responds at {self.url}")

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

    def responds(self) -> bool:
        return self._process is not None and self._process.poll() is None and _responds(self.url)

    def start(self) -> None:
        before = len(_read_log(self._folder))
        with _log_file(self._folder).open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments, without a shell
                self._command(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # `_address` reads the log, so it must not have colours, which CI systems often force.
                env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
                # Ctrl-C in a terminal reaches a whole session; but this class decides when Prism ends.
                start_new_session=True,
            )
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            log = _read_log(self._folder)[before:]
            if ended:
                raise PrismError(f"Prism ended at once: {reason(log)}")
            address = self._address(log)
            if address and _responds(address):
                self.url = address
                return
            time.sleep(_POLL_INTERVAL)
        raise PrismError(f"Prism did not respond within {self._timeout:g} s")

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
        self._image = os.environ.get("PRISM_IMAGE") or f"docker.io/stoplight/prism:{pinned_version()}"
        self._name = f"runner-registration-prism-{os.urandom(6).hex()}"
        self.description = f"Prism in the Docker image {self._image}"
        _refuse_another_machine(os.environ.get("DOCKER_HOST", ""))
        _docker("version", "--format", "{{.Server.Version}}")
        try:
            _docker("image", "inspect", "--format", "{{.Id}}", self._image)
        except PrismError:
            _docker("pull", "--quiet", self._image, timeout=_PULL_TIMEOUT)

    def _command(self) -> list[str]:
        inside = "/tmp/openapi.yaml"  # noqa: S108 - a path in the container
        return [
            *("docker", "run", "--rm", "--interactive", "--pull=never", f"--name={self._name}"),
            *("-p", f"127.0.0.1::{_PORT_IN_CONTAINER}", "-v", f"{_contract_file(self._folder)}:{inside}:ro"),
            *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65534:65534"),
            *("--memory=256m", "--pids-limit=64", "-e", f"NODE_OPTIONS=--import={_END_WITH_US}"),
            *(self._image, "mock", "-m", "false", "-h", "0.0.0.0", inside, *self._options),  # noqa: S104 - in there
        ]

    def _address(self, log: str) -> str | None:
        del log  # it has the port inside the container
        try:
            return f"http://{_docker('port', self._name, _PORT_IN_CONTAINER).splitlines()[0]}"
        except (PrismError, IndexError):  # it has not started yet
            return None

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        with contextlib.suppress(PrismError):
            _docker("rm", "--force", self._name)


def _docker(*arguments: str, timeout: float = _DOCKER_TIMEOUT) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, without a shell
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
        raise PrismError("there is no docker command (see https://docs.docker.com/get-started/get-docker/)") from error
    except subprocess.TimeoutExpired as error:
        raise PrismError(f"docker {arguments[0]} took more than {timeout:g} s") from error
    if done.returncode:
        raise PrismError(f"docker {arguments[0]} failed: {reason(done.stderr)}")
    return done.stdout


def _refuse_another_machine(docker_host: str) -> None:
    parts = urlsplit(docker_host)
    if parts.hostname and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise PrismError(
            f"DOCKER_HOST is another machine, {parts.hostname}, whose containers cannot be reached at 127.0.0.1: unset "
            "it, or start Prism there and set PRISM_URL"
        )


def connect(url: str, timeout: float) -> tuple[HTTPConnection, str]:
    """Return a connection to Prism, not yet open, and the path that its URL begins with."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout), parts.path.rstrip("/")


def _responds(url: str) -> bool:
    """Tell whether there is any HTTP response: a Prism that is dying still accepts connections."""
    connection, path = connect(url, _PROBE_TIMEOUT)
    try:
        # A CORS preflight is the only request that Prism responds to without a line in its log.
        headers = {"Origin": url, "Access-Control-Request-Method": "GET"}
        connection.request("OPTIONS", path or "/", headers=headers)
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
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and plain
    except ValueError:  # the port is not a number
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
