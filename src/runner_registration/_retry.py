"""How long to wait before the next attempt, as GitHub asks for it.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from runner_registration._constants import FIRST_BACKOFF, LONGEST_WAIT

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSIENT = frozenset({500, 502, 503, 504})


def backoff(retry: int, random: float) -> float:
    """Seconds before a retry: exponential, with full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        retry: The number of the retry, from 1.
        random: A number from 0 to 1.
    """
    return FIRST_BACKOFF * 2.0 ** (retry - 1) * random


def server_time(headers: Mapping[str, str]) -> datetime:
    """The server's time when it answered, or this machine's where the answer does not tell (UTC)."""
    return http_date(headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)


def named_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks to wait: by ``Retry-After``, or, if a rate limit is used up, until it resets.

    Returns:
        None if the answer names no time, or none that can be read.
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
    """An instant as HTTP writes it (RFC 9110 5.6.7), or None."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _number(text: str) -> float | None:
    # What float() takes is more than servers mean: "1e999", "nan", "1_0", digits of other scripts.
    return float(text[:20]) if text.isascii() and text.replace(".", "", 1).isdigit() else None
