"""HTTP on loopback, and what a network does to it. Nothing here knows whose API is served."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import threading
from enum import Enum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOST = "127.0.0.1"

PAUSE = 0.5
"""Seconds between two bytes of an answer that trickles: no client that waits for each read alone ever gives up."""

_LEFT_OUT = 10
_NOT_HTTP = b"\x15\x03\x01\x00\x02\x02\x46 SSH-2.0-OpenSSH_9.9\r\n\r\n"
_WAKE_UP = 0.5


class Request(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes


class Fault(Enum):
    """What becomes of an answer on its way. All of them end the connection."""

    SLOW_HEADERS = "it comes byte by byte, from the first one on"
    TRICKLED_BODY = "the headers come at once, the body byte by byte"
    CUT_BODY = "the connection is closed before the end of the body"
    LENGTH_TOO_SHORT = "Content-Length is less than the body"
    LENGTH_TOO_LONG = "Content-Length is more than the body, and the connection stays open"
    RESET = "the connection is reset"
    HANG_UP = "the connection is closed without a word"
    SILENCE = "nothing comes, and the connection stays open"
    GARBAGE = "what comes is not HTTP"


class Reply(NamedTuple):
    """An answer, and what becomes of it on its way."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    fault: Fault | None = None


class Listener(TCPServer):
    """Accepts connections on loopback, each in a thread of its own, none of which outlives it.

    Args:
        port: Where to listen; 0 for any free port.
        respond: Finds the answer to a request. It is called in the threads.

    Raises:
        OSError: The port cannot be had.
    """

    allow_reuse_address = os.name != "nt"  # Windows would let two servers listen on one port
    request_queue_size = 128
    timeout = _WAKE_UP

    def __init__(self, port: int, respond: Callable[[Request], Reply]) -> None:
        self.respond = respond
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        try:
            super().__init__((HOST, port), _Connection)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise OSError(error.errno, f"port {port} is in use: choose another, or 0 for any free one") from None
        self._thread = threading.Thread(target=self._listen, name=f"listener on port {self.port}", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        """End all connections, wait for the threads, and give the port back."""
        self.closing.set()
        with contextlib.suppress(OSError):  # so that it need not wait until it looks again by itself
            socket.create_connection((HOST, self.port), _WAKE_UP).close()
        self._thread.join()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join()
        self.server_close()

    def _listen(self) -> None:
        while not self.closing.is_set():
            self.handle_request()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002, ANN401 - as inherited
        return not self.closing.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        thread = threading.Thread(target=self._converse, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _converse(self, request: socket.socket, client_address: object) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):  # a client may hang up at will, or speak no HTTP
                self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)
            with self._lock:
                del self._connections[threading.current_thread()]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self) -> None:
        listener = cast("Listener", self.server)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = value if known is None else f"{known}, {value}"
        reply = listener.respond(Request(self.command, self.path, headers, self._body()))
        if reply.fault is None:
            self.wfile.write(_head(reply, len(reply.body)) + (b"" if self.command == "HEAD" else reply.body))
        else:
            self.close_connection = True
            self._fail(reply, reply.fault)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = answer  # noqa: N815 - as http.server looks for them

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    def _fail(self, reply: Reply, fault: Fault) -> None:
        head, body = _head(reply, len(reply.body)), reply.body
        match fault:
            case Fault.SLOW_HEADERS:
                self._trickle(head + body)
            case Fault.TRICKLED_BODY:
                self.wfile.write(head)
                self._trickle(body)
            case Fault.CUT_BODY:
                self.wfile.write(head + body[:-_LEFT_OUT])
            case Fault.LENGTH_TOO_SHORT:
                self.wfile.write(_head(reply, max(len(body) - _LEFT_OUT, 0)) + body)
            case Fault.LENGTH_TOO_LONG:
                self.wfile.write(_head(reply, len(body) + _LEFT_OUT) + body)
                self._wait()
            case Fault.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.close()
                self.connection.close()
            case Fault.HANG_UP:
                pass
            case Fault.SILENCE:
                self._wait()
            case Fault.GARBAGE:
                self.wfile.write(_NOT_HTTP)

    def _trickle(self, data: bytes) -> None:
        closing = cast("Listener", self.server).closing
        for byte in data:
            self.wfile.write(bytes([byte]))
            if closing.wait(PAUSE):
                return

    def _wait(self) -> None:
        """Do nothing until the other side, or the listener, ends the connection."""
        while self.rfile.read(1):
            pass

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - takes more
        pass


def _head(reply: Reply, length: int) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = ""
    headers = {**reply.headers, "Content-Length": str(length)}
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
