r"""An HTTP server that can misbehave as networks do. Nothing here knows whose API is served.

This is internal API, for the harness and for this project's own tests. A handler gets each request and returns one of:

- an `HTTPResponse`, optionally with a delay and a `Fault`;
- bytes, which are sent as they are, whatever they are; the connection stays open for the next request;
- a function of the connected socket, which can do anything; the connection is closed when it returns.

    with HTTPServer(lambda request: b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", tls=context) as server:
        httpx.post(server.url, verify=ca)

With ``tls``, an `ssl.SSLContext` for the server's side, the server speaks TLS. ``server.connections`` counts the
connections that were accepted. Closing the server ends every connection and every thread, whatever the other side does.
"""

from __future__ import annotations

import contextlib
import errno
import re
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import h11

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

HOST = "127.0.0.1"

PAUSE = 0.5
"""Seconds between two bytes of a trickled response. A timeout of one read never ends such a response."""

MAX_BODY = 16 * 2**20
"""Bytes of a request's body. A longer one gets 413."""

BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
"""Statuses of responses that cannot have a body."""

_ORIGIN = re.compile(r"^https?://[^/?]*", re.IGNORECASE)
_MAX_HEAD = 256 * 2**10
_PIECE = 2**16
_LINGER = 1.0  # seconds
_MISSING = 10  # bytes by which a wrong Content-Length differs from the right one, or that a cut body lacks
_NOT_HTTP = b"\x15\x03\x01\x00\x02\x02\x46 SSH-2.0-OpenSSH_9.9\r\n\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_ALL_INTERFACES = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104 - compared with, not bound to


class HTTPRequest(NamedTuple):
    """A request as it arrived."""

    method: str
    target: str
    """The path with the query; a whole URL if the client takes this server for a proxy."""
    headers: list[tuple[str, str]]
    """Names in lower case, in the order in which they came."""
    body: bytes

    @property
    def path_and_query(self) -> str:
        return _ORIGIN.sub("", self.target, count=1)

    @property
    def path(self) -> str:
        return self.path_and_query.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for key, value in self.headers if key == name), None)


class Fault(Enum):
    """What happens to a response on its way. Every fault ends the connection."""

    SLOW_HEADERS = "sent byte by byte, from the first byte on"
    TRICKLED_BODY = "headers at once, the body byte by byte"
    CUT_BODY = "connection closed before the end of the body"
    LENGTH_TOO_SHORT = "Content-Length smaller than the body"
    LENGTH_TOO_LONG = "Content-Length larger than the body, connection left open"
    RESET = "connection reset"
    HANG_UP = "connection closed without a response"
    SILENCE = "no response, connection left open"
    GARBAGE = "not HTTP"


