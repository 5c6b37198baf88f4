"""One call, decided without I/O: a generator yields what to do next and is sent the result.

A client drives it and waits in its own way. Sending, waiting, retrying, following a redirect and reading the response
are decided here, once for both clients.
"""

from __future__ import annotations

import copy
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

import httpx
from runner_registration_api.errors import InvalidResponse, UnexpectedStatus

from runner_registration._constants import MAX_REPLICATION_WAITS
from runner_registration._errors import (
    AuthenticationError,
    PermissionDeniedError,
    RateLimitError,
    RunnerRegistrationError,
    SSORequiredError,
)
from runner_registration._redaction import Secrets, one_line
from runner_registration._response_reader import ACCEPT_ENCODING, ReceivedResponse
from runner_registration._retry import is_retryable, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from runner_registration_api.types import RequestArguments

    from runner_registration._connection_errors import FailedAttempt
    from runner_registration._github_app import InstallationToken
    from runner_registration._response_reader import ResponseReader
    from runner_registration._retry import RateLimitGate, RetryPolicy

T = TypeVar("T")
Step = TypeVar("Step")
Result = TypeVar("Result")

logger = logging.getLogger("runner_registration")

_url = lru_cache(maxsize=256)(httpx.URL)
"""Parsing a URL takes longer than everything else that is done here for a call."""


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


class Settings(NamedTuple):
    """What the calls of a client have in common."""

    base_url: str
    proxy: str | None
    api_version: str
    user_agent: str
    timeout: float
    policy: RetryPolicy
    is_renewable: bool
    """Whether there can be another credential after a 401."""
    build_request: Callable[..., httpx.Request]


class Authorize:
    """Get the credential: before the first request, and once more after a 401."""


# Plain classes: making a NamedTuple or a dataclass takes as long as importing a small module.


class Send:
    """Send the request to this URL. The result is a response or a failed attempt."""

    def __init__(self, url: httpx.URL) -> None:
        self.url = url


class Wait:
    """Wait for some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class _Retry:
    """Make another attempt, after ``pause`` seconds."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        self.reason = reason
        self.pause = pause


class Steps(Generic[Step, Result, T]):
    """Decisions without I/O: what to do next, given the result of the last step."""

    def __init__(self, steps: Generator[Step, Result | None, T | RunnerRegistrationError]) -> None:
        self._steps = steps
        self._outcome: T | RunnerRegistrationError | None = None

    def next(self, result: Result | None = None) -> Step | None:
        """Return what to do next, given the result of the last step; None at the end."""
        try:
            return self._steps.send(result)
        except StopIteration as end:
            self._outcome = end.value
        return None

    def result(self) -> T:
        """Return the outcome.

        Raises:
            RunnerRegistrationError: Why there is none. It is raised here: no traceback leads to the frames of `next`.
        """
        if isinstance(self._outcome, RunnerRegistrationError):
            raise self._outcome
        return cast("T", self._outcome)


