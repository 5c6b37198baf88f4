"""The clients. All they differ in is how they wait."""

from __future__ import annotations

import asyncio
import math
import os
import time
import warnings
import weakref
from abc import abstractmethod
from contextlib import aclosing, closing
from functools import lru_cache, partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, Self, TypeAlias, TypeVar, cast

import httpx
from runner_registration_api.api import AsyncOperations, SyncOperations, load

from runner_registration import _constants
from runner_registration._answers import Asked, deprecation
from runner_registration._credentials import clean, resolve_credential
from runner_registration._deadline import deadline, remaining
from runner_registration._errors import CredentialError, RunnerRegistrationError
from runner_registration._exchange import ACCEPT_ENCODING, Exchange
from runner_registration._failures import EXCEPTIONS, Failure
from runner_registration._flow import Answer, Authorize, Flow, Gate, Limits, Send, Wait
from runner_registration._hosts import resolve_base_url
from runner_registration._network import HttpClient, Verify, connect, proxy_variable, trust
from runner_registration._organizations import check_organization, organizations_checked
from runner_registration._secrets import Secrets, hidden, mask_log_records
from runner_registration._tokens import TaskFlights, ThreadFlights, Tokens
from runner_registration._version import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from datetime import timedelta

    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

T = TypeVar("T")
Reply = Answer | Failure | None
StrOrAwaitable: TypeAlias = "str | Awaitable[str]"
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


def _bearer(given: object) -> _Bearer:
    try:
        return _Bearer(clean(given))
    except CredentialError as error:
        given = None  # a report may show the variables of this frame
        raise error.with_traceback(None) from None


async def _settled(given: object) -> object:
    return await given if isawaitable(given) else given


class _Settings(NamedTuple):
    """What the calls of a client have in common."""

    base_url: str
    proxy: str | None
    api_version: str
    headers: dict[str, str]
    timeout: float
    limits: Limits


