"""What the clients have in common: all they differ in is how they wait."""

from __future__ import annotations

import math
import os
import warnings
from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, TypeVar, cast

import httpx
from runner_registration_api.api import load

from runner_registration import _constants
from runner_registration._connection_errors import FailedAttempt
from runner_registration._credentials import clean, resolve_credential
from runner_registration._errors import CredentialError, RunnerRegistrationError
from runner_registration._exchange import ACCEPT_ENCODING, Exchange
from runner_registration._flow import Answer, Authorize, Flow, Gate, Limits, RequestInfo, Send, Wait
from runner_registration._hosts import resolve_base_url
from runner_registration._network import HttpClient
from runner_registration._proxies import proxy_for
from runner_registration._redaction import Secrets, mask_log_records
from runner_registration._response_errors import deprecation
from runner_registration._tokens import Tokens
from runner_registration._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._proxies import Proxy
    from runner_registration._tls import Verify

T = TypeVar("T")
Reply = Answer | FailedAttempt | None
Given = TypeVar("Given")
"""What a caller's own credential function returns."""

_USER_AGENT = f"runner-registration/{__version__} httpx/{httpx.__version__}"


_url = lru_cache(maxsize=256)(httpx.URL)
"""Parsing one takes longer than all else that is done here for a call."""


class _Bearer(httpx.Auth):
    """A credential, out of sight of every repr."""

    def __init__(self, credential: str) -> None:
        self._header = f"Bearer {credential}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def bearer(given: object) -> _Bearer:
    try:
        return _Bearer(clean(given))
    except CredentialError as error:
        given = None  # a report may show the variables of this frame
        raise error.with_traceback(None) from None


class _Settings(NamedTuple):
    """What the calls of a client have in common."""

    base_url: str
    proxy: str | None
    api_version: str
    headers: dict[str, str]
    timeout: float
    limits: Limits
    build_request: Callable[..., httpx.Request]


class Call(Generic[T]):
    """A call under way: what both clients do around the waiting."""

    def __init__(self, settings: _Settings, arguments: RequestArguments, parse: Callable[[httpx.Response], T]) -> None:
        others: dict[str, Any] = {**arguments}
        method, path, params = others.pop("method"), others.pop("url"), others.pop("params", None)
        self._others: dict[str, Any] = {
            **others,
            "headers": {**others.get("headers", {}), **settings.headers},
            "extensions": {"timeout": httpx.Timeout(settings.timeout).as_dict()},
        }
        self._build_request = settings.build_request
        # Parameters are part of the URL from here on: a redirect names its own.
        url = httpx.URL(settings.base_url + path, params=params) if params else _url(settings.base_url + path)
        self.request_info = RequestInfo(method.upper(), path, settings.base_url, settings.api_version, settings.proxy)
        self.secrets = Secrets()
        self._timeout = settings.timeout
        self._steps = Flow(self.request_info, url, parse, settings.limits, self.secrets).steps()
        self._outcome: T | RunnerRegistrationError | None = None

    def next(self, reply: Reply) -> Authorize | Send | Wait | None:
        """What to do next; None if that was all."""
        try:
            return self._steps.send(reply)
        except StopIteration as end:
            self._outcome = end.value
        return None

    def result(self) -> T:
        if isinstance(self._outcome, RunnerRegistrationError):
            raise self._outcome
        return cast("T", self._outcome)

    def request(self, url: httpx.URL) -> httpx.Request:
        request = self._build_request(self.request_info.method, url, **self._others)
        self.secrets.watch(request)
        return request

    def exchange(self) -> Exchange:
        return Exchange(self.request_info, self.secrets, self._timeout)


class BaseClient(Generic[HttpClient, Given]):
    def __init__(  # noqa: PLR0913 - each is a choice that users have
        self,
        credential: str | Callable[[], Given] | httpx.Auth | None = None,
        *,
        base_url: str | None = None,
        api_version: str = _constants.API_VERSION,
        timeout: float = _constants.TIMEOUT,
        max_retries: int = _constants.MAX_RETRIES,
        max_wait: float = _constants.MAX_WAIT,
        verify: Verify = True,
        allow_http: bool = False,
        user_agent: str | None = None,
        http_client: HttpClient | None = None,
    ) -> None:
        if not 0 < timeout < math.inf:
            raise ValueError("timeout must be a positive number of seconds")
        if max_retries < 0 or not 0 <= max_wait < math.inf:
            raise ValueError("max_retries and max_wait must not be negative")
        if http_client is not None and verify is not True:
            raise ValueError("verify and http_client exclude each other: give verify to the http_client")
        headers = {
            "X-GitHub-Api-Version": _header(api_version, "api_version"),
            "User-Agent": _header(user_agent or _USER_AGENT, "user_agent"),
            "Accept-Encoding": ACCEPT_ENCODING,
        }
        self._tokens = Tokens()
        try:
            base_url = resolve_base_url(base_url, os.environ)
            proxy = None if http_client else proxy_for(base_url, os.environ)
            self._connect(http_client, verify, base_url, proxy)
            found = resolve_credential(
                cast("str | Callable[[], str] | httpx.Auth | None", credential),
                base_url=base_url,
                allow_http=allow_http,
                environ=os.environ,
            )
        except (CredentialError, ValueError) as error:
            # A report may show the variables of the frames that it came through: the environment, the credential.
            credential = base_url = None
            raise error.with_traceback(None) from None
        self._credential = cast("httpx.Auth | Callable[[], Given]", _Bearer(found) if isinstance(found, str) else found)
        limits = Limits(max_retries, max_wait, Gate(), renewable=not isinstance(self._credential, httpx.Auth))
        # A caller's HTTP client adds what it was told to; ours has nothing to add, and asking for it would be felt.
        build_request = http_client.build_request if http_client else httpx.Request
        variable = proxy and proxy.variable
        self._settings = _Settings(base_url, variable, api_version, headers, timeout, limits, build_request)
        self._warned = False
        mask_log_records()
        load()

    def _registration(
        self, key: str
    ) -> tuple[Callable[[str], RequestArguments], Callable[[httpx.Response], AuthenticationToken]]:
        """Return what builds the request for a registration token, and what reads the response and keeps the token."""
        from runner_registration_api.api.actions.create_registration_token_for_org import build_request, parse

        return build_request, self._tokens.keeping(key, parse)

    @abstractmethod
    def _connect(self, http_client: HttpClient | None, verify: Verify, base_url: str, proxy: Proxy | None) -> None:
        """Take the caller's HTTP client, or make one."""

    def _warn_once(self, reply: Reply, call: Call[Any]) -> None:
        if isinstance(reply, Answer) and not self._warned:
            announced = deprecation(reply.response, call.request_info, call.secrets)
            if announced is not None:
                self._warned = True
                # Not a DeprecationWarning, which Python hides: who runs the program can choose another API version.
                warnings.warn(announced, FutureWarning, stacklevel=2)

    def __repr__(self) -> str:
        # A report of why a client could not be made shows what there is of it.
        base_url = self._settings.base_url if hasattr(self, "_settings") else "that could not be made"
        return f"<{type(self).__name__} {base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a credential and cannot be pickled or copied")


def _header(value: str, name: str) -> str:
    if not value or not value.isascii() or not value.isprintable():
        raise ValueError(
            f"{name} cannot be sent in a header: it is empty, or has characters other than printable ASCII"
        )
    return value
