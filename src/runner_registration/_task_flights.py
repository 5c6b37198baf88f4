"""One request for all tasks that want the same token."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from runner_registration._tokens import landed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from runner_registration_api.models import AuthenticationToken


class TaskFlights:
    """One request under way for each organization, a task of its own: nobody who is cancelled takes it along."""

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
        return landed(await asyncio.shield(flight))


async def _fly(fetch: Callable[[], Awaitable[AuthenticationToken]]) -> AuthenticationToken | Exception:
    try:
        return await fetch()
    except Exception as error:  # noqa: BLE001 - whatever it is, all who wait get it
        return error
