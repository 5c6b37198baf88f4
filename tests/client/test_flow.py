"""What a call does next, decided without I/O: when it waits and how long, what it tries again, when it gives up."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration._connection_errors import FailedAttempt
from runner_registration._flow import Answer, Authorize, Flow, Gate, Limits, RequestInfo, Send, Wait
from runner_registration._redaction import Secrets

from .cases import PATH

URL = httpx.URL(f"https://api.github.com{PATH}")
REQUEST = RequestInfo("POST", PATH, "https://api.github.com", "2022-11-28")

DROPPED = FailedAttempt(rr.APIConnectionError("dropped"), retryable=True)
UNTRUSTED = FailedAttempt(rr.APIConnectionError("untrusted"), retryable=False)


def answer(status: int, message: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(httpx.Response(status, headers=named, json={"message": message}))


OK = answer(201)
LIMITED = answer(403, "You have exceeded a secondary rate limit")


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("runner_registration._flow.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def run(
    clock: Clock, *replies: Answer | FailedAttempt, gate: Gate | None = None, **limits: Any
) -> tuple[list[str], Any]:
    """What a call does when it gets these replies, and how it ends."""
    bounds = Limits(3, 90.0, gate or Gate(), jitter=lambda: 1.0)._replace(**limits)
    steps = Flow(REQUEST, URL, lambda response: response, bounds, Secrets()).steps()
    coming, done, reply = iter(replies), list[str](), None
    try:
        while True:
            step = steps.send(reply)
            reply = None
            match step:
                case Authorize():
                    done.append("authorize")
                case Wait():
                    done.append(f"wait {step.seconds:g}")
                    clock.now += step.seconds
                case Send():
                    done.append("send" if step.url == URL else f"send {step.url}")
                    reply = next(coming)
    except StopIteration as end:
        assert next(coming, None) is None, "not every reply was asked for"
        return done, end.value


def doing(steps: str) -> list[str]:
    return ["authorize", *steps.split(", ")]


@pytest.mark.parametrize(
    ("replies", "limits", "steps", "end"),
    [
        pytest.param([OK], {}, "send", httpx.Response, id="success"),
        pytest.param([DROPPED, OK], {}, "send, wait 1, send", httpx.Response, id="dropped connection"),
        pytest.param(
            [DROPPED] * 4, {}, "send, wait 1, send, wait 2, send, wait 4, send", rr.APIConnectionError, id="all dropped"
        ),
        pytest.param([UNTRUSTED], {}, "send", rr.APIConnectionError, id="what stays as it is"),
        *(
            pytest.param([answer(status), OK], {}, "send, wait 1, send", httpx.Response, id=f"{status} once")
            for status in (500, 502, 503, 504)
        ),
        *(
            pytest.param([answer(status)], {}, "send", rr.APIStatusError, id=f"{status} never again")
            for status in (400, 401, 403, 404, 409, 410, 418, 422, 451, 501, 505, 511, 520)
        ),
        pytest.param(
            [answer(503, Retry_After="7"), OK], {}, "send, wait 7, send", httpx.Response, id="503 names a time"
        ),
        pytest.param([answer(500)], {"max_retries": 0}, "send", rr.InternalServerError, id="no retries allowed"),
        pytest.param([DROPPED], {"max_wait": 0.5}, "send", rr.APIConnectionError, id="backoff does not fit"),
        pytest.param([LIMITED, OK], {}, "send, wait 60, send", httpx.Response, id="60 s where none are named"),
        pytest.param(
            [LIMITED, LIMITED, LIMITED, OK],
            {"max_wait": 420.0},
            "send, wait 60, send, wait 120, send, wait 240, send",
            httpx.Response,
            id="doubling after",
        ),
        pytest.param([LIMITED, LIMITED], {}, "send, wait 60, send", rr.RateLimitError, id="the second does not fit"),
        pytest.param([LIMITED], {"max_wait": 59.9}, "send", rr.RateLimitError, id="the first does not fit"),
        pytest.param([LIMITED, OK], {"max_wait": 60.0}, "send, wait 60, send", httpx.Response, id="it just fits"),
        pytest.param(
            [answer(429, Retry_After="5"), answer(429, Retry_After="6"), OK],
            {},
            "send, wait 5, send, wait 6, send",
            httpx.Response,
            id="the named times",
        ),
        pytest.param([answer(429, Retry_After="0"), OK], {}, "send, send", httpx.Response, id="a named time of zero"),
        pytest.param([answer(429, Retry_After=""), OK], {}, "send, wait 60, send", httpx.Response, id="a blank time"),
        pytest.param(
            [answer(503), LIMITED, OK],
            {},
            "send, wait 1, send, wait 60, send",
            httpx.Response,
            id="max_wait is for the sum",
        ),
        pytest.param(
            [answer(401), OK], {"renewable": True}, "send, authorize, send", httpx.Response, id="another credential"
        ),
        pytest.param(
            [answer(401), answer(401)],
            {"renewable": True},
            "send, authorize, send",
            rr.AuthenticationError,
            id="no third credential",
        ),
        pytest.param(
            [answer(401)],
            {"renewable": True, "max_retries": 0},
            "send",
            rr.AuthenticationError,
            id="another credential is an attempt",
        ),
        pytest.param(
            [answer(307, Location="/organizations/1"), answer(502), OK],
            {},
            "send, send https://api.github.com/organizations/1, wait 1, send https://api.github.com/organizations/1",
            httpx.Response,
            id="redirect on the same host",
        ),
        pytest.param(
            [answer(307, Location="/organizations/1")],
            {"max_retries": 0},
            "send",
            rr.RedirectError,
            id="a redirect is an attempt",
        ),
        pytest.param(
            [answer(301, Location="/1"), answer(301, Location="/2")],
            {},
            "send, send https://api.github.com/1",
            rr.RedirectError,
            id="a second redirect",
        ),
        *(
            pytest.param([answer(302, Location=location)], {}, "send", rr.RedirectError, id=f"redirect to {location}")
            for location in (
                "https://github.com/",
                "//github.com/",
                "https://api.github.com.example/",
                "https://api.github.com@example.com/",
                "https://api.github.com:8443/",
                "http://api.github.com/",
                "https://uploads.github.com/",
                "",
            )
        ),
    ],
)
def test_steps(
    replies: list[Answer | FailedAttempt], limits: dict[str, Any], steps: str, end: type[object], clock: Clock
) -> None:
    done, outcome = run(clock, *replies, **limits)
    assert done == doing(steps)
    assert isinstance(outcome, end)


def test_a_redirect_to_the_same_host_loses_userinfo_and_may_become_https(clock: Clock) -> None:
    _, outcome = run(clock, answer(302, Location="https://user:pass@api.github.com:443/x#fragment"), OK)
    assert isinstance(outcome, httpx.Response)
    steps = Flow(
        REQUEST, httpx.URL("http://ghe.example/api/v3"), lambda _: None, Limits(3, 90, Gate()), Secrets()
    ).steps()
    next(steps)
    next(steps)
    assert steps.send(answer(301, Location="https://ghe.example/api/v3")) == Send(
        httpx.URL("https://ghe.example/api/v3")
    )


def test_further_calls_wait_the_rest_of_a_rate_limit_out_if_it_fits(clock: Clock) -> None:
    gate = Gate()
    assert isinstance(run(clock, LIMITED, gate=gate, max_wait=10)[1], rr.RateLimitError)
    clock.now += 20
    assert run(clock, OK, gate=gate)[0] == ["wait 40", "authorize", "send"]
    assert run(clock, OK, gate=gate)[0] == ["authorize", "send"]


def test_further_calls_fail_at_once_if_the_rest_does_not_fit(clock: Clock) -> None:
    gate = Gate()
    first = run(clock, LIMITED, gate=gate, max_wait=10)[1]
    clock.now += 20
    steps, error = run(clock, gate=gate, max_wait=39)
    assert steps == []
    assert isinstance(error, rr.RateLimitError)
    assert (error.retry_after, error.resets_at, error.secondary) == (40, first.resets_at, True)
    assert "not sent" in str(error)
    assert "have to wait 40.0 s; max_wait leaves 39.0 s" in str(error)


def test_a_rate_limit_met_meanwhile_by_another_call_is_waited_out_too(clock: Clock) -> None:
    gate = Gate()
    steps = Flow(REQUEST, URL, lambda _: None, Limits(3, 90, gate, jitter=lambda: 1.0), Secrets()).steps()
    next(steps)
    next(steps)
    assert steps.send(answer(502)) == Wait(1.0)
    run(clock, answer(429, Retry_After="30"), gate=gate, max_wait=0)
    clock.now += 1
    assert next(steps) == Wait(29.0)


def test_a_shorter_limit_does_not_open_the_gate_early(clock: Clock) -> None:
    gate = Gate()
    for seconds in ("30", "5"):
        limited = run(clock, answer(429, Retry_After=seconds), max_wait=0)[1]
        gate.close(limited)
    assert gate.remaining() == 30


def test_each_retry_and_each_wait_is_one_record(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "runner_registration")
    gate = Gate()
    run(clock, answer(429, Retry_After="8"), gate=gate, max_wait=0)
    replies = [answer(502), answer(307, Location="/x"), answer(401), OK]
    run(clock, *replies, gate=gate, renewable=True)
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.INFO, "runner_registration")] * 4
    limited, bad_gateway, redirected, unauthorized = (record.getMessage() for record in caplog.records)
    assert limited.endswith("not to ask yet. Attempt 1 of 4 in 8.0 s.")
    assert "502 Bad Gateway" in bad_gateway
    assert bad_gateway.endswith("Attempt 2 of 4 in 1.0 s.")
    assert "redirected (307) on the same host. Attempt 3 of 4 in 0.0 s." in redirected
    assert "401 Unauthorized" in unauthorized
