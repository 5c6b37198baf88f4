"""Connections are given back, whatever happens to the calls that used them."""

from __future__ import annotations

import asyncio
import random
import time

import httpx
import pytest

import runner_registration as rr
from runner_registration import _constants, _network
from tests.responses import CREDENTIAL, TOKEN

from .conftest import with_async_client
from .loopback import Server, created, organization_server, silence, token_of

CONNECTIONS = 10
CALLS = 3 * CONNECTIONS


@pytest.fixture
def _few_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_constants, _network):
        monkeypatch.setattr(module, "MAX_CONNECTIONS", CONNECTIONS)


async def works(client: rr.AsyncClient) -> bool:
    """Whether as many calls as there are connections succeed at once, sooner or later on a slow machine."""
    for _ in range(10):
        calls = [client.create_registration_token_for_org(f"later-{number}") for number in range(CONNECTIONS)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        tokens = [result.token for result in results if isinstance(result, rr.AuthenticationToken)]
        if len(tokens) == CONNECTIONS:
            return all(token == TOKEN or token.startswith("TOKENOF") for token in tokens)
    return False


@pytest.mark.usefixtures("_few_connections")
def test_an_outage_with_more_calls_than_connections_leaves_a_client_that_works(server: Server) -> None:
    async def work(client: rr.AsyncClient) -> None:
        server.respond(silence)
        calls = [client.registration_token(f"org-{number}") for number in range(CALLS)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {rr.APITimeoutError}
        server.respond(created())
        assert await works(client)

    with_async_client(server, work, timeout=1, max_retries=0, max_wait=0)


@pytest.mark.usefixtures("_few_connections")
def test_cancelled_calls_leave_a_client_that_works() -> None:
    async def work(client: rr.AsyncClient) -> None:
        dice = random.Random(3)  # noqa: S311 - nothing depends on it being secret
        for _ in range(15):
            calls = [
                asyncio.create_task(client.create_registration_token_for_org(f"org-{number}")) for number in range(20)
            ]
            await asyncio.sleep(dice.uniform(0, 0.03))
            for call in calls:
                if dice.random() < 0.7:
                    call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert await works(client)

    with organization_server(delay=0.005) as server:
        with_async_client(server, work)


@pytest.mark.usefixtures("_few_connections")
def test_more_organizations_than_connections_get_their_own_tokens() -> None:
    async def work(client: rr.AsyncClient) -> None:
        tokens = await asyncio.gather(*(client.registration_token(f"org-{number}") for number in range(CALLS)))
        assert [token.token for token in tokens] == [token_of(f"org-{number}") for number in range(CALLS)]

    with organization_server() as server:
        with_async_client(server, work)


def test_waiting_for_a_connection_counts_for_the_bound_of_a_call(server: Server) -> None:
    server.respond(silence)

    async def work(client: rr.AsyncClient) -> float:
        begun = time.monotonic()
        calls = [
            client.create_registration_token_for_org(f"org-{number}")
            for number in range(20 * _constants.MAX_CONNECTIONS)
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {rr.APITimeoutError}
        return time.monotonic() - begun

    # One after the other, they would take 20 s.
    assert with_async_client(server, work, timeout=1, max_retries=0, max_wait=0) < 10


def test_closing_ends_the_requests_in_flight(server: Server) -> None:
    server.respond(silence)

    async def work(client: rr.AsyncClient) -> None:
        call = asyncio.create_task(client.registration_token("octo-org"))
        await asyncio.sleep(0.1)
        await client.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await call

    with_async_client(server, work)


def test_a_transport_that_never_responds_is_bounded() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError(request)

    async def main() -> None:
        async with httpx.AsyncClient(transport=Silent()) as http_client:
            client = rr.AsyncClient(CREDENTIAL, http_client=http_client, timeout=0.2, max_retries=0)
            with pytest.raises(rr.APITimeoutError):
                await client.create_registration_token_for_org("octo-org")

    asyncio.run(main())


def test_a_client_outside_asyncio_says_what_is_missing() -> None:
    client = rr.AsyncClient(CREDENTIAL, base_url="http://127.0.0.1:1")
    call = client.create_registration_token_for_org("octo-org")
    with pytest.raises(RuntimeError, match="needs asyncio's event loop"):
        call.send(None)
