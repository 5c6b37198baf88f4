"""A client that is used in a forked process: gunicorn's preload, celery's prefork, multiprocessing."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import trustme

import runner_registration as rr
from runner_registration.testing._http import HTTPServer
from tests.certificates import server_context, trusting
from tests.responses import CREDENTIAL, TOKEN

from .conftest import TRUST
from .loopback import Server, connections_to, created, organization_server, refusal, token_of

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # the children end without closing anything
]

SECONDS = 30


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Let the event loops that ended with open connections complain here, where that is expected."""
    yield
    gc.collect()


def in_child(work: Callable[[], object]) -> Callable[[], str]:
    """Run work in a forked process. Returns what waits for its result, or for the error that ended it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        try:
            text = str(work())
        except BaseException as error:  # noqa: BLE001 - a forked process must not go on with the tests
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)

    def result() -> str:
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        return text or f"nothing within {SECONDS} s"

    return result


class Either:
    """Either client, used from outside an event loop."""

    def __init__(self, kind: type[rr.Client | rr.AsyncClient], **options: Any) -> None:
        self.client = kind(CREDENTIAL, **options)

    def registration_token(self, org: str) -> str:
        token = self.client.registration_token(org)
        return token.token if isinstance(token, rr.AuthenticationToken) else asyncio.run(self._wait(token))

    async def _wait(self, token: Any) -> str:
        text: str = (await token).token
        return text


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[tuple[HTTPServer, Any]]:
    if request.param == "http":
        with organization_server(delay=0.05) as server:
            yield server, TRUST
        return
    with organization_server(tls=server_context(authority), delay=0.05) as server:
        yield server, trusting(authority)


@pytest.fixture(params=[rr.Client, rr.AsyncClient], ids=["sync", "async"])
def client(request: pytest.FixtureRequest, server: tuple[HTTPServer, Any]) -> Either:
    listener, verify = server
    return Either(request.param, base_url=listener.url, verify=verify, timeout=5)


def test_children_and_parent_get_tokens_of_their_own_organizations(client: Either) -> None:
    assert client.registration_token("warm-up") == token_of("warm-up")
    children = {org: in_child(lambda org=org: client.registration_token(org)) for org in ("a", "b", "c")}  # type: ignore[misc] # mypy does not infer lambdas with defaults
    assert client.registration_token("parent") == token_of("parent")
    assert {org: result() for org, result in children.items()} == {org: token_of(org) for org in children}
    assert client.registration_token("parent-again") == token_of("parent-again")


def test_a_child_of_a_child_gets_its_own_token(client: Either) -> None:
    client.registration_token("warm-up")

    def child() -> str:
        client.registration_token("child")
        return in_child(lambda: client.registration_token("grandchild"))()

    assert in_child(child)() == token_of("grandchild")


def test_a_child_keeps_the_tokens_that_were_valid(client: Either, server: tuple[HTTPServer, Any]) -> None:
    client.registration_token("octo-org")
    connections = server[0].connections
    assert in_child(lambda: client.registration_token("octo-org"))() == token_of("octo-org")
    assert server[0].connections == connections


def test_a_child_does_not_hold_the_connections_of_its_parent(server: tuple[HTTPServer, Any]) -> None:
    listener, verify = server

    def connected() -> int:
        return connections_to(listener.port)

    with rr.Client(CREDENTIAL, base_url=listener.url, verify=verify) as client:
        client.create_registration_token_for_org("octo-org")
        assert connected() == 1
        assert in_child(connected)() == "0"

    async def fork_within_the_loop() -> str:
        async with rr.AsyncClient(CREDENTIAL, base_url=listener.url, verify=verify) as client:
            await client.create_registration_token_for_org("octo-org")
            assert connected() == 1
            result = in_child(connected)()
            await client.create_registration_token_for_org("octo-org")
            return result

    assert asyncio.run(fork_within_the_loop()) == "0"


@pytest.mark.parametrize("org", ["octo-org", "another-org"])
def test_a_child_forked_during_a_request_does_not_wait_for_it(org: str) -> None:
    with (
        organization_server(delay=0.3) as server,
        rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST) as client,
    ):
        thread = threading.Thread(target=client.registration_token, args=["octo-org"])
        thread.start()
        while not server.connections:
            time.sleep(0.01)
        child = in_child(lambda: client.registration_token(org).token)
        assert child() == token_of(org)
        thread.join()


@pytest.mark.parametrize(
    "module",
    [
        "runner_registration._connection_errors",
        "runner_registration._response_errors",
        "runner_registration._runtime.readers",
        "runner_registration_api.models.authentication_token",
    ],
)
def test_a_child_does_not_wait_for_an_import_of_its_parent(module: str) -> None:
    # In a process of its own, as the modules are imported here.
    code = f"""
import os, sys, threading, time
import runner_registration as rr

class SlowDisk:
    def find_spec(self, name, path, target=None):
        if name == {module!r} and not importing.is_set():
            importing.set()
            time.sleep(0.5)

importing = threading.Event()
sys.meta_path.insert(0, SlowDisk())
client = rr.Client("credential", base_url="http://127.0.0.1:9")
threading.Thread(target=__import__, args=[{module!r}]).start()
importing.wait(30)
child = os.fork()
if child == 0:
    import signal
    signal.alarm(30)
    __import__({module!r})
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_child_forked_by_the_credential_function_finishes_the_call() -> None:
    children: list[int] = []

    def credential() -> str:
        children.append(os.fork())
        return CREDENTIAL

    reader, writer = os.pipe()
    with organization_server() as server, rr.Client(credential, base_url=server.url, verify=TRUST) as client:
        os.set_blocking(reader, False)
        text = "the call failed"
        try:
            text = client.registration_token("octo-org").token
        finally:
            if children[0] == 0:
                os.write(writer, text.encode())
                os._exit(0)
        os.waitpid(children[0], 0)
        assert text == token_of("octo-org")
        assert os.read(reader, 1000).decode() == token_of("octo-org")
    os.close(reader)
    os.close(writer)


def test_a_child_does_not_wait_for_a_rate_limit_of_its_parent() -> None:
    with Server() as server, rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST, max_wait=0) as client:
        server.respond(refusal(429, "Too Many Requests", Retry_After="60"), created())
        with pytest.raises(rr.RateLimitError):
            client.registration_token("octo-org")
        assert in_child(lambda: client.registration_token("octo-org").token)() == TOKEN


def test_a_child_refuses_the_callers_own_http_client() -> None:
    with organization_server() as server, httpx.Client() as http_client:
        client = rr.Client(CREDENTIAL, base_url=server.url, http_client=http_client)
        client.registration_token("octo-org")
        result = in_child(lambda: client.registration_token("another-org"))()
    assert result.startswith("RuntimeError: http_client was made before this process was forked")
