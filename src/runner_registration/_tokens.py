"""Tokens kept as long as they are good, and asked for once however many want them. In memory only."""

from __future__ import annotations

import asyncio
import copy
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from runner_registration._constants import TOKEN_LIFETIME
from runner_registration._errors import RunnerRegistrationError
from runner_registration._retry import server_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta

    import httpx
    from runner_registration_api.models import AuthenticationToken


class _Kept(NamedTuple):
    token: AuthenticationToken
    until: float
    """By this machine's clock, which is right again after a sleep."""
    until_monotonic: float
    """By the clock that nobody sets."""


class Tokens:
    """The last token of each organization."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def get(self, key: str, min_valid: timedelta) -> AuthenticationToken | None:
        """The token kept, if it is good for ``min_valid`` yet."""
        kept = self._kept.get(key)
        if kept is None or min_valid >= TOKEN_LIFETIME:
            return None
        left = min(kept.until - time.time(), kept.until_monotonic - time.monotonic())
        return kept.token if left > 0 and left >= min_valid.total_seconds() else None

    def keeping(
        self, key: str, parse: Callable[[httpx.Response], AuthenticationToken]
    ) -> Callable[[httpx.Response], AuthenticationToken]:
        """A ``parse`` that also keeps the token. How long that is good is told by the server's clock, not by ours."""

        def parse_and_keep(response: httpx.Response) -> AuthenticationToken:
            token = parse(response)
            # A date of long ago makes no token good for longer.
            left = min(token.expires_at - server_time(response.headers), TOKEN_LIFETIME)
            lifetime = left.total_seconds()
            self._kept[key] = _Kept(token, time.time() + lifetime, time.monotonic() + lifetime)
            return token

        return parse_and_keep


class ThreadFlights:
    """One request under way for each organization, its outcome for every thread that wants it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._flights: dict[str, Future[AuthenticationToken | Exception | None]] = {}

    def join(self, key: str, min_valid: timedelta, fetch: Callable[[], AuthenticationToken]) -> AuthenticationToken:
        """Wait for the request under way, or make it."""
        outcome: AuthenticationToken | Exception | None = None
        while outcome is None:  # None: the thread that made the request was interrupted, so another one makes it
            flight: Future[AuthenticationToken | Exception | None] = Future()
            with self._lock:
                # It may have landed since the caller looked.
                if (token := self._tokens.get(key, min_valid)) is not None:
                    return token
                under_way = self._flights.setdefault(key, flight)
            if under_way is flight:
                self._fly(key, flight, fetch)
            outcome = under_way.result()
        return _landed(outcome)

    def _fly(
        self,
        key: str,
        flight: Future[AuthenticationToken | Exception | None],
        fetch: Callable[[], AuthenticationToken],
    ) -> None:
        outcome: AuthenticationToken | Exception | None = None
        try:
            outcome = fetch()
        except Exception as error:  # noqa: BLE001 - whatever it is, all who wait get it
            outcome = error
        finally:
            with self._lock:
                del self._flights[key]
            flight.set_result(outcome)


class TaskFlights:
    """The same for tasks. The request is a task of its own, so that nobody who is cancelled takes it along."""

    def __init__(self) -> None:
        self._flights: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[str, asyncio.Task[AuthenticationToken | Exception]]
        ] = WeakKeyDictionary()

    async def join(self, key: str, fetch: Callable[[], Awaitable[AuthenticationToken]]) -> AuthenticationToken:
        """Wait for the request under way, or make it."""
        flights = self._flights.setdefault(asyncio.get_running_loop(), {})
        flight = flights.get(key)
        if flight is None or flight.done():
            flight = flights[key] = asyncio.create_task(_fly(fetch))
            flight.add_done_callback(lambda done: flights.pop(key) if flights.get(key) is done else None)
        return _landed(await asyncio.shield(flight))


async def _fly(fetch: Callable[[], Awaitable[AuthenticationToken]]) -> AuthenticationToken | Exception:
    try:
        return await fetch()
    except Exception as error:  # noqa: BLE001 - whatever it is, all who wait get it
        return error


def _landed(outcome: AuthenticationToken | Exception) -> AuthenticationToken:
    if isinstance(outcome, RunnerRegistrationError):
        # Each who waited gets a copy: an exception collects the traceback of everyone who raises it.
        raise copy.copy(outcome)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
