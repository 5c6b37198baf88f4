"""One deadline for a whole attempt of a thread, known to whatever is done within it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Bound what this thread does meanwhile, as far as that asks what is `remaining`."""
    before = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(before)


def remaining(timeout: float | None, error: type[Exception]) -> float | None:
    """The seconds that an operation may take: its own timeout, or what is left of the deadline.

    Raises:
        Exception: ``error``, if nothing is left.
    """
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise error("the time for the whole attempt is over")
    return left if timeout is None else min(left, timeout)


def postpone(seconds: float) -> None:
    """Not count so many seconds."""
    if (end := _deadline.get()) is not None:
        _deadline.set(end + seconds)


def running() -> bool:
    return _deadline.get() is not None
