"""The HTTP server below `RegistrationServer`: malformed requests, raw responses, TLS, and nothing left behind."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
import trustme

from runner_registration.testing import RegistrationServer
from runner_registration.testing._http import HTTPRequest, HTTPResponse, HTTPServer, RawResponse
from tests.certificates import server_context, trusting
from tests.responses import PATH

HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: token x\r\n"


def connect(server: RegistrationServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def status_line(server: RegistrationServer, data: bytes) -> bytes:
    with connect(server) as connection:
        connection.sendall(data)
        with connection.makefile("rb") as response:
            return response.readline().strip()


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        pytest.param(HEAD + "\r\n", 201, id="valid"),
        pytest.param(HEAD + "Content-Length: 2\r\n\r\n{}", 201, id="valid with a body"),
        pytest.param(HEAD + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 201, id="valid in chunks"),
        pytest.param(HEAD.replace("1.1", "1.0") + "\r\n", 201, id="HTTP/1.0"),
        pytest.param(HEAD + f"Content-Length: {10**12}\r\n\r\n", 413, id="a terabyte"),
        pytest.param(HEAD + f"Content-Length: {'9' * 19}\r\n\r\n", 413, id="more than any machine has"),
        pytest.param(HEAD + f"Content-Length: {'9' * 5000}\r\n\r\n", 400, id="a number of 5,000 digits"),
        pytest.param(HEAD + "Content-Length: -1\r\n\r\n", 400, id="negative"),
        pytest.param(HEAD + "Content-Length: 0x10\r\n\r\n", 400, id="hexadecimal"),
        pytest.param(HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, id="two lengths"),
        pytest.param(HEAD + "Content-Length: five\r\n\r\n", 400, id="not a number"),
        pytest.param(HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, id="a chunk size that is not a number"),
        pytest.param(HEAD + "Transfer-Encoding: gzip\r\n\r\n", 501, id="an unknown transfer encoding"),
        pytest.param(HEAD + f"X: {'x' * 300_000}\r\n\r\n", 431, id="long headers"),
        pytest.param("\x16\x03\x01\x02\x00\x01" + "x" * 20, 400, id="a TLS handshake"),
        pytest.param("not HTTP\r\n\r\n", 400, id="not HTTP"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400, id="a header without a colon"),
    ],
)
def test_a_malformed_request_gets_an_error_and_the_server_goes_on(
    request_text: str, status: int, server: RegistrationServer
) -> None:
    threads = set(threading.enumerate())
    assert status_line(server, request_text.encode("latin-1")).startswith(f"HTTP/1.1 {status}".encode())
    assert status_line(server, (HEAD + "\r\n").encode()).startswith(b"HTTP/1.1 201")
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) != threads:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + f"X: {'x' * 300_000}\r\n\r\n", id="a header"),
        pytest.param(HEAD.replace(" HTTP", f"?{'x' * 300_000} HTTP") + "\r\n", id="the target"),
    ],
)
def test_a_head_is_too_long_however_it_arrives(text: str, server: RegistrationServer) -> None:
    sent = text.encode()
    most = 256 * 2**10
    with connect(server) as connection:
        connection.sendall(sent[:most])
        time.sleep(0.2)  # so that the rest is a piece of its own, which completes the head
        connection.sendall(sent[most:])
        assert connection.recv(12) == b"HTTP/1.1 431"


def test_requests_may_be_pipelined(server: RegistrationServer) -> None:
    with connect(server) as connection:
        connection.sendall((HEAD + "\r\n").encode() * 3 + (HEAD + "Connection: close\r\n\r\n").encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 201 Created") == 4


def test_a_client_that_waits_for_100_continue_gets_it(server: RegistrationServer) -> None:
    with connect(server) as connection:
        connection.sendall((HEAD + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n").encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
    assert server.requests[0].body == b"{}"


def test_raw_bytes_are_sent_as_they_are_and_a_function_gets_the_connection() -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(b"raw")

    responses: list[RawResponse] = [b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok", send]
    with (
        HTTPServer(lambda _: responses.pop(0)) as server,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).endswith(b"\r\n\r\nok")
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536) == b"raw"
        assert connection.recv(65536) == b""
        assert server.connections == 1


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def echo(request: HTTPRequest) -> HTTPResponse:
    return HTTPResponse(200, {}, request.body)


def test_it_speaks_tls(ca: trustme.CA) -> None:
    with (
        HTTPServer(echo, tls=server_context(ca)) as server,
        httpx.Client(verify=trusting(ca), trust_env=False) as http,
    ):
        assert server.url.startswith("https://")
        assert [http.post(server.url, content=text).text for text in ("one", "two")] == ["one", "two"]


def test_a_client_that_does_not_speak_tls_does_not_stop_others(ca: trustme.CA) -> None:
    with (
        HTTPServer(echo, tls=server_context(ca)) as server,
        socket.create_connection(("127.0.0.1", server.port)) as silent,
    ):
        with contextlib.suppress(ConnectionResetError), socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while plain.recv(65536):
                pass
        assert httpx.post(server.url, content="x", verify=trusting(ca), trust_env=False).text == "x"
        start = time.monotonic()
        server.close()  # while `silent` has not begun its handshake
        assert time.monotonic() - start < 5
        assert silent.recv(1) == b""


@pytest.mark.parametrize(
    "name", ["created", "no_response", "slow_headers", "trickled_body", "length_too_long", "reset"]
)
def test_no_thread_and_no_connection_outlives_it(name: str) -> None:
    before = set(threading.enumerate())
    with contextlib.ExitStack() as connections:
        with RegistrationServer() as server:
            server.use(name)
            idle, *busy = [connections.enter_context(connect(server)) for _ in range(4)]
            for connection in busy:
                connection.sendall((HEAD + "\r\n").encode())
            while len(server.requests) < len(busy):
                time.sleep(0.01)
            start = time.monotonic()
            address = server.url.removeprefix("http://").split(":")
        assert time.monotonic() - start < 5
        assert set(threading.enumerate()) == before
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address[0], int(address[1])))


def test_a_delay_does_not_hold_up_the_end(server: RegistrationServer) -> None:
    server.use("created", delay=60)
    with connect(server) as connection:
        connection.sendall((HEAD + "\r\n").encode())
        while not server.requests:
            time.sleep(0.01)
        start = time.monotonic()
        server.__exit__(None, None, None)
        assert time.monotonic() - start < 5
        assert connection.recv(1) == b""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts the entries of /proc/self/fd")
@pytest.mark.parametrize("times", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_starts_and_stops_leave_nothing_behind(times: int) -> None:
    def left() -> tuple[int, int]:
        return threading.active_count(), len([*Path("/proc/self/fd").iterdir()])

    before = left()
    for _ in range(times):
        server = RegistrationServer().__enter__()
        with connect(server) as client:
            client.sendall((HEAD + "\r\n").encode())
            assert client.recv(12) == b"HTTP/1.1 201"
            address = client.getpeername()
            server.__exit__(None, None, None)  # while the client holds its connection open
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
    assert left() == before
