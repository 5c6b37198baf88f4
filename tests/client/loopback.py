"""The harness's own HTTP server, with the responses and faults that the tests of the clients need."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runner_registration.testing._http import HTTPRequest, HTTPServer, RawResponse
from tests.responses import TOKEN

if TYPE_CHECKING:
    import ssl


class Received(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]


class Server(HTTPServer):
    """Send the given responses in turn, the last one again and again. Without any, the response is a token."""

    def __init__(self, *responses: RawResponse, tls: ssl.SSLContext | None = None) -> None:
        self.responses = list(responses) or [created()]
        self.requests: list[Received] = []
        self._turn = threading.Lock()
        super().__init__(self._next, tls=tls)

    def respond(self, *responses: RawResponse) -> None:
        self.responses = list(responses)

    def _next(self, request: HTTPRequest) -> RawResponse:
        with self._turn:
            self.requests.append(Received(request.method, request.target, dict(request.headers)))
            return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


def organization_server(*, tls: ssl.SSLContext | None = None, delay: float = 0.0) -> HTTPServer:
    """Respond to each request, after some seconds, with a token that contains the organization's name."""

    def respond(request: HTTPRequest) -> bytes:
        time.sleep(delay)
        return created(token=token_of(organization(request)))

    return HTTPServer(respond, tls=tls)


def organization(request: HTTPRequest) -> str:
    found = re.search(r"/orgs/([^/]+)/", request.target)
    assert found is not None
    return found[1]


def token_of(org: str) -> str:
    return f"TOKENOF{org.upper().replace('-', '')}"


def connections_to(port: int) -> int:
    """Count this process's open connections to a port."""
    number = 0
    for name in Path("/proc/self/fd").iterdir() if Path("/proc").is_dir() else ():
        try:
            with socket.socket(fileno=os.dup(int(name.name))) as copy:
                number += copy.family == socket.AF_INET and copy.getpeername()[1] == port
        except OSError:
            continue
    return number


# --- Responses --------------------------------------------------------------------------------------------------------


def http(
    status: int = 201,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
    reason: str = "Whatever",
) -> bytes:
    """Write a response. A dict or list becomes JSON. There is no Date unless the headers have one."""
    content = json.dumps(body).encode() if isinstance(body, dict | list) else body or b""
    content = content.encode() if isinstance(content, str) else content
    assert isinstance(content, bytes)
    fields = {"Content-Length": str(len(content) if length is None else length), **(headers or {})}
    if isinstance(body, dict | list):
        fields.setdefault("Content-Type", "application/json; charset=utf-8")
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode() + content


def created(*, token: str = TOKEN, lives: timedelta = timedelta(hours=1), ahead: timedelta = timedelta()) -> bytes:
    """Write a success. `ahead` is how far the server's clock is ahead."""
    now = datetime.now(UTC) + ahead
    body = {"token": token, "expires_at": (now + lives).isoformat(timespec="milliseconds")}
    return http(201, body, headers={"Date": format_datetime(now, usegmt=True)})


def own_tokens(server: Server, lives: timedelta = timedelta(hours=1)) -> None:
    """Let each of ten requests get a token of its own."""
    server.respond(*(created(token=f"{TOKEN}{number}", lives=lives) for number in range(10)))


def refusal(status: int, message: str, **headers: str) -> bytes:
    """Write an error response of GitHub. Underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return http(status, body, headers={"X-GitHub-Request-Id": "D1CE:1234:5678", **named})


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def slowly(data: bytes, seconds: float = 0.2) -> Callable[[socket.socket], None]:
    """Send a response after some seconds."""

    def send(connection: socket.socket) -> None:
        time.sleep(seconds)
        connection.sendall(data)

    return send


def trickle(data: bytes, *, at_once: int = 0, pause: float = 0.1) -> Callable[[socket.socket], None]:
    """Send some bytes at once and the others one by one."""

    def send(connection: socket.socket) -> None:
        connection.sendall(data[:at_once])
        for byte in data[at_once:]:
            time.sleep(pause)
            connection.sendall(bytes([byte]))

    return send


def cut(data: bytes, *, at: int) -> Callable[[socket.socket], None]:
    """Send the beginning of a response, and close the connection."""
    return slowly(data[:at], 0)
