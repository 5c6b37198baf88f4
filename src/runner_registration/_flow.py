"""What one call does, as a generator without I/O: it yields what to do next and is sent what came of it.

A client drives it and waits in its own way. So all that is thought about sending, waiting, trying again, following a
redirect and reading the answer is written here, once.
"""

from __future__ import annotations

import copy
import logging
import random
import threading
import time
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import httpx
from runner_registration_api.errors import InvalidResponse, UnexpectedStatus

from runner_registration._connection_errors import FailedAttempt
from runner_registration._errors import AuthenticationError, RateLimitError, RunnerRegistrationError
from runner_registration._redaction import one_line
from runner_registration._response_errors import invalid_response, redirect_error, status_error
from runner_registration._retry import TRANSIENT, backoff, named_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from runner_registration._redaction import Secrets

T = TypeVar("T")

logger = logging.getLogger("runner_registration")


class RequestInfo(NamedTuple):
    """The parts of a request that an error message may show."""

    method: str
    path: str
    base_url: str
    api_version: str
    proxy: str | None = None
    """The environment variable that names the proxy, if one is used."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Authorize:
    """Get the credential: at first, and once more after a 401."""


class Send(NamedTuple):
    """Send the request to this URL. The reply is an answer or a failure."""

    url: httpx.URL


class Wait(NamedTuple):
    """Let so many seconds pass."""

    seconds: float


class Answer(NamedTuple):
    """An answer, read as far as it could be."""

    response: httpx.Response
    flaw: str | None = None
    """Why it could not be read to its end."""


class Gate:
    """Holds a client's further calls while the server has said "not before"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = 0.0
        self._reason: RateLimitError | None = None

    def close(self, reason: RateLimitError) -> None:
        opens = time.monotonic() + reason.retry_after
        with self._lock:
            if opens > self._opens:
                # A copy: the error itself is raised, and with its traceback would keep the caller's frames alive.
                self._opens, self._reason = opens, copy.copy(reason)

    def remaining(self) -> float:
        return max(self._opens - time.monotonic(), 0.0)

    def refusal(self, request: RequestInfo) -> RateLimitError:
        """The error of a call that is not sent because of what an earlier one was told."""
        reason = self._reason
        assert reason is not None  # noqa: S101 - a gate that was never closed holds nobody
        return RateLimitError(
            f"{request}: not sent, as the server asked for no request before {reason.resets_at:%Y-%m-%dT%H:%M:%SZ}."
            f" It said: {reason}",
            status_code=reason.status_code,
            headers=reason.headers,
            documentation_url=reason.documentation_url,
            request_id=reason.request_id,
            retry_after=self.remaining(),
            resets_at=reason.resets_at,
            secondary=reason.secondary,
        )


class Limits(NamedTuple):
    """What bounds the calls of a client."""

    max_retries: int
    max_wait: float
    gate: Gate
    renewable: bool = False
    """Whether another credential can be had after a 401."""
    jitter: Callable[[], float] = random.random


class _Again(NamedTuple):
    """The verdict that there be another attempt."""

    because: str
    pause: float = 0.0


