"""One token for all callers, for as long as it is valid."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest

import runner_registration as rr
from tests.responses import CREDENTIAL, TOKEN

from .conftest import TRUST, MakeClient, with_async_client
from .loopback import Server, created, own_tokens, refusal, slowly

T = TypeVar("T")


def test_a_token_is_reused_whatever_the_case_of_the_name(server: Server, make_client: MakeClient) -> None:
    own_tokens(server)
    client = make_client(server.url)
    first = client.registration_token("octo-org")
    assert client.registration_token("Octo-Org") == first
    assert client.registration_token("OCTO-ORG", min_valid=timedelta(minutes=59)) == first
    assert client.registration_token("github").token != first.token
    assert len(server.requests) == 2


def test_each_call_for_a_new_token_makes_one(server: Server, make_client: MakeClient) -> None:
    own_tokens(server)
    client = make_client(server.url)
    first, second = (client.create_registration_token_for_org("octo-org") for _ in range(2))
    assert (first.token, second.token) == (f"{TOKEN}0", f"{TOKEN}1")


@pytest.mark.parametrize("ahead", [timedelta(hours=-5), timedelta(0), timedelta(hours=5)])
def test_the_servers_clock_decides_how_long_a_token_is_valid_for_a_client(
    ahead: timedelta, server: Server, make_client: MakeClient
) -> None:
    server.respond(created(ahead=ahead, lives=timedelta(minutes=30)))
    client = make_client(server.url)
    client.registration_token("octo-org")
    client.registration_token("octo-org", min_valid=timedelta(minutes=29))
    assert len(server.requests) == 1
    client.registration_token("octo-org", min_valid=timedelta(minutes=31))
    assert len(server.requests) == 2


def test_reuse_needs_neither_the_server_nor_the_credential(server: Server) -> None:
    calls: list[str] = []

    def credential() -> str:
        calls.append("once")
        return CREDENTIAL

    with rr.Client(credential, base_url=server.url, verify=TRUST) as client:
        client.registration_token("octo-org")
        for _ in range(1000):
            client.registration_token("octo-org")
    assert calls == ["once"]
    assert len(server.requests) == 1


def test_tokens_of_a_credential_that_is_refused_are_not_reused(server: Server, make_client: MakeClient) -> None:
    credentials = iter(["of-alice", "of-alice", "of-bob", "of-bob"])
    server.respond(created(), refusal(401, "Bad credentials"), created())
    client = make_client(server.url, lambda: next(credentials))
    client.registration_token("octo-org")
    client.registration_token("github")
    client.registration_token("octo-org")
    assert [request.headers["authorization"].removeprefix("Bearer of-") for request in server.requests] == [
        *("alice", "alice", "bob", "bob")
    ]


# Threads


def at_once(number: int, work: Callable[[], T]) -> list[T | BaseException]:
    start = threading.Barrier(number)

    def one() -> T | BaseException:
        start.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - it is the result
            return error

    with ThreadPoolExecutor(number) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(number)]]


def test_64_threads_make_one_request(server: Server) -> None:
    server.respond(slowly(created()))
    with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST) as client:
        tokens = at_once(64, lambda: client.registration_token("octo-org"))
    assert len(server.requests) == 1
    assert {token.token if isinstance(token, rr.AuthenticationToken) else repr(token) for token in tokens} == {TOKEN}


def test_a_failure_reaches_every_thread_as_an_error_of_its_own(server: Server) -> None:
    server.respond(slowly(refusal(404, "Not Found"), 0.7))  # until all have come
    with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST) as client:
        errors = at_once(16, lambda: client.registration_token("octo-org"))
    assert {type(error) for error in errors} == {rr.NotFoundError}
    assert len({str(error) for error in errors}) == 1
    assert len({id(error) for error in errors}) == 16
    assert len(server.requests) == 1


def test_a_failure_of_the_callers_own_code_reaches_every_thread(server: Server) -> None:
    def credential() -> str:
        time.sleep(0.2)
        raise LookupError("the vault is sealed")

    with rr.Client(credential, base_url=server.url, verify=TRUST) as client:
        errors = at_once(4, lambda: client.registration_token("octo-org"))
    assert [repr(error) for error in errors] == ["LookupError('the vault is sealed')"] * 4


def test_20_organizations_are_20_requests_over_one_pool(server: Server) -> None:
    with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST) as client:
        for _ in range(3):
            for number in range(20):
                client.registration_token(f"org-{number}")
    assert len(server.requests) == 20
    assert server.connections == 1


# Tasks


def test_1000_tasks_make_one_request(server: Server) -> None:
    server.respond(slowly(created()))

    async def work(client: rr.AsyncClient) -> list[rr.AuthenticationToken]:
        return await asyncio.gather(*(client.registration_token("octo-org") for _ in range(1000)))

    assert {token.token for token in with_async_client(server, work)} == {TOKEN}
    assert len(server.requests) == 1


@pytest.mark.parametrize("cancelled", [[0], [5], list(range(9)), list(range(10))])
def test_a_cancelled_task_cancels_no_other_task(cancelled: list[int], server: Server) -> None:
    has_come, are_cancelled = threading.Event(), threading.Event()

    def respond(connection: socket.socket) -> None:
        has_come.set()
        assert are_cancelled.wait(60)
        connection.sendall(created())

    server.respond(respond)

    async def work(client: rr.AsyncClient) -> list[object]:
        tasks = [asyncio.create_task(client.registration_token("octo-org")) for _ in range(10)]
        assert await asyncio.to_thread(has_come.wait, 60)
        for number in cancelled:
            tasks[number].cancel()
        are_cancelled.set()
        results: list[object] = list(await asyncio.gather(*tasks, return_exceptions=True))
        assert (await client.registration_token("octo-org")).token == TOKEN
        return results

    results = with_async_client(server, work)
    assert [number for number, result in enumerate(results) if isinstance(result, asyncio.CancelledError)] == cancelled
    assert all(isinstance(result, (rr.AuthenticationToken, asyncio.CancelledError)) for result in results)
    assert len(server.requests) == 1


def test_a_failure_reaches_every_task_as_an_error_of_its_own(server: Server) -> None:
    server.respond(slowly(refusal(404, "Not Found")), created())

    async def work(client: rr.AsyncClient) -> list[object]:
        tasks = [client.registration_token("octo-org") for _ in range(10)]
        errors: list[object] = list(await asyncio.gather(*tasks, return_exceptions=True))
        assert (await client.registration_token("octo-org")).token == TOKEN
        return errors

    errors = with_async_client(server, work)
    assert {type(error) for error in errors} == {rr.NotFoundError}
    assert len({id(error) for error in errors}) == 10
    assert len(server.requests) == 2


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the first loop ends with its connections open
def test_a_client_may_be_used_in_one_event_loop_after_another(server: Server) -> None:
    client = rr.AsyncClient(CREDENTIAL, base_url=server.url, verify=TRUST)
    first = asyncio.run(client.registration_token("octo-org"))
    assert asyncio.run(client.registration_token("octo-org")) == first
    assert asyncio.run(client.create_registration_token_for_org("octo-org")).token == TOKEN
    assert len(client._loops) == 1
    del client
    gc.collect()
