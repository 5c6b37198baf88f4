"""Both clients against a faulty server: timeouts, cancellations, resets, forks and signals, in any order.

Afterwards nothing hangs, no connection, thread or descriptor is left, no token belongs to another organization, and no
output shows a secret. A few seconds of it run by default, 20,000 calls with ``--thorough``.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import FrameType

import pytest

import runner_registration as rr
from runner_registration._constants import MAX_CONNECTIONS
from runner_registration.testing._http import HTTPRequest, HTTPServer, RawResponse

from .loopback import connections_to, created, cut, organization, refusal, reset, slowly, token_of
from .test_fork import in_child

CREDENTIAL = "ghp_SoakTestCredentialThatNoOutputMayShow01"
FORCE_NEW = timedelta(hours=1)
BATCH = 30
"""How many calls are made at once."""

OUTCOMES = (rr.AuthenticationToken, rr.APIConnectionError, rr.InternalServerError, rr.RateLimitError, TimeoutError)


class Interrupt(Exception):  # noqa: N818 - what a signal handler raises, such as a soft time limit
    pass


def faulty(dice: random.Random, timeout: float) -> Callable[[HTTPRequest], RawResponse]:
    def respond(request: HTTPRequest) -> RawResponse:
        org = organization(request)
        response = created(token=token_of(org))
        faults: list[RawResponse] = [
            reset,
            refusal(502, f"echo of {CREDENTIAL}"),
            refusal(429, "Too Many Requests", Retry_After="0"),
            cut(response, at=len(response) - 20),
            slowly(response, 1.5 * timeout),
            b"not HTTP at all " + CREDENTIAL.encode() + b"\r\n\r\n",
        ]
        number = dice.randrange(2 * len(faults))
        if org.startswith("after") or number >= len(faults):
            time.sleep(dice.uniform(0, 0.005))
            return response
        return faults[number]

    return respond


@pytest.fixture
def timeout() -> float:
    """A timeout that a response without a fault keeps, also on a machine that is busy."""
    with (
        HTTPServer(lambda _: created()) as server,
        rr.Client(CREDENTIAL, base_url=server.url) as client,
        ThreadPoolExecutor(6) as pool,
    ):
        client.create_registration_token_for_org("first")  # imports modules
        began = time.monotonic()
        list(pool.map(client.create_registration_token_for_org, ["octo-org"] * BATCH))
        taken = time.monotonic() - began
    return max(0.1, 2 * taken)


@pytest.fixture
def server(timeout: float) -> Iterator[HTTPServer]:
    with HTTPServer(faulty(random.Random(11), timeout)) as server:  # noqa: S311 - nothing depends on it being secret
        yield server


@pytest.fixture
def calls(request: pytest.FixtureRequest) -> int:
    return 10_000 if request.config.option.thorough else 300


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_REGISTRATION_BACKOFF", "0.001")


@pytest.fixture(autouse=True)
def _no_secret(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    printed = capfd.readouterr()
    for text in (caplog.text, printed.out, printed.err):
        assert CREDENTIAL not in text


def check(org: str, result: object, counts: Counter[str]) -> None:
    counts[type(result).__name__] += 1
    if isinstance(result, rr.AuthenticationToken):
        assert result.token == token_of(org)
    else:
        assert isinstance(result, (*OUTCOMES, Interrupt, rr.InvalidResponseError)), repr(result)
        assert CREDENTIAL not in repr(result)
        assert "TOKENOF" not in repr(result)


def ignore(_: object) -> None:
    pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # a signal can come before a socket has an owner
def test_threads_signals_and_forks(
    server: HTTPServer, timeout: float, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python drops what a signal handler raises in a callback of a weak reference. pytest would keep it and its frames.
    monkeypatch.setattr(sys, "unraisablehook", ignore)
    dice = random.Random(5)  # noqa: S311 - as above
    counts = Counter[str]()
    # The first response and the first error import modules, and Python's imports are not safe against such signals.
    with rr.Client(CREDENTIAL, base_url=server.url) as warm_up:
        for number in range(60):
            with contextlib.suppress(rr.RunnerRegistrationError):
                warm_up.create_registration_token_for_org(f"org-{number}")
    client = rr.Client(CREDENTIAL, base_url=server.url, timeout=timeout, max_retries=2, max_wait=5)

    def work(number: int) -> None:
        org = f"org-{number % 7}"
        call = client.registration_token if number % 3 else client.create_registration_token_for_org
        try:
            result: object = call(org)
        except rr.RunnerRegistrationError as error:
            result = error
        check(org, result, counts)

    def interrupt(_: int, __: FrameType | None) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ThreadPoolExecutor(6) as pool:
            for numbers in _batches(calls):
                pending = [pool.submit(work, number) for number in numbers]
                # The main thread takes part, and is interrupted by a signal at some point, perhaps in the `finally`.
                with contextlib.suppress(Interrupt, rr.RunnerRegistrationError):
                    try:
                        signal.setitimer(signal.ITIMER_REAL, dice.uniform(0.0005, 0.02))
                        client.registration_token("interrupted", min_valid=FORCE_NEW)
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                if numbers[0] % 300 == 0:
                    child = in_child(lambda: client.registration_token("after-fork").token)
                    assert child() == token_of("after-fork")
                for future in pending:
                    future.result(60)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert client.registration_token("after-all").token == token_of("after-all")
    assert counts["AuthenticationToken"] > calls / 2
    client.close()
    gc.collect()
    assert connections_to(server.port) == 0


def _batches(calls: int) -> Iterator[tuple[int, ...]]:
    for first in range(0, calls, BATCH):
        yield tuple(range(first, min(first + BATCH, calls)))


def test_tasks_cancellations_and_timeouts(
    server: HTTPServer, timeout: float, calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # not where signals are: the locks of logging's handlers do not survive them
    dice = random.Random(7)  # noqa: S311 - as above
    counts = Counter[str]()

    async def work(client: rr.AsyncClient, number: int) -> None:
        org = f"org-{number % 7}"
        call = client.registration_token if number % 3 else client.create_registration_token_for_org
        try:
            async with asyncio.timeout(dice.choice((0.005, 0.05, 30))):
                result: object = await call(org)
        except (rr.RunnerRegistrationError, TimeoutError) as error:
            result = error
        check(org, result, counts)

    async def main() -> None:
        async with rr.AsyncClient(
            CREDENTIAL, base_url=server.url, timeout=timeout, max_retries=2, max_wait=5
        ) as client:
            for numbers in _batches(calls):
                tasks = [asyncio.create_task(work(client, number)) for number in numbers]
                await asyncio.sleep(dice.uniform(0, 0.02))
                for task in dice.sample(tasks, len(tasks) // 4):
                    task.cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results), results
        async with rr.AsyncClient(CREDENTIAL, base_url=server.url, timeout=10) as client:
            afterwards = [client.registration_token(f"after-{number}") for number in range(MAX_CONNECTIONS)]
            assert {token.token for token in await asyncio.gather(*afterwards)} == {
                token_of(f"after-{number}") for number in range(MAX_CONNECTIONS)
            }
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert counts["AuthenticationToken"] > calls / 5
    gc.collect()
    assert connections_to(server.port) == 0
