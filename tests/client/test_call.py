"""What a call does next, decided without I/O: when it waits and how long, what it retries, when it gives up."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest

import runner_registration as rr
from runner_registration._call import Authorize, Call, Send, Settings, Wait
from runner_registration._connection_errors import FailedAttempt
from runner_registration._response_reader import ReceivedResponse
from runner_registration._retry import RateLimitGate, RetryPolicy
from tests.responses import PATH

URL = httpx.URL(f"https://api.github.com{PATH}")

DROPPED = FailedAttempt(rr.APIConnectionError("dropped"), retryable=True)
UNTRUSTED = FailedAttempt(rr.APIConnectionError("untrusted"), retryable=False)


def response(status: int, message: str = "", **headers: str) -> ReceivedResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ReceivedResponse(httpx.Response(status, headers=named, json={"message": message}))


OK = response(201)
LIMITED = response(403, "You have exceeded a secondary rate limit")


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> RateLimitGate:
    return RateLimitGate(clock)


def new_call(
    gate: RateLimitGate, *, renewable: bool = False, base_url: str = "https://api.github.com", **limits: Any
) -> Call[httpx.Response]:
    policy = RetryPolicy(**limits, jitter=lambda: 1.0)
    settings = Settings(base_url, None, "2022-11-28", "acme/1.0", 30.0, policy, renewable, httpx.Request)
    return Call(settings, gate, {"method": "POST", "url": PATH}, lambda response: response)


def run(
    clock: Clock, gate: RateLimitGate, *results: ReceivedResponse | FailedAttempt, **limits: Any
) -> tuple[list[str], Any]:
    """Return the steps of a call that gets these results, and its end: a response or an error."""
    call = new_call(gate, **limits)
    coming, steps, result = iter(results), list[str](), None
    while step := call.next(result):
        result = None
        match step:
            case Wait():
                steps.append(f"wait {step.seconds:g}")
                clock.now += step.seconds
            case Send():
                steps.append("send" if step.url == URL else f"send {step.url}")
                result = next(coming)
            case Authorize():
                steps.append("authorize")
    assert next(coming, None) is None, "the call did not get to every result"
    try:
        return steps, call.result()
    except rr.RunnerRegistrationError as error:
        return steps, error


def doing(steps: str) -> list[str]:
    return ["authorize", *steps.split(", ")]


class Case(NamedTuple):
    """What a call does, given these results one after the other."""

    results: list[ReceivedResponse | FailedAttempt]
    steps: str
    end: type[object]
    limits: Mapping[str, Any] = MappingProxyType({})
    """Arguments of the retry policy."""


TOKEN = httpx.Response
ELSEWHERE = (
    *("https://github.com/", "//github.com/", "https://api.github.com.example/", "https://api.github.com@example.com/"),
    *("https://api.github.com:8443/", "http://api.github.com/", "https://uploads.github.com/", "https://xn--0/", ""),
)
MOVED = "https://api.github.com/organizations/1"

CASES = {
    "success": Case([OK], "send", TOKEN),
    "dropped connection": Case([DROPPED, OK], "send, wait 1, send", TOKEN),
    "all dropped": Case([DROPPED] * 4, "send, wait 1, send, wait 2, send, wait 4, send", rr.APIConnectionError),
    "what stays as it is": Case([UNTRUSTED], "send", rr.APIConnectionError),
    **{
        f"{status} once": Case([response(status), OK], "send, wait 1, send", TOKEN)
        for status in (500, 502, 503, 504, 507, 520, 524, 599)
    },
    **{
        f"{status} never again": Case([response(status)], "send", rr.APIStatusError)
        for status in (400, 401, 403, 404, 409, 410, 418, 422, 451, 501, 505, 511)
    },
    "503 names a time": Case([response(503, Retry_After="7"), OK], "send, wait 7, send", TOKEN),
    "no retries allowed": Case([response(500)], "send", rr.InternalServerError, {"max_retries": 0}),
    "backoff does not fit": Case([DROPPED], "send", rr.APIConnectionError, {"max_wait": 0.5}),
    "60 s where none are named": Case([LIMITED, OK], "send, wait 60, send", TOKEN),
    "doubling after": Case(
        [LIMITED, LIMITED, LIMITED, OK],
        "send, wait 60, send, wait 120, send, wait 240, send",
        TOKEN,
        {"max_wait": 420.0},
    ),
    "the second does not fit": Case([LIMITED, LIMITED], "send, wait 60, send", rr.RateLimitError),
    "the first does not fit": Case([LIMITED], "send", rr.RateLimitError, {"max_wait": 59.9}),
    "it just fits": Case([LIMITED, OK], "send, wait 60, send", TOKEN, {"max_wait": 60.0}),
    "the named times": Case(
        [response(429, Retry_After="5"), response(429, Retry_After="6"), OK], "send, wait 5, send, wait 6, send", TOKEN
    ),
    "a named time of zero": Case([response(429, Retry_After="0"), OK], "send, send", TOKEN),
    "a blank time": Case([response(429, Retry_After=""), OK], "send, wait 60, send", TOKEN),
    "max_wait is for the sum": Case([response(503), LIMITED, OK], "send, wait 1, send, wait 60, send", TOKEN),
    "another credential": Case([response(401), OK], "send, authorize, send", TOKEN, {"renewable": True}),
    "no third credential": Case(
        [response(401), response(401)], "send, authorize, send", rr.AuthenticationError, {"renewable": True}
    ),
    "another credential is an attempt": Case(
        [response(401)], "send", rr.AuthenticationError, {"renewable": True, "max_retries": 0}
    ),
    "redirect on the same host": Case(
        [response(307, Location="/organizations/1"), response(502), OK],
        f"send, send {MOVED}, wait 1, send {MOVED}",
        TOKEN,
    ),
    "a redirect is an attempt": Case([response(307, Location=MOVED)], "send", rr.RedirectError, {"max_retries": 0}),
    "a second redirect": Case(
        [response(301, Location=MOVED), response(301, Location="/2")], f"send, send {MOVED}", rr.RedirectError
    ),
    **{f"redirect to {url}": Case([response(302, Location=url)], "send", rr.RedirectError) for url in ELSEWHERE},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_call_takes_these_steps(case: Case, clock: Clock, gate: RateLimitGate) -> None:
    done, result = run(clock, gate, *case.results, **case.limits)
    assert done == doing(case.steps)
    assert isinstance(result, case.end)


def test_a_redirect_to_the_same_host_loses_userinfo_and_may_become_https(gate: RateLimitGate) -> None:
    call = new_call(gate, base_url="http://ghe.example/api/v3")
    call.next()
    call.next()
    moved = response(301, Location="https://user:pass@ghe.example/api/v3/x#fragment")
    step = call.next(moved)
    assert isinstance(step, Send)
    assert step.url == "https://ghe.example/api/v3/x"


def test_later_calls_wait_for_the_end_of_a_rate_limit_if_it_fits(clock: Clock, gate: RateLimitGate) -> None:
    assert isinstance(run(clock, gate, LIMITED, max_wait=10)[1], rr.RateLimitError)
    clock.now += 20
    assert run(clock, gate, OK)[0] == ["wait 40", "authorize", "send"]
    assert run(clock, gate, OK)[0] == ["authorize", "send"]


def test_later_calls_fail_at_once_if_the_rest_does_not_fit(clock: Clock, gate: RateLimitGate) -> None:
    first = run(clock, gate, LIMITED, max_wait=10)[1]
    clock.now += 20
    steps, error = run(clock, gate, max_wait=39)
    assert steps == []
    assert isinstance(error, rr.RateLimitError)
    assert (error.retry_after, error.resets_at, error.secondary) == (40, first.resets_at, True)
    assert "not sent" in str(error)
    assert str(error).endswith("Not retried: the next attempt is due in 40 s, but only 39 s of max_wait is left.")


def waits(call: Call[httpx.Response], result: ReceivedResponse | None = None) -> float:
    step = call.next(result)
    assert isinstance(step, Wait)
    return step.seconds


def test_waits_for_a_rate_limit_that_another_call_meets_meanwhile(clock: Clock, gate: RateLimitGate) -> None:
    call = new_call(gate)
    call.next()
    call.next()
    assert waits(call, response(502)) == 1
    run(clock, gate, response(429, Retry_After="30"), max_wait=0)
    clock.now += 1
    assert waits(call) == 29


def test_a_shorter_limit_does_not_open_the_gate_early(clock: Clock, gate: RateLimitGate) -> None:
    for seconds in ("30", "5"):
        limited = run(clock, RateLimitGate(clock), response(429, Retry_After=seconds), max_wait=0)[1]
        gate.close(limited)
    assert gate.remaining() == 30


def test_each_retry_and_each_wait_is_one_log_record(
    clock: Clock, gate: RateLimitGate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "runner_registration")
    run(clock, gate, response(429, Retry_After="8"), max_wait=0)
    results = [response(502), response(307, Location="/x"), response(401), OK]
    run(clock, gate, *results, renewable=True)
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.INFO, "runner_registration")] * 4
    limited, bad_gateway, redirected, unauthorized = (record.getMessage() for record in caplog.records)
    assert limited.endswith("asked for no requests for now. Attempt 1 of 4 in 8.0 s.")
    assert "502 Bad Gateway" in bad_gateway
    assert bad_gateway.endswith("Attempt 2 of 4 in 1.0 s.")
    assert "redirected (307) on the same host. Attempt 3 of 4 in 0.0 s." in redirected
    assert "401 Unauthorized" in unauthorized
