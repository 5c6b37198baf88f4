"""A server on loopback that answers as told, faults included."""

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

if TYPE_CHECKING:
    import ssl

CREDENTIAL = "ghp_CredentialThatNobodyMaySee0123456789"
TOKEN = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"

Answer = bytes | Callable[[socket.socket], None]
"""What to send, or a fault: something to do with the connection, after which it is closed."""


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    """Answers on loopback, each request with the next of its answers and then always with the last."""

    tls: ssl.SSLContext | None = None
    answers: list[Answer] = field(default_factory=list[Answer])
    requests: list[Received] = field(default_factory=list[Received])
    connections: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                connection.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def answer(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        stream = connection
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            while head := _read_head(stream):
                answer = self._next(head)
                if not isinstance(answer, bytes):
                    answer(stream)
                    break
                stream.sendall(answer)
        except OSError:
            pass
        finally:
            stream.close()
            connection.close()
            with self._lock:
                self._open.discard(connection)

    def _next(self, head: str) -> Answer:
        line, *rest = head.split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in rest if field)}
        with self._lock:
            self.requests.append(Received(method, path, headers))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _read_head(stream: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = stream.recv(65536)
        data += piece
        if data.startswith(b"\x16"):  # a TLS handshake
            stream.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        if not piece or data.startswith(b"\x16"):
            return ""
    return data.decode("latin-1")


def http(
    status: int = 201,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
    reason: str = "Whatever",
) -> bytes:
    """An answer as it goes over the wire. A dict or list becomes JSON; without a date, the answer tells no time."""
    content = json.dumps(body).encode() if isinstance(body, dict | list) else body or b""
    content = content.encode() if isinstance(content, str) else content
    assert isinstance(content, bytes)
    fields = {"Content-Length": str(len(content) if length is None else length), **(headers or {})}
    if isinstance(body, dict | list):
        fields.setdefault("Content-Type", "application/json; charset=utf-8")
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode() + content


def created(*, token: str = TOKEN, lives: timedelta = timedelta(hours=1), ahead: timedelta = timedelta()) -> bytes:
    """A success, by a clock that is so much ahead of ours."""
    now = datetime.now(UTC) + ahead
    body = {"token": token, "expires_at": (now + lives).isoformat(timespec="milliseconds")}
    return http(201, body, headers={"Date": format_datetime(now, usegmt=True)})


def refusal(status: int, message: str, **headers: str) -> bytes:
    """GitHub's way to say no; underscores in the names of headers stand for hyphens."""
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
