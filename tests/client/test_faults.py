"""A faulty server, and a hostile one: a typed error in bounded time, and the credential goes nowhere else."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import socket
import time
import tracemalloc
from typing import Any

import httpx
import pytest
import trustme

import runner_registration as rr
from tests.certificates import trusting
from tests.responses import CREDENTIAL, PATH, SUCCESS, TOKEN

from .conftest import MakeClient
from .loopback import Server, created, http, refusal, silence, trickle


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "fault",
    [
        silence,
        trickle(created()),
        trickle(created(), at_once=150),
        trickle(b"HTTP/1.1 201 Created\r\nX-Endless: "),
        trickle(refusal(403, "x" * 500), at_once=150),
        trickle(http(201, length=10**9), at_once=60),
    ],
    ids=["no response", "headers", "body", "one endless header", "body of an error", "too few bytes"],
)
def test_no_call_outlasts_its_bound(fault: bytes, server: Server, make_client: MakeClient) -> None:
    server.respond(fault)
    client = make_client(server.url, timeout=0.2, max_retries=1, max_wait=0.1)
    begun = time.monotonic()
    with pytest.raises((rr.APITimeoutError, rr.PermissionDeniedError, rr.APIConnectionError)):
        client.create_registration_token_for_org("octo-org")
    assert time.monotonic() - begun < 2 * 0.2 + 0.1 + 4  # the responses would take longer
    assert len(server.requests) <= 2


def test_a_timeout_is_for_each_attempt_on_a_kept_connection_too(server: Server, make_client: MakeClient) -> None:
    server.respond(created(), created(), silence)
    client = make_client(server.url, timeout=1, max_retries=0)
    for _ in range(2):
        client.create_registration_token_for_org("octo-org")
        time.sleep(0.6)
    with pytest.raises(rr.APITimeoutError):
        client.create_registration_token_for_org("octo-org")
    assert server.connections == 1


def test_a_body_without_an_end_is_not_read_further(server: Server, make_client: MakeClient) -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
        while sent < 200 * 2**20:
            sent += connection.send(bytes(2**20))

    server.respond(endless)
    with pytest.raises(rr.InvalidResponseError, match="longer than 16 MiB"):
        make_client(server.url).create_registration_token_for_org("octo-org")
    assert sent < 64 * 2**20


def test_a_small_body_that_unpacks_to_a_huge_one_is_not_unpacked(server: Server, make_client: MakeClient) -> None:
    packed = gzip.compress(bytes(80 * 2**20), 1)
    server.respond(http(201, packed, headers={"Content-Encoding": "gzip"}))
    client = make_client(server.url)
    tracemalloc.start()
    try:
        with pytest.raises(rr.InvalidResponseError, match="longer than 16 MiB"):
            client.create_registration_token_for_org("octo-org")
        assert tracemalloc.get_traced_memory()[1] < 48 * 2**20
    finally:
        tracemalloc.stop()


def test_a_packed_body_is_read(server: Server, make_client: MakeClient) -> None:
    server.respond(http(201, gzip.compress(json.dumps(SUCCESS).encode()), headers={"Content-Encoding": "gzip"}))
    assert make_client(server.url).create_registration_token_for_org("octo-org").token == TOKEN
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_cookies_of_a_response_are_not_sent_back(server: Server, make_client: MakeClient) -> None:
    server.respond(refusal(404, "Not Found", Set_Cookie="session=1; Path=/"), created())
    client = make_client(server.url)
    with pytest.raises(rr.NotFoundError):
        client.create_registration_token_for_org("octo-org")
    client.create_registration_token_for_org("octo-org")
    assert "cookie" not in server.requests[1].headers


def test_the_first_redirect_on_the_same_host_is_followed_as_a_post(server: Server, make_client: MakeClient) -> None:
    server.respond(http(302, headers={"Location": "/organizations/1?x=y"}), created())
    assert make_client(server.url).create_registration_token_for_org("octo-org").token == TOKEN
    first, second = server.requests
    assert (first.method, first.path) == ("POST", PATH)
    assert (second.method, second.path) == ("POST", "/organizations/1?x=y")
    assert second.headers["authorization"] == f"Bearer {CREDENTIAL}"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(status: int, server: Server, make_client: MakeClient) -> None:
    with Server() as other:
        for host in ("127.0.0.1", "localhost"):
            server.respond(http(status, headers={"Location": f"http://{host}:{other.port}{PATH}"}))
            with pytest.raises(rr.RedirectError, match="not followed"):
                make_client(server.url).create_registration_token_for_org("octo-org")
        assert other.connections == 0


def test_an_http_client_with_follow_redirects_does_not_follow_them(server: Server) -> None:
    with Server() as other, httpx.Client(follow_redirects=True) as http_client:
        server.respond(http(307, headers={"Location": other.url}))
        client = rr.Client(CREDENTIAL, base_url=server.url, http_client=http_client)
        with pytest.raises(rr.RedirectError):
            client.create_registration_token_for_org("octo-org")
        assert other.connections == 0


# TLS


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # httpcore leaves a cancelled handshake to the collector
def test_a_tls_handshake_without_end_is_bounded(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make_client(f"https://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3, max_retries=0)
        begun = time.monotonic()
        with pytest.raises(rr.APITimeoutError):
            client.create_registration_token_for_org("octo-org")
        assert time.monotonic() - begun < 5
    gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # as above
@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
def test_a_tls_handshake_through_a_proxy_that_speaks_tls_is_bounded_too(
    kind: Any, tls_server: Server, authority: trustme.CA
) -> None:
    through, hello = b"HTTP/1.1 200 OK\r\n\r\n", b"\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03" + bytes(100)
    tls_server.respond(trickle(through + hello, at_once=len(through)))
    proxy = httpx.Proxy(tls_server.url, ssl_context=trusting(authority))
    options: dict[str, Any] = {"base_url": "https://ghe.example", "timeout": 0.5, "max_retries": 0}

    def call() -> None:
        with httpx.Client(proxy=proxy) as http_client:
            rr.Client(CREDENTIAL, http_client=http_client, **options).create_registration_token_for_org("octo-org")

    async def call_async() -> None:
        async with httpx.AsyncClient(proxy=proxy) as http_client:
            client = rr.AsyncClient(CREDENTIAL, http_client=http_client, **options)
            await client.create_registration_token_for_org("octo-org")

    begun = time.monotonic()
    with pytest.raises(rr.APITimeoutError):
        call() if kind is rr.Client else asyncio.run(call_async())
    assert time.monotonic() - begun < 5
    gc.collect()


# Addresses


def names_resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str, after: float = 0.0) -> None:
    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        named = host == "ghe.test"
        time.sleep(after if named else 0)
        found = addresses if named else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def _dead_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every address but 127.0.0.1 be one that swallows packets, as loopback has none."""
    connect = socket.create_connection

    def wait(address: tuple[str, int], timeout: float, *arguments: Any, **options: Any) -> socket.socket:
        if address[0] == "127.0.0.1":
            return connect(address, timeout, *arguments, **options)
        time.sleep(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", wait)


@pytest.mark.usefixtures("_dead_addresses")
def test_several_dead_addresses_take_no_longer_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    names_resolve_to(monkeypatch, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
    with rr.Client(CREDENTIAL, base_url="http://ghe.test:1", allow_http=True, timeout=0.8, max_retries=0) as client:
        begun = time.monotonic()
        with pytest.raises(rr.APITimeoutError):
            client.create_registration_token_for_org("octo-org")
        assert 0.7 < time.monotonic() - begun < 3


@pytest.mark.usefixtures("_dead_addresses")
def test_a_dead_address_leaves_time_for_the_next_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    names_resolve_to(monkeypatch, "192.0.2.1", "127.0.0.1", after=1.1)
    url = f"http://ghe.test:{server.port}"
    with rr.Client(CREDENTIAL, base_url=url, allow_http=True, timeout=1, max_retries=0) as client:
        assert client.create_registration_token_for_org("octo-org").token == TOKEN


def test_a_deadline_does_not_apply_to_other_requests_of_an_http_client(server: Server) -> None:
    server.respond(created(), trickle(http(200, b"x" * 10), at_once=50))
    with httpx.Client() as http_client:
        rr.Client(CREDENTIAL, base_url=server.url, http_client=http_client, timeout=0.8).registration_token("octo-org")
        assert http_client.post(server.url).status_code == 200
