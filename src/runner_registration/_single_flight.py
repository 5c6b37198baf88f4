"""One request in flight for all callers who want the same token."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from runner_registration._errors import APITimeoutError, RunnerRegistrationError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class _InFlight(Generic[T]):
    """A request that one thread makes for all."""

    def __init__(self) -> None:
        self.leader = threading.get_ident()
        self.ended = False
        self.result: T | Exception | None = None
        """None: it is still in flight, or its thread was interrupted."""
        self.waiters: list[threading.Lock] = []

    def wait(self, seconds: float) -> bool:
        """Wait for the end; False if it took too long."""
        waiter = threading.Lock()
        waiter.acquire()
        self.waiters.append(waiter)
        # Whoever sets `ended` releases the waiters after that: one who was added before is released, another sees it.
        return self.ended or waiter.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))

    def end(self) -> None:
        self.ended = True
        for waiter in self.waiters:
            if waiter.locked():
                waiter.release()


class ThreadSingleFlight(Generic[T]):
    """One request in flight for each key, its result for every thread that wants it.

    A signal handler may raise in the main thread between any two instructions, in here too. So there is no lock that
    could stay locked, and whatever happens to the thread that makes the request, the others go on.
    """

    def __init__(self) -> None:
        self._in_flight: dict[str, _InFlight[T]] = {}

    def run(self, key: str, fetch: Callable[[], T], seconds: float) -> T:
        """Make the request, or wait for the one in flight.

        Args:
            key: Names the request.
            fetch: Makes it.
            seconds: The longest that another thread's request is waited for.

        Raises:
            APITimeoutError: It took longer.
            RuntimeError: This thread is making the request already.
            Exception: What ``fetch`` raised, in every thread; each gets its own copy of an error of this package.
        """
        while True:
            mine = _InFlight[T]()
            current = mine
            try:
                try:
                    current = self._in_flight.setdefault(key, mine)
                    if current is mine:
                        mine.result = _result_of(fetch)
                finally:
                    self._end(key, mine)
            except BaseException:
                self._end(key, mine)  # again: a signal handler may have raised before the first was done
                raise
            if current is not mine:
                if current.leader == mine.leader:
                    raise _reentered()
                if not current.wait(seconds):
                    raise _took_too_long(seconds)
            result = current.result
            if result is not None:
                return _own(result)
            # The thread that made the request was interrupted. It could leave this behind at worst.
            self._end(key, current)

    def _end(self, key: str, request: _InFlight[T]) -> None:
        if self._in_flight.get(key) is request:
            del self._in_flight[key]
        request.end()


class TaskSingleFlight(Generic[T]):
    """One request in flight for each key of an event loop, its result for every task that wants it.

    The request is a task of its own: cancelling one caller does not cancel the others.
    """

    def __init__(self) -> None:
        self._in_flight: dict[str, asyncio.Task[T | Exception]] = {}

    async def run(self, key: str, fetch: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Make the request, or wait for the one in flight: as `ThreadSingleFlight.run`."""
        import asyncio

        request = self._in_flight.get(key)
        if request is None or request.done():
            request = asyncio.get_running_loop().create_task(_async_result_of(fetch))
            self._in_flight[key] = request
            request.add_done_callback(lambda done: self._end(key, done))
        elif request is asyncio.current_task():
            raise _reentered()
        done, _ = await asyncio.wait((request,), timeout=seconds)
        if not done:
            raise _took_too_long(seconds)
        return _own(request.result())

    def _end(self, key: str, request: asyncio.Task[T | Exception]) -> None:
        if self._in_flight.get(key) is request:
            del self._in_flight[key]


def _result_of(fetch: Callable[[], T]) -> T | Exception:
    try:
        return fetch()
    except Exception as error:  # noqa: BLE001 - all who wait get it, whatever it is
        return error


async def _async_result_of(fetch: Callable[[], Awaitable[T]]) -> T | Exception:
    try:
        return await fetch()
    except Exception as error:  # noqa: BLE001 - as above
        return error


def _own(result: T | Exception) -> T:
    if isinstance(result, RunnerRegistrationError):
        # An exception collects the traceback of every thread that raises it, so each raises a copy.
        raise copy.copy(result)
    if isinstance(result, Exception):
        raise result
    return result


def _reentered() -> RuntimeError:
    return RuntimeError("registration_token was called for an organization by the code that is making its request")


def _took_too_long(seconds: float) -> APITimeoutError:
    return APITimeoutError(f"Timed out: the request in flight for this organization took longer than {seconds:g} s.")
