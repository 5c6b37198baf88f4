"""Clients of both kinds behind one face: what is tested once holds for both."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
import trustme

import runner_registration as rr

from .loopback import CREDENTIAL, Server, created

TRUST = ssl.create_default_context()


class AnyClient(Protocol):
    """The face of both clients."""

    def create_registration_token_for_org(self, org: str) -> rr.AuthenticationToken: ...
    def registration_token(self, org: str, *, min_valid: timedelta = ...) -> rr.AuthenticationToken: ...


class AsyncFace:
    """An AsyncClient in an event loop of its own, driven from outside."""

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
def make_client(request: pytest.FixtureRequest) -> Iterator[Callable[..., AnyClient]]:
    """Make a client: first the one, then the other kind."""
    made: list[rr.Client | AsyncFace] = []

    def make(base_url: str | None = None, credential: Any = CREDENTIAL, **options: Any) -> AnyClient:
        kind = rr.Client if request.param == "sync" else AsyncFace
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


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - trustme's
    with Server(tls=context) as server:
        server.answer(created())
        yield server


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
    network = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
    for name in (*tokens, "RUNNER_REGISTRATION_API_URL", "GITHUB_API_URL", "GH_HOST", "REQUEST_METHOD", *network):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without the usual waits."""
    monkeypatch.setenv("RUNNER_REGISTRATION_BACKOFF", "0.001")
