"""`runner-registration-mock`: the harness as a program, for tests in any language.

Requests below ``/_mock/`` control it. Names and arguments are those of `RegistrationServer`, in JSON:

    GET  /_mock/health                                    {"status": "ok"}
    GET  /_mock/scenarios                                 {"created": "A new token ...", ...}
    GET  /_mock/requests                                  [{"method": ..., "path": ..., "headers": ..., ...}, ...]
    POST /_mock/use      {"scenarios": ["not_found"], "org": "octo-org", "delay": 0.5, "retry_after": 1}
    POST /_mock/respond  {"status": 503, "json": ..., "headers": {...}, "body": "...", "org": ..., "times": 1}
    POST /_mock/reset
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from runner_registration._version import __version__
from runner_registration.testing._http import HOST, HTTPRequest, HTTPResponse
from runner_registration.testing._scenarios import scenarios
from runner_registration.testing._server import RegistrationServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runner_registration.testing._recording import Request

PREFIX = "/_mock/"

USE = {"scenarios", "org", "delay", "retry_after", "sign_in"}
RESPOND = {"status", "json", "headers", "body", "org", "times", "delay"}
_TYPES: dict[str, tuple[type, str]] = {
    "body": (str, "a string"),
    "headers": (dict, "an object"),
    "org": (str, "a string"),
    "scenarios": (list, "a list of names"),
    "sign_in": (bool, "true or false"),
}
"""Of the arguments whose values `RegistrationServer` does not check itself."""

_OK = {"status": "ok"}


class MockServer(RegistrationServer):
    """A `RegistrationServer` that is also controlled over HTTP.

    Args:
        initial: The scenarios to start with, and to return to on a reset.
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        app_public_key: The public key of a GitHub App, to verify the signatures of its JWTs.
        log: Called with one line for each request.
    """

    def __init__(
        self,
        initial: Sequence[str],
        *,
        host: str,
        port: int,
        app_public_key: bytes | None,
        log: Callable[[str], None],
    ) -> None:
        self._initial = initial
        self._log = log
        super().__init__(host=host, port=port, app_public_key=app_public_key)

    def clear(self) -> None:
        super().clear()
        if self._initial:
            self.use(*self._initial)

    def _responding(self, request: Request, response: HTTPResponse) -> None:
        outcome = response.fault.value if response.fault else response.status
        self._log(f"{request.method} {request.path} -> {outcome}")

    def _handle(self, request: HTTPRequest) -> HTTPResponse:
        if not request.path.startswith(PREFIX):
            return super()._handle(request)
        known = endpoints(self)
        methods = [method for method, path in known if path == request.path]
        endpoint = known.get((request.method, request.path))
        if endpoint:
            try:
                return _json(200, endpoint(_arguments(request.body)))
            except ValueError as error:
                return _json(400, {"message": str(error)})
        if methods:
            return _json(405, {"message": f"use {methods[0]} {request.path}"})
        names = ", ".join(" ".join(name) for name in known)
        return _json(404, {"message": f"there is no {request.path}, only: {names}"})


def endpoints(server: RegistrationServer) -> dict[tuple[str, str], Callable[[dict[str, Any]], Any]]:
    """Return what each method and path does."""

    def use(arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        names = _checked(arguments, USE, required="scenarios").pop("scenarios")
        server.use(*map(str, names), **arguments)
        return _OK

    def respond(arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        server.respond(**_checked(arguments, RESPOND, required="status"))
        return _OK

    def reset(arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        _checked(arguments, set())
        server.clear()
        return _OK

    return {
        ("GET", "/_mock/health"): lambda _: _OK,
        ("GET", "/_mock/scenarios"): lambda _: scenarios(),
        ("GET", "/_mock/requests"): lambda _: [_shown(request) for request in server.requests],
        ("POST", "/_mock/use"): use,
        ("POST", "/_mock/respond"): respond,
        ("POST", "/_mock/reset"): reset,
    }


def _arguments(body: bytes) -> dict[str, Any]:
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004 - to a client, it is a wrong value
    return {**arguments}


def _checked(arguments: dict[str, Any], known: set[str], required: str | None = None) -> dict[str, Any]:
    if unknown := arguments.keys() - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known)) or 'nothing'}")
    if required and required not in arguments:
        raise ValueError(f"{required} is missing")
    for name, (kind, description) in _TYPES.items():
        if name in arguments and not isinstance(arguments[name], kind):
            raise ValueError(f"{name} is not {description}")
    return arguments


def _shown(request: Request) -> dict[str, Any]:
    return {**request._asdict(), "headers": {**request.headers}, "body": request.body.decode("utf-8", "replace")}


def _json(status: int, value: Any) -> HTTPResponse:  # noqa: ANN401 - JSON
    content = json.dumps(value, indent=2).encode() + b"\n"
    return HTTPResponse(status, {"Content-Type": "application/json; charset=utf-8"}, content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0 when it is stopped by a signal, 1 if it cannot start.
    """
    parser = argparse.ArgumentParser(
        prog="runner-registration-mock",
        description="Respond like GitHub's API for runner registration tokens, for tests. The address is printed to "
        "stdout, and one line for each request to stderr. Control it below /_mock/: health, scenarios, requests, use, "
        "respond and reset. GET /_mock/scenarios lists the scenarios.",
    )
    parser.add_argument("--host", type=_host, default=HOST, help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: any free port)")
    parser.add_argument(
        "--scenario",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="the responses, in turn; the last one is repeated (default: created)",
    )
    parser.add_argument(
        "--app-public-key",
        type=_content,
        metavar="FILE",
        help="the public key of a GitHub App: refuse JWTs that another key has signed",
    )
    parser.add_argument("--quiet", action="store_true", help="print the address only")
    parser.add_argument("--version", action="version", version=__version__)
    options = parser.parse_args(arguments)
    if not 0 <= options.port < 2**16:
        parser.error(f"argument --port: {options.port} is not a port")
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        del number, frame
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        server = MockServer(
            options.scenario,
            host=options.host,
            port=options.port,
            app_public_key=options.app_public_key,
            log=_ignore if options.quiet else _write,
        )
    except ValueError as error:
        parser.error(str(error))
    except (ImportError, RuntimeError) as error:  # RuntimeError: cryptography is not installed
        _write(f"runner-registration-mock: {error}")
        return 1
    try:
        with server:
            if not _is_loopback(options.host):
                _write(
                    f"warning: other machines can reach {options.host}. They can read the recorded requests and change "
                    "the responses."
                )
            _write(server.url, sys.stdout)
            while not stopped.wait(1):  # with no timeout, Ctrl-C would not be seen on Windows
                pass
    except (OSError, UnicodeError) as error:  # UnicodeError: the name of the host is not valid
        _write(f"runner-registration-mock: cannot listen on {options.host}: {error}")
        return 1
    return 0


def _host(text: str) -> str:
    if not text.strip() or not text.isascii():
        raise argparse.ArgumentTypeError("must be an address of this machine, such as 127.0.0.1")
    return text


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {error.strerror}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write(line: str, stream: TextIO = sys.stderr) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _ignore(line: str) -> None:
    del line


if __name__ == "__main__":
    sys.exit(main())
