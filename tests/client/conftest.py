"""Both clients with one interface, so that one test holds for both."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import pytest
import trustme

import runner_registration as rr
from runner_registration.testing._http import HTTPServer
from tests.certificates import server_context
from tests.responses import CREDENTIAL

from .loopback import Server

T = TypeVar("T")

TRUST = ssl.create_default_context()


class AnyClient(Protocol):
    """What both clients have in common."""

    def create_registration_token_for_org(self, org: str) -> rr.AuthenticationToken: ...
    def registration_token(self, org: str, *, min_valid: timedelta = ...) -> rr.AuthenticationToken: ...


MakeClient = Callable[..., AnyClient]


class BlockingAsyncClient:
    """An AsyncClient in an event loop of its own, with the methods of a Client."""

    def __init__(self, **options: Any) -> None:
        self.runner = asyncio.Runner()
        self.client = rr.AsyncClient(**options)

    def create_registration_token_for_org(self, org: str) -> rr.AuthenticationToken:
        return self.runner.run(self.client.create_registration_token_for_org(org))

    def registration_token(self, org: str, *, min_valid: timedelta = timedelta(minutes=10)) -> rr.AuthenticationToken:
        return self.runner.run(self.client.registration_token(org, min_valid=min_valid))

    def close(self) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()

    def __repr__(self) -> str:
        return repr(self.client)


@pytest.fixture(params=["sync", "async"])
def make_client(request: pytest.FixtureRequest) -> Iterator[MakeClient]:
    """Make a client: first the one, then the other kind."""
    made: list[rr.Client | BlockingAsyncClient] = []

    def make(base_url: str | None = None, credential: Any = CREDENTIAL, **options: Any) -> AnyClient:
        kind = rr.Client if request.param == "sync" else BlockingAsyncClient
        if "http_client" not in options:
            options.setdefault("verify", TRUST)  # one for all tests, as it takes long to make
        client = kind(credential=credential, base_url=base_url, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Server]:
    with Server(tls=server_context(authority)) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")
    others = ("SSL_CERT_", "SSLKEYLOGFILE", "PYTHONIO", "PYTHONUN", "PYTHONUTF8")
    for name in os.environ:
        if name.upper().startswith(("GH_", "GITHUB_", "RUNNER_REGISTRATION_", *proxies, *others)):
            monkeypatch.delenv(name)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without the usual waits."""
    monkeypatch.setenv("RUNNER_REGISTRATION_BACKOFF", "0.001")


def with_async_client(server: HTTPServer, work: Callable[[rr.AsyncClient], Awaitable[T]], **options: Any) -> T:
    """Do some work with an AsyncClient in an event loop of its own."""

    async def main() -> T:
        async with rr.AsyncClient(CREDENTIAL, base_url=server.url, verify=TRUST, **options) as client:
            return await work(client)

    return asyncio.run(main())
