"""One request for all threads that want the same token."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from runner_registration._tokens import Tokens, landed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from runner_registration_api.models import AuthenticationToken


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
        return landed(outcome)

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
