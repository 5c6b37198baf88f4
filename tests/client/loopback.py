"""A server on loopback that sends scripted responses, faults included. It is the harness's own HTTP server."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self

from runner_registration.testing._http import HTTPRequest, HTTPServer, RawResponse

if TYPE_CHECKING:
    import ssl

CREDENTIAL = "ghp_CredentialThatNobodyMaySee0123456789"
TOKEN = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"

Answer = RawResponse


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    """Send the scripted responses in turn, the last one again and again."""

    tls: ssl.SSLContext | None = None
    answers: list[Answer] = field(default_factory=list[Answer])
    requests: list[Received] = field(default_factory=list[Received])

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._server = HTTPServer(self._next, tls=self.tls)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self._server.connections

    def answer(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def _next(self, request: HTTPRequest) -> Answer:
        with self._lock:
            self.requests.append(Received(request.method, request.target, dict(request.headers)))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


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


def refusal(status: int, message: str, **headers: str) -> bytes:
    """Write an error response of GitHub. Underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return http(status, body, headers={"X-GitHub-Request-Id": "D1CE:1234:5678", **named})


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def silence(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def trickle(data: bytes, *, at_once: int = 0, pause: float = 0.05) -> Callable[[socket.socket], None]:
    """Send some bytes at once and the others one by one."""

    def send(connection: socket.socket) -> None:
        connection.sendall(data[:at_once])
        for byte in data[at_once:]:
            time.sleep(pause)
            connection.sendall(bytes([byte]))

    return send


def cut(data: bytes, *, at: int) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        connection.sendall(data[:at])

    return send