class _Call(Generic[T]):
    """A call under way: what both clients do around the waiting."""

    def __init__(self, settings: _Settings, arguments: RequestArguments, parse: Callable[[httpx.Response], T]) -> None:
        others: dict[str, Any] = {**arguments}
        method, path, params = others.pop("method"), others.pop("url"), others.pop("params", None)
        self._others: dict[str, Any] = {
            **others,
            "headers": {**others.get("headers", {}), **settings.headers},
            "timeout": settings.timeout,
        }
        # Parameters are part of the URL from here on: a redirect names its own.
        url = httpx.URL(settings.base_url + path, params=params) if params else _url(settings.base_url + path)
        self.asked = Asked(method.upper(), path, settings.base_url, settings.api_version, settings.proxy)
        self.secrets = Secrets()
        self._timeout = settings.timeout
        self._steps = Flow(self.asked, url, parse, settings.limits, self.secrets).steps()
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

    def request(self, http: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> httpx.Request:
        request = http.build_request(self.asked.method, url, **self._others)
        self.secrets.watch(request)
        return request

    def exchange(self) -> Exchange:
        return Exchange(self.asked, self.secrets, self._timeout)


class _BaseClient(Generic[HttpClient, Given]):
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
        try:
            base_url = resolve_base_url(base_url, os.environ)
            proxy = None if http_client else proxy_variable(base_url)
            self._connect(http_client, verify, base_url, headers)
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
        # An HTTP client of our own has the headers already.
        self._settings = _Settings(base_url, proxy, api_version, headers if http_client else {}, timeout, limits)
        self._warned = False
        mask_log_records()
        load()

    @abstractmethod
    def _connect(self, http_client: HttpClient | None, verify: Verify, base_url: str, headers: dict[str, str]) -> None:
        """Take the caller's HTTP client, or make one."""

    def _warn_once(self, reply: Reply, call: _Call[Any]) -> None:
        if isinstance(reply, Answer) and not self._warned:
            announced = deprecation(reply.response, call.asked, call.secrets)
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


@organizations_checked
class Client(_BaseClient[httpx.Client, str], SyncOperations):
    """Asks GitHub for the registration tokens of an organization's self-hosted runners.

    Connections are pooled, with or without ``with``. Threads may share a client.

    Example:
        >>> with Client() as client:
        ...     token = client.registration_token("octo-org").token

    Args:
        credential: A token, a callable that returns one (asked for each request, and once more after a 401), or an
            ``httpx.Auth``. None: what the environment has for this host, then what ``gh auth token`` says.
        base_url: A host or an API's URL. None: ``GITHUB_API_URL``, then ``GH_HOST``, then github.com.
        api_version: What ``X-GitHub-Api-Version`` asks for.
        timeout: Seconds that one attempt may take in all, once the name is resolved.
        max_retries: How many more attempts a call may make; a redirect and a second try after a 401 count.
        max_wait: Seconds that a call may wait between its attempts, in all. It fails at once where more are needed.
        verify: Whom to trust: True (``SSL_CERT_FILE``, ``SSL_CERT_DIR``, or else certifi), a CA file or directory, an
            ``ssl.SSLContext`` (``ssl.create_default_context()`` for the system's trust store), or False.
        allow_http: Whether the credential may go over plain http to another machine.
        user_agent: The ``User-Agent``. None: this package's name and version.
        http_client: An ``httpx.Client`` with proxies or transports of your own. It stays open when this is closed.

    Raises:
        CredentialError: No credential was found, or it must not or cannot be sent.
        ValueError: Another argument makes no sense, or a variable of the environment: its name is in the message.

    Source: https://docs.github.com/en/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization

    Each retry and each wait is one INFO record of the logger ``runner_registration``. A server that announces the end
    of what is asked (``Deprecation``, ``Sunset``) causes one ``FutureWarning``.
    """

    def _connect(
        self, http_client: httpx.Client | None, verify: Verify, base_url: str, headers: dict[str, str]
    ) -> None:
        from runner_registration._transport import enforce_deadlines  # httpcore, which httpx puts off as well

        self._http = http_client or connect(httpx.Client, trust(verify), base_url, headers)
        self._tokens = Tokens()
        self._flights = ThreadFlights(self._tokens)
        enforce_deadlines(self._http)
        # Without `with`, connections are closed no later than the client is forgotten.
        self._finalize = None if http_client else weakref.finalize(self, self._http.close)

    def registration_token(self, org: str, *, min_valid: timedelta = _constants.MIN_VALID) -> AuthenticationToken:
        """Get a registration token, the last one again while it is good for ``min_valid``.

        However many threads ask for an organization at once, one request is made. Tokens are kept in memory only.

        Args:
            org: The organization's name; upper and lower case are the same.
            min_valid: How long the token must be good yet, by the server's clock. From an hour on, which is as long as
                GitHub's tokens live, each call asks anew.

        Raises:
            InvalidOrganizationError: It is no organization's name.
            RunnerRegistrationError: See its subclasses.

        Source: https://docs.github.com/en/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization
        """
        key = org.casefold()
        token = self._tokens.get(key, min_valid)
        if token is None:
            check_organization(org)
            token = self._flights.join(key, min_valid, partial(self._fetch, org, key))
        return token

    def close(self) -> None:
        """Close the connections."""
        if self._finalize:
            self._finalize()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fetch(self, org: str, key: str) -> AuthenticationToken:
        from runner_registration_api.api.actions.create_registration_token_for_org import build_request, parse

        return self._call(build_request(org), self._tokens.keeping(key, parse))

    def _call(self, request: RequestArguments, parse: Callable[[httpx.Response], T], /) -> T:
        call = _Call(self._settings, request, parse)
        auth: httpx.Auth | None = None
        reply: Reply = None
        with hidden(call.secrets):
            while step := call.next(reply):
                reply = None
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                elif isinstance(step, Send):
                    reply = self._send(call, step.url, auth)
                    self._warn_once(reply, call)
                else:
                    auth = self._authorize()
        return call.result()

    def _authorize(self) -> httpx.Auth:
        return self._credential if isinstance(self._credential, httpx.Auth) else _bearer(self._credential())

    def _send(self, call: _Call[Any], url: httpx.URL, auth: httpx.Auth | None) -> Reply:
        exchange = call.exchange()
        request = call.request(self._http, url)
        try:
            with deadline(self._settings.timeout):
                response = self._http.send(request, auth=auth, stream=True, follow_redirects=False)
                with closing(response):
                    if exchange.begin(response):
                        for chunk in response.iter_raw():
                            remaining(None, httpx.ReadTimeout)  # the caller's own transports know no deadline
                            if not exchange.add(chunk):
                                break
        except EXCEPTIONS as exception:
            exchange.fail(exception)
        return exchange.outcome()


@organizations_checked
class AsyncClient(_BaseClient[httpx.AsyncClient, StrOrAwaitable], AsyncOperations):
    """`Client` for asyncio: the same arguments, methods and errors.

    Example:
        >>> async with AsyncClient() as client:
        ...     token = (await client.registration_token("octo-org")).token

    Args:
        credential: As for `Client`; a callable may also return an awaitable.
        http_client: An ``httpx.AsyncClient`` of your own. It stays open when this is closed.
    """

    def _connect(
        self, http_client: httpx.AsyncClient | None, verify: Verify, base_url: str, headers: dict[str, str]
    ) -> None:
        self._injected = http_client
        if http_client is None:
            self._make = partial(connect, httpx.AsyncClient, trust(verify), base_url, headers)
            self._make()  # what cannot work is refused now
        # Connections belong to an event loop, and a client may outlive one: asyncio.run makes a new one each time.
        self._https: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        self._closed = False
        self._tokens = Tokens()
        self._flights = TaskFlights()

    async def registration_token(self, org: str, *, min_valid: timedelta = _constants.MIN_VALID) -> AuthenticationToken:
        """As `Client.registration_token`, with tasks for threads.

        The request is a task of its own: a caller who is cancelled cancels nobody else.
        """
        key = org.casefold()
        token = self._tokens.get(key, min_valid)
        if token is None:
            check_organization(org)
            token = await self._flights.join(key, partial(self._fetch, org, key))
        return token

    async def aclose(self) -> None:
        """Close the connections of the running event loop; there are no others unless an earlier loop left some."""
        self._closed = True
        http = self._https.pop(asyncio.get_running_loop(), None)
        if http is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _fetch(self, org: str, key: str) -> AuthenticationToken:
        from runner_registration_api.api.actions.create_registration_token_for_org import build_request, parse

        return await self._call(build_request(org), self._tokens.keeping(key, parse))

    async def _call(self, request: RequestArguments, parse: Callable[[httpx.Response], T], /) -> T:
        call = _Call(self._settings, request, parse)
        auth: httpx.Auth | None = None
        reply: Reply = None
        with hidden(call.secrets):
            while step := call.next(reply):
                reply = None
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                elif isinstance(step, Send):
                    reply = await self._send(call, step.url, auth)
                    self._warn_once(reply, call)
                else:
                    auth = await self._authorize()
        return call.result()

    async def _authorize(self) -> httpx.Auth:
        if isinstance(self._credential, httpx.Auth):
            return self._credential
        return _bearer(await _settled(self._credential()))

    async def _send(self, call: _Call[Any], url: httpx.URL, auth: httpx.Auth | None) -> Reply:
        exchange = call.exchange()
        http = self._http()
        request = call.request(http, url)
        try:
            async with asyncio.timeout(self._settings.timeout):
                response = await http.send(request, auth=auth, stream=True, follow_redirects=False)
                async with aclosing(response):
                    if exchange.begin(response):
                        async for chunk in response.aiter_raw():
                            if not exchange.add(chunk):
                                break
        except EXCEPTIONS as exception:
            exchange.fail(exception)
        return exchange.outcome()

    def _http(self) -> httpx.AsyncClient:
        if self._injected is not None:
            return self._injected
        if self._closed:
            raise RuntimeError("the client has been closed")
        loop = asyncio.get_running_loop()
        http = self._https.get(loop)
        if http is None:
            for other in list(self._https):
                if other.is_closed():  # nothing can be closed on it any more: that is left to the collector
                    self._https.pop(other, None)
            http = self._https[loop] = self._make()
        return http


def _header(value: str, name: str) -> str:
    if not value or not value.isascii() or not value.isprintable():
        raise ValueError(
            f"{name} cannot be sent in a header: it is empty, or has characters other than printable ASCII"
        )
    return value