class Flow(Generic[T]):
    """One call."""

    def __init__(
        self,
        request: RequestInfo,
        url: httpx.URL,
        parse: Callable[[httpx.Response], T],
        limits: Limits,
        secrets: Secrets,
    ) -> None:
        """Prepare the call.

        Args:
            request: The request, for messages.
            url: Where to send it.
            parse: Reads a successful answer.
            limits: What bounds the call.
            secrets: What no message may show.
        """
        self._request = request
        self._url = url
        self._parse = parse
        self._limits = limits
        self._secrets = secrets
        self._error: RunnerRegistrationError | None = None
        self._retries = self._unnamed_limits = 0
        self._authorized = self._renewed = self._redirected = False

    def steps(self) -> Generator[Authorize | Send | Wait, Answer | FailedAttempt | None, T | RunnerRegistrationError]:
        """Do the call.

        Returns:
            What ``parse`` gave, or the error to raise. Nothing is raised here: no traceback leads to what is in here.
        """
        max_retries, max_wait, gate, *_ = self._limits
        waited = 0.0
        again: _Again | None = None
        for attempt in range(1, max_retries + 2):
            while again or gate.remaining():
                again = again or _Again(f"{self._request}: the server said to an earlier call not to ask yet.")
                seconds = max(again.pause, gate.remaining())
                if waited + seconds > max_wait:
                    return _too_long(self._error or gate.refusal(self._request), seconds, max_wait - waited)
                logger.info("%s Attempt %d of %d in %.1f s.", again.because, attempt, max_retries + 1, seconds)
                if seconds:
                    yield Wait(seconds)
                waited += seconds
                again = None
            if not self._authorized:
                yield Authorize()
                self._authorized = True
            verdict = self._judge((yield Send(self._url)))
            if not isinstance(verdict, _Again):
                return verdict
            again = verdict
        assert self._error is not None  # noqa: S101 - who says "again" says why
        return self._error

    def _judge(self, reply: Answer | FailedAttempt | None) -> T | RunnerRegistrationError | _Again:
        assert reply is not None  # noqa: S101 - Send has a reply
        if isinstance(reply, FailedAttempt):
            self._error = reply.error
            return self._backoff() if reply.retryable else reply.error
        if reply.response.is_success:
            return self._read(reply)
        if 300 <= reply.response.status_code < 400:  # noqa: PLR2004 - what a redirect is
            return self._redirect(reply.response)
        return self._refused(reply.response)

    def _read(self, answer: Answer) -> T | RunnerRegistrationError:
        reason = answer.flaw
        if reason is None:
            try:
                return self._parse(answer.response)
            except UnexpectedStatus:
                reason = "that is no success the API documents"
            except InvalidResponse as invalid:
                reason = one_line(invalid.reason, self._secrets)
        return invalid_response(answer.response, self._request, reason)

    def _redirect(self, response: httpx.Response) -> RunnerRegistrationError | _Again:
        target = _redirect_target(self._url, response)
        if self._redirected and not isinstance(target, str):
            target = "This is the second redirect, and one is followed."
        if isinstance(target, str):
            return redirect_error(response, self._request, self._secrets, one_line(target, self._secrets))
        self._error = redirect_error(response, self._request, self._secrets, "No attempt is left to follow it.")
        self._url, self._redirected = target, True
        return _Again(f"{self._request}: redirected ({response.status_code}) on the same host.")

    def _refused(self, response: httpx.Response) -> RunnerRegistrationError | _Again:
        error = self._error = status_error(response, self._request, self._secrets, unnamed_limits=self._unnamed_limits)
        wait = named_wait(response.headers)
        if isinstance(error, RateLimitError):
            self._limits.gate.close(error)
            self._unnamed_limits += wait is None
            return _Again(str(error), error.retry_after)
        if response.status_code in TRANSIENT:
            return self._backoff(wait)
        if isinstance(error, AuthenticationError) and self._limits.renewable and not self._renewed:
            self._authorized, self._renewed = False, True
            return _Again(str(error))
        return error

    def _backoff(self, named: float | None = None) -> _Again:
        self._retries += 1
        return _Again(str(self._error), named or backoff(self._retries, self._limits.jitter()))


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL | str:
    """Where a redirect leads, or why it is not followed: a credential stays with the host it is meant for."""
    location = response.headers.get("Location", "").strip()
    try:
        target = url.join(location).copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError):
        return "The redirect leads to an address that cannot be read."
    refusals = (
        (not location, "The redirect names no place to go to."),
        (target.scheme not in {"http", "https"}, "The redirect leads out of HTTP and is not followed."),
        (target.host != url.host, f"The redirect leads to another host, {target.host}, and is not followed."),
        (
            (url.scheme, target.scheme) == ("https", "http"),
            "The redirect leads from https to http and is not followed.",
        ),
        (target.port != url.port, "The redirect leads to another port of the host and is not followed."),
    )
    return next((why for refused, why in refusals if refused), target)


def _too_long(error: RunnerRegistrationError, seconds: float, left: float) -> RunnerRegistrationError:
    error = copy.copy(error)
    error.args = (f"{error} The next attempt would have to wait {seconds:.1f} s; max_wait leaves {left:.1f} s.",)
    return error
