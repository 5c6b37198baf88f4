"""How long to wait, in every form in which GitHub says it."""

from __future__ import annotations

import time
from functools import partial

import httpx
import pytest

from runner_registration._retry import RetryPolicy, first_backoff, is_retryable, parse_retry_after

NOW = "Mon, 21 Sep 2026 14:13:20 GMT"
EPOCH = 1790000000


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("17", 17.0),
        (" 17 ", 17.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 21 Sep 2026 14:14:20 GMT", 60.0),
        ("Monday, 21-Sep-26 14:14:20 GMT", 60.0),
        ("Mon Sep 21 14:14:20 2026", 60.0),
        ("Mon, 21 Sep 2026 14:12:20 GMT", 0.0),
        ("9" * 400, 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("", None),
        ("   ", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("1_0", None),
        ("٣", None),
        ("²", None),
        ("17, 18", None),
        ("Mon, 99 Sep 2026 99:99:99 GMT", None),
        ("0x10", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock(retry_after: str, seconds: float | None) -> None:
    assert parse_retry_after(httpx.Headers({"Retry-After": retry_after, "Date": NOW}, encoding="utf-8")) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 60)}, 60.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH - 60)}, 0.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 30}, 3600.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "garbage"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "14", "X-RateLimit-Reset": str(EPOCH + 60)}, None),
        ({"X-RateLimit-Reset": str(EPOCH + 60)}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 60), "Retry-After": "5"}, 5.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 60), "Retry-After": ""}, 60.0),
        ({}, None),
    ],
)
def test_a_used_up_limit_is_waited_out_and_retry_after_goes_first(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert parse_retry_after(httpx.Headers({**headers, "Date": NOW})) == seconds


def test_without_a_date_the_clock_of_this_machine_is_used() -> None:
    reset = str(int(time.time()) + 1000)
    wait = parse_retry_after(httpx.Headers({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))
    assert wait is not None
    assert 900 < wait <= 1000


@pytest.mark.parametrize(("retry", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (10, 512.0)])
def test_backoff_is_exponential_with_full_jitter(retry: int, longest: float) -> None:
    assert [RetryPolicy(jitter=partial(float, number)).backoff(retry) for number in (0.0, 0.5, 1.0)] == [
        0.0,
        longest / 2,
        longest,
    ]


def test_any_number_of_retries_has_a_backoff() -> None:
    assert RetryPolicy(max_retries=10**6, jitter=lambda: 1.0).backoff(10**6) > 0


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(200, False), (408, False), (500, True), (501, False), (502, True), (505, False), (511, False), (599, True)],
)
def test_server_errors_are_retried_unless_another_attempt_changes_nothing(status: int, retryable: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_retryable(status) is retryable


@pytest.mark.parametrize(
    ("text", "is_loopback", "seconds"),
    [("0.002", True, 0.002), ("0", True, 0.0), ("0.002", False, 1.0), ("", True, 1.0), (" ", True, 1.0)],
)
def test_tests_can_shorten_the_backoff_for_a_server_on_loopback(text: str, is_loopback: bool, seconds: float) -> None:  # noqa: FBT001 - a column of the table
    assert first_backoff({"RUNNER_REGISTRATION_BACKOFF": text}, is_loopback=is_loopback) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "2", "nan"])
def test_a_backoff_that_is_not_a_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RUNNER_REGISTRATION_BACKOFF must be a number of seconds from 0 to 1"):
        first_backoff({"RUNNER_REGISTRATION_BACKOFF": text}, is_loopback=True)
