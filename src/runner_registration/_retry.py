"""When a call is retried, and after how long.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

import copy
import random
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from runner_registration._constants import (
    FIRST_BACKOFF,
    LONGEST_WAIT,
    MAX_RETRIES,
    MAX_WAIT,
    UNNAMED_RATE_LIMIT_WAIT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner_registration._errors import RateLimitError

_PERMANENT_SERVER_ERRORS = frozenset({501, 505, 511})
"""Not implemented, HTTP version not supported, network authentication required: another attempt changes nothing."""


_BACKOFF_VARIABLE = "RUNNER_REGISTRATION_BACKOFF"


class RetryPolicy:
    """How often a call may be retried and how long it may wait."""

    def __init__(
        self,
        max_retries: int = MAX_RETRIES,
        max_wait: float = MAX_WAIT,
        *,
        first_backoff: float = FIRST_BACKOFF,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the limits of each call.

        Args:
            max_retries: Attempts after the first one.
            max_wait: Seconds that a call may wait in total.
            first_backoff: Upper bound, in seconds, of the wait before the first retry. It doubles with each retry.
            jitter: Returns a number from 0 to 1.
            clock: Returns seconds that only go forward.
        """
        self.max_retries = max_retries
        self.max_wait = max_wait
        self._first_backoff = first_backoff
        self._jitter = jitter
        self.clock = clock

    def backoff(self, retry: int) -> float:
        """Return the seconds to wait before a retry: exponential, with full jitter.

        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

        Args:
            retry: The number of the retry, from 1.
        """
        return self.replication_wait(retry) * self._jitter()

    def replication_wait(self, retry: int) -> float:
        """Return the seconds to wait for a new credential to be known to all of the server's machines."""
        return self._first_backoff * 2.0 ** min(retry - 1, 99)


def first_backoff(environ: Mapping[str, str], *, is_loopback: bool) -> float:
    """Return the upper bound of the first back-off, which ``RUNNER_REGISTRATION_BACKOFF`` can lower for tests.

    Raises:
        ValueError: The variable is not a number of seconds.
    """
    text = environ.get(_BACKOFF_VARIABLE, "").strip()
    if not text or not is_loopback:
        return FIRST_BACKOFF
    seconds = _number(text)
    if seconds is None or seconds > FIRST_BACKOFF:
        raise ValueError(f"{_BACKOFF_VARIABLE} must be a number of seconds from 0 to {FIRST_BACKOFF:g}")
    return seconds


class RateLimitGate:
    """Holds back a client's calls while the server has asked for no requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opens = 0.0
        self._reason: RateLimitError | None = None

    def close(self, reason: RateLimitError) -> None:
        """Hold back calls for as long as this error says. A shorter time does not open the gate earlier."""
        opens = self._clock() + reason.retry_after
        with self._lock:
            if opens > self._opens:
                # A copy: the error itself is raised, and its traceback would keep the caller's frames alive.
                self._opens, self._reason = opens, copy.copy(reason)

    def remaining(self) -> float:
        """Return the seconds until requests may be sent again."""
        return max(self._opens - self._clock(), 0.0) if self._opens else 0.0

    @property
    def reason(self) -> RateLimitError | None:
        """The error that closed the gate."""
        return self._reason


def is_retryable(status: int) -> bool:
    """Tell whether a response with this status, rate limits apart, is worth another attempt."""
    return 500 <= status < 600 and status not in _PERMANENT_SERVER_ERRORS  # noqa: PLR2004 - the server errors


def unnamed_rate_limit_wait(earlier: int) -> float:
    """Return the seconds to wait for a rate limit whose response gives no time: a minute, doubled each time.

    Args:
        earlier: The number of such responses earlier in the same call.
    """
    return min(UNNAMED_RATE_LIMIT_WAIT * 2.0 ** min(earlier, 99), LONGEST_WAIT)


def server_time(headers: Mapping[str, str]) -> datetime:
    """Return the server's time when it responded; this machine's if the response has no ``Date`` (UTC)."""
    return http_date(headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait: ``Retry-After``, or the reset of a used-up rate limit.

    Returns:
        At most ``LONGEST_WAIT``. None if the response names no time, or none that can be read.
    """
    retry_after = headers.get("Retry-After", "").strip()
    seconds = _number(retry_after)
    if seconds is None and (moment := http_date(retry_after)) is not None:
        seconds = (moment - server_time(headers)).total_seconds()
    if seconds is None and headers.get("X-RateLimit-Remaining", "").strip() == "0":
        reset = _number(headers.get("X-RateLimit-Reset", "").strip())
        seconds = None if reset is None else reset - server_time(headers).timestamp()
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def http_date(text: str) -> datetime | None:
    """Read a date as HTTP writes it (RFC 9110 5.6.7); None if it is not one."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _number(text: str) -> float | None:
    # float() accepts more than servers mean: "1e999", "nan", "1_0", digits of other scripts.
    return float(text[:20]) if text.isascii() and text.replace(".", "", 1).isdigit() else None