class Call(Steps["Authorize | Send | Wait", "ReceivedResponse | FailedAttempt", T]):
    """One call."""

    def __init__(  # noqa: PLR0913 - what a call is made of
        self,
        settings: Settings,
        gate: RateLimitGate,
        arguments: RequestArguments,
        parse: Callable[[httpx.Response], T],
        *,
        owner: str | None = None,
        authorize_each_attempt: bool = False,
    ) -> None:
        """Prepare the call.

        Args:
            settings: What the calls of the client have in common.
            gate: Holds back the calls of the client.
            arguments: The request, as the generated package builds it.
            parse: Reads a successful response.
            owner: The organization that the call is about, if there is one.
            authorize_each_attempt: Whether a credential can be sent only once.
        """
        others: dict[str, Any] = {**arguments}
        method, path, params = others.pop("method"), others.pop("url"), others.pop("params", None)
        # Parameters are part of the URL from here on: a redirect names its own.
        self._url = httpx.URL(settings.base_url + path, params=params) if params else _url(settings.base_url + path)
        self._others = {
            **others,
            "headers": {
                **others.get("headers", {}),
                "X-GitHub-Api-Version": settings.api_version,
                "User-Agent": settings.user_agent,
                "Accept-Encoding": ACCEPT_ENCODING,
            },
            "extensions": {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), settings.timeout)},
        }
        self._settings = settings
        self._gate = gate
        self._parse = parse
        self._authorize_each_attempt = authorize_each_attempt
        self.owner = owner
        self.fresh_until = 0.0
        """Until when, by the policy's clock, a refusal may mean that the server does not know the credential yet."""
        self.installation_token: InstallationToken | None = None
        """The credential, if it is a GitHub App's."""
        self.info = RequestInfo(method.upper(), path, settings.base_url, settings.api_version, settings.proxy)
        self.secrets = Secrets()
        self._error: RunnerRegistrationError | None = None
        self._retries = self._unnamed_limits = self._replication_waits = 0
        self._is_authorized = self.is_renewed = self._is_redirected = False
        super().__init__(self._run())

    def use(self, token: InstallationToken) -> None:
        """Note the installation token that the call is sent with."""
        self.installation_token, self.fresh_until = token, token.fresh_until

    def request(self, url: httpx.URL) -> httpx.Request:
        """Build the request of one attempt."""
        request = self._settings.build_request(self.info.method, url, **self._others)
        self._requested = request.url  # a caller's HTTP client may add to it
        self.secrets.watch(request)
        return request

    def received(self, reader: ResponseReader, failure: Exception | None = None) -> ReceivedResponse | FailedAttempt:
        """Return the result of one attempt.

        Args:
            reader: What was read of the response.
            failure: What ended the attempt early. The exception, which knows the request, is not kept.
        """
        if isinstance(failure, httpx.HTTPStatusError) and failure.request.url == self._requested:
            # An event hook called raise_for_status(), as httpx's documentation shows it.
            self.secrets.watch(failure.request)
            reader.begin(failure.response)
        received = reader.response(failure)
        if received is None:
            from runner_registration._connection_errors import connection_error

            assert failure is not None  # noqa: S101 - an attempt has a response or fails
            return connection_error(failure, self.info, self.secrets, self._settings.timeout)
        return received

    def deprecation(self, received: ReceivedResponse) -> str | None:
        """Return the server's announcement that it will withdraw what was requested, if there is one."""
        headers = received.response.headers
        if "Deprecation" not in headers and "Sunset" not in headers:
            return None
        from runner_registration._response_errors import deprecation

        return deprecation(received.response, self.info, self.secrets)

    def _run(
        self,
    ) -> Generator[Authorize | Send | Wait, ReceivedResponse | FailedAttempt | None, T | RunnerRegistrationError]:
        policy, gate = self._settings.policy, self._gate
        waited = 0.0
        retry: _Retry | None = None
        for attempt in range(1, policy.max_retries + 2):
            while retry or gate.remaining():
                retry = retry or _Retry(f"{self.info}: an earlier response asked for no requests for now.")
                seconds = max(retry.pause, gate.remaining())
                if waited + seconds > policy.max_wait:
                    return _not_retried(self._error or self._held_back(), seconds, policy.max_wait - waited)
                logger.info("%s Attempt %d of %d in %.1f s.", retry.reason, attempt, policy.max_retries + 1, seconds)
                if seconds:
                    yield Wait(seconds)
                waited += seconds
                retry = None
            if not self._is_authorized or self._authorize_each_attempt:
                yield Authorize()
                self._is_authorized = True
            outcome = self._decide((yield Send(self._url)))
            if not isinstance(outcome, _Retry):
                return outcome
            retry = outcome
        assert self._error is not None  # noqa: S101 - there is no retry without an error
        return self._error

    def _decide(self, result: ReceivedResponse | FailedAttempt | None) -> T | RunnerRegistrationError | _Retry:
        assert result is not None  # noqa: S101 - Send has a result
        if not isinstance(result, ReceivedResponse):
            self._error = result.error
            return self._backoff() if result.retryable else result.error
        if result.response.is_success:
            return self._read(result)
        if 300 <= result.response.status_code < 400:  # noqa: PLR2004 - the redirects
            return self._redirect(result.response)
        return self._refused(result.response)

    def _read(self, received: ReceivedResponse) -> T | RunnerRegistrationError:
        problem = received.problem
        if problem is None:
            try:
                return self._parse(received.response)
            except UnexpectedStatus:
                problem = "the API does not document this status as a success"
            except InvalidResponse as invalid:
                problem = one_line(invalid.reason, self.secrets)
        from runner_registration._response_errors import invalid_response

        return invalid_response(received.response, self.info, problem)

    def _redirect(self, response: httpx.Response) -> RunnerRegistrationError | _Retry:
        from runner_registration._response_errors import redirect_error

        target = _redirect_target(self._url, response)
        if self._is_redirected and not isinstance(target, str):
            target = "This is the second redirect. Only one is followed."
        if isinstance(target, str):
            return redirect_error(response, self.info, self.secrets, one_line(target, self.secrets))
        self._error = redirect_error(response, self.info, self.secrets, "No attempt is left to follow it.")
        self._url, self._is_redirected = target, True
        return _Retry(f"{self.info}: redirected ({response.status_code}) on the same host.")

    def _refused(self, response: httpx.Response) -> RunnerRegistrationError | _Retry:
        from runner_registration._response_errors import status_error

        policy = self._settings.policy
        wait = parse_retry_after(response.headers)
        error = self._error = status_error(
            response, self.info, self.secrets, retry_after=wait, unnamed_limits=self._unnamed_limits
        )
        if isinstance(error, RateLimitError):
            self._gate.close(error)
            self._unnamed_limits += wait is None
            return _Retry(str(error), error.retry_after)
        if is_retryable(response.status_code):
            return self._backoff(wait)
        if isinstance(error, (AuthenticationError, PermissionDeniedError)) and self._may_be_replicating(error):
            self._replication_waits += 1
            return _Retry(str(error), policy.replication_wait(self._replication_waits))
        is_renewable = self._settings.is_renewable and not (self.is_renewed or self._authorize_each_attempt)
        if isinstance(error, AuthenticationError) and is_renewable:
            self._is_authorized, self.is_renewed = False, True
            return _Retry(str(error))
        return error

    def _may_be_replicating(self, error: RunnerRegistrationError) -> bool:
        """Tell whether another attempt with the same credential may succeed, because the credential is new."""
        is_fresh = self._settings.policy.clock() < self.fresh_until
        is_patient = self._replication_waits < MAX_REPLICATION_WAITS  # then a new credential may help
        return is_fresh and is_patient and not isinstance(error, SSORequiredError)

    def _backoff(self, named: float | None = None) -> _Retry:
        self._retries += 1
        return _Retry(str(self._error), named or self._settings.policy.backoff(self._retries))

    def _held_back(self) -> RateLimitError:
        """Return the error for a call that is not sent because of an earlier response."""
        reason = self._gate.reason
        assert reason is not None  # noqa: S101 - a gate that was never closed holds back no call
        return RateLimitError(
            f"{self.info}: not sent, as the server asked for no requests before {reason.resets_at:%Y-%m-%dT%H:%M:%SZ}."
            f" Its response was: {reason}",
            status_code=reason.status_code,
            headers=reason.headers,
            documentation_url=reason.documentation_url,
            request_id=reason.request_id,
            retry_after=self._gate.remaining(),
            resets_at=reason.resets_at,
            secondary=reason.secondary,
        )


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL | str:
    """Return where a redirect leads, or why it is not followed: a credential stays with the host it is meant for."""
    location = response.headers.get("Location", "").strip()
    try:
        target = url.join(location).copy_with(userinfo=b"", fragment=None)
        host = target.host  # decodes it
    except (httpx.InvalidURL, ValueError):
        return "The redirect leads to a URL that cannot be read."
    refusals = (
        (not location, "The redirect has no Location."),
        (target.scheme not in {"http", "https"}, "The redirect does not lead to an http(s) URL and is not followed."),
        (host != url.host, f"The redirect leads to another host, {host}, and is not followed."),
        (
            (url.scheme, target.scheme) == ("https", "http"),
            "The redirect leads from https to http and is not followed.",
        ),
        (target.port != url.port, "The redirect leads to another port of the host and is not followed."),
    )
    return next((reason for refused, reason in refusals if refused), target)


def _not_retried(error: RunnerRegistrationError, seconds: float, left: float) -> RunnerRegistrationError:
    error = copy.copy(error)
    due, rest = (f"{round(number, 1):g} s" for number in (seconds, left))
    error.args = (f"{error} Not retried: the next attempt is due in {due}, but only {rest} of max_wait is left.",)
    return error