class HTTPResponse(NamedTuple):
    """A response, and what happens to it on its way."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    fault: Fault | None = None
    delay: float = 0.0
    """Seconds before the first byte is sent."""


RawResponse = bytes | Callable[[socket.socket], None]
"""Bytes to send as they are, or something to do with the connection, after which it is closed."""

Handler = Callable[[HTTPRequest], HTTPResponse | RawResponse]


class HTTPServer:
    """Accept connections, each in a thread of its own.

    Args:
        handler: Returns the response to a request. It is called in the threads of the connections.
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        tls: The server's side of TLS; None for plain HTTP.

    Raises:
        OSError: The address or the port is not available.
    """

    def __init__(self, handler: Handler, *, host: str = HOST, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.handler = handler
        self.closing = threading.Event()
        self.connections = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._listener = socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise OSError(error.errno, f"port {port} is in use: choose another, or 0 for any free port") from None
        self._listener.settimeout(0)  # a client may be gone between select and accept
        self.port = int(self._listener.getsockname()[1])
        local = _ALL_INTERFACES.get(host, host)
        self.url = f"{'https' if tls else 'http'}://{f'[{local}]' if ':' in local else local}:{self.port}"
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._accept_all, name=f"HTTP server on port {self.port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections, wait for their threads, and release the port."""
        self.closing.set()
        self._wake.close()
        self._thread.join()
        with self._lock:
            connections = dict(self._open)
        for connection in connections.values():
            with contextlib.suppress(OSError):
                # Not SSLSocket's own method, which would take TLS away from the thread that is using it.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in connections:
            thread.join()

    def _accept_all(self) -> None:
        with self._listener, self._woken, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                selector.select()
                if self.closing.is_set():
                    return
                with contextlib.suppress(OSError):
                    self._accept()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self.connections += 1
        try:
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:  # the handshake can take long, so the thread of the connection does it
                connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        except OSError:  # the client is gone
            connection.close()
            raise
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self._open[thread] = connection
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):  # a client may hang up at any time
                self._exchange_all(connection)
        finally:
            with self._lock:
                del self._open[threading.current_thread()]

    def _exchange_all(self, connection: socket.socket) -> None:
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
        received = b""
        try:
            while read := _read_request(connection, received):
                request, keep_alive, received = read
                if not (self._respond(connection, request) and keep_alive):
                    return
        except (
            h11.RemoteProtocolError,
            ValueError,
        ) as error:  # ValueError: a number of too many digits, h11 before 0.15
            status = getattr(error, "error_status_hint", HTTPStatus.BAD_REQUEST)
            connection.sendall(_head(status, {"Connection": "close"}, 0))
            # With data unread, closing would reset the connection, and the client might not see the response.
            connection.settimeout(_LINGER)
            _wait_for_end(connection)

    def _respond(self, connection: socket.socket, request: HTTPRequest) -> bool:
        """Send the response; return whether the connection stays open."""
        response = self.handler(request)
        if isinstance(response, bytes):
            connection.sendall(response)
            return True
        if not isinstance(response, HTTPResponse):
            response(connection)
            return False
        if response.delay and self.closing.wait(response.delay):
            return False
        body = b"" if request.method == "HEAD" else response.body
        if response.fault is None:
            connection.sendall(_head(response.status, response.headers, len(response.body)) + body)
            return True
        self._fail(connection, response, response.fault)
        return False

    def _fail(self, connection: socket.socket, response: HTTPResponse, fault: Fault) -> None:
        status, headers, body, *_ = response
        head = _head(status, headers, len(body))
        match fault:
            case Fault.SLOW_HEADERS:
                self._trickle(connection, head + body)
            case Fault.TRICKLED_BODY:
                connection.sendall(head)
                self._trickle(connection, body)
            case Fault.CUT_BODY:
                connection.sendall(head + body[:-_MISSING])
            case Fault.LENGTH_TOO_SHORT:
                connection.sendall(_head(status, headers, max(len(body) - _MISSING, 0)) + body)
            case Fault.LENGTH_TOO_LONG:
                connection.sendall(_head(status, headers, len(body) + _MISSING) + body)
                _wait_for_end(connection)
            case Fault.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            case Fault.HANG_UP:
                pass
            case Fault.SILENCE:
                _wait_for_end(connection)
            case Fault.GARBAGE:
                connection.sendall(_NOT_HTTP)

    def _trickle(self, connection: socket.socket, data: bytes) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            if self.closing.wait(PAUSE):
                return


def _read_request(connection: socket.socket, received: bytes) -> tuple[HTTPRequest, bool, bytes] | None:
    """Read one request.

    Args:
        connection: Where to read from.
        received: What has been read already.

    Returns:
        The request, whether the client keeps the connection open, and what has been read of the next request.
        None if the client has closed the connection.

    Raises:
        h11.RemoteProtocolError: The client does not speak HTTP, or sends too much.
    """
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
    head: h11.Request | None = None
    body = bytearray()
    if received:
        parser.receive_data(received)
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            if parser.they_are_waiting_for_100_continue:
                connection.sendall(parser.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            parser.receive_data(connection.recv(_PIECE))
        elif isinstance(event, h11.Request):
            head = event
            _check_size(head)
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                raise h11.RemoteProtocolError("the body is too long", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
            request = HTTPRequest(head.method.decode("ascii"), head.target.decode("ascii"), headers, bytes(body))
            return request, parser.their_state is h11.DONE, parser.trailing_data[0]
        else:
            return None


def _check_size(head: h11.Request) -> None:
    """Refuse a request that is too long.

    Raises:
        h11.RemoteProtocolError: It is.
    """
    # h11's own limit is for a head that is still incomplete: it passes one whose last piece exceeds the limit.
    if len(head.target) + sum(len(name) + len(value) for name, value in head.headers) > _MAX_HEAD:
        raise h11.RemoteProtocolError("the headers are too long", error_status_hint=431)
    if any(name == b"content-length" and int(value) > MAX_BODY for name, value in head.headers):
        raise h11.RemoteProtocolError("the body is too long", error_status_hint=413)


def _wait_for_end(connection: socket.socket) -> None:
    """Do nothing until the other side, or the server, ends the connection."""
    while connection.recv(_PIECE):
        pass


def phrase(status: int) -> str:
    """Return the reason phrase of a status, or an empty string."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _head(status: int, headers: Mapping[str, str], length: int) -> bytes:
    fields = dict(headers)
    if status not in BODILESS:
        fields["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {status} {phrase(status)}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")
