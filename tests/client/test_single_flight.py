"""One request in flight for all, whatever happens to the one who makes it."""

from __future__ import annotations

import itertools
import linecache
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest

import runner_registration as rr
from runner_registration._single_flight import ThreadSingleFlight
from tests.responses import CREDENTIAL, TOKEN

from .conftest import TRUST, BlockingAsyncClient, MakeClient
from .loopback import Server

SECONDS = 5.0


class Interrupter:
    """Raises at the n-th line that some module executes, as a signal handler may.

    Lines with a `with` are left out. They are also executed between the body and `__exit__`: Python runs no signal
    handler there, and an exception would leave the lock locked.
    """

    def __init__(self, module: str, line: int) -> None:
        self.module = module
        self.line = line
        self.seen = 0

    def run(self, work: Callable[[], object]) -> bool:
        """Do some work. Returns whether it was interrupted."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            work()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if self.module not in frame.f_code.co_filename:
            return self._trace
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and not line.lstrip().startswith("with "):
            self.seen += 1
            if self.seen == self.line:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._trace


def interrupt(line: int, pool: ThreadPoolExecutor) -> bool:
    """Interrupt a request at some line while another thread waits for it. Returns whether there was such a line."""
    single_flight = ThreadSingleFlight[str]()
    followers: list[Future[str]] = []

    def fetch() -> str:
        followers.append(pool.submit(single_flight.run, "octo-org", lambda: "from the follower", SECONDS))
        time.sleep(0.02)
        return "from the leader"

    was_interrupted = Interrupter("_single_flight.py", line).run(lambda: single_flight.run("octo-org", fetch, SECONDS))
    begun = time.monotonic()
    assert all(follower.result(SECONDS).startswith("from the") for follower in followers)
    assert single_flight.run("octo-org", lambda: "from the next", SECONDS) == "from the next"
    assert time.monotonic() - begun < SECONDS / 2
    return was_interrupted


def test_an_interrupt_at_any_line_leaves_the_request_to_those_who_wait_and_to_the_next() -> None:
    with ThreadPoolExecutor(2) as pool:
        lines = itertools.takewhile(lambda line: interrupt(line, pool), itertools.count(1))
        assert len(list(lines)) > 10


def test_a_wait_can_be_longer_than_python_allows() -> None:
    single_flight, failed = ThreadSingleFlight[str](), threading.Event()
    followers: list[Future[str]] = []

    def fetch() -> str:
        follower = pool.submit(single_flight.run, "octo-org", lambda: "a token", 2 * threading.TIMEOUT_MAX)
        follower.add_done_callback(lambda _: failed.set())
        followers.append(follower)
        failed.wait(0.2)
        return "a token"

    with ThreadPoolExecutor(1) as pool:
        assert single_flight.run("octo-org", fetch, SECONDS) == "a token"
        assert followers[0].result(SECONDS) == "a token"


@pytest.mark.parametrize("module", ["runner_registration/_client.py", "runner_registration/_call.py", "httpcore/"])
def test_after_an_interrupt_at_any_line_the_next_call_works(module: str, server: Server) -> None:
    step = 17 if module == "httpcore/" else 3
    with rr.Client(CREDENTIAL, base_url=server.url, timeout=2, max_retries=0, max_wait=0) as client:
        line = 1
        while Interrupter(module, line).run(lambda: client.create_registration_token_for_org("octo-org")):
            assert client.registration_token("octo-org", min_valid=timedelta(hours=1)).token == TOKEN
            line += step
    assert line > step


@pytest.mark.parametrize("org", ["octo-org", "another-org"])
def test_a_credential_function_that_uses_its_own_client_is_an_error(
    org: str, server: Server, make_client: MakeClient
) -> None:
    def credential() -> object:
        used = client.client if isinstance(client, BlockingAsyncClient) else client
        return used.registration_token(org)

    client = make_client(server.url, credential)
    with pytest.raises(rr.CredentialError, match="use another client in it"):
        client.registration_token("octo-org")
    assert server.requests == []


def test_a_request_within_its_own_request_is_an_error() -> None:
    single_flight = ThreadSingleFlight[str]()
    with pytest.raises(RuntimeError, match="the code that is making its request"):
        single_flight.run("octo-org", lambda: single_flight.run("octo-org", str, SECONDS), SECONDS)


def test_a_follower_waits_no_longer_than_its_own_bounds() -> None:
    single_flight = ThreadSingleFlight[str]()
    begun, end = threading.Event(), threading.Event()

    def fetch() -> str:
        begun.set()
        end.wait(60)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(single_flight.run, "octo-org", fetch, SECONDS)
        assert begun.wait(60)
        with pytest.raises(rr.APITimeoutError, match=r"longer than 0\.1 s"):
            single_flight.run("octo-org", str, 0.1)
        end.set()
        assert leader.result() == "late"


def test_a_credential_function_may_use_another_client(server: Server) -> None:
    with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST) as other:
        client = rr.Client(lambda: other.registration_token("vault").token, base_url=server.url, verify=TRUST)
        assert client.registration_token("octo-org").token == TOKEN
        client.close()
