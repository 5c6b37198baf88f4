"""The client that waits by blocking its thread."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

import httpx
from runner_registration_api.api import SyncOperations

import runner_registration as rr  # imports a public class when an annotation that names it is evaluated
from runner_registration import _constants
from runner_registration._base_client import BaseClient, Bearer, check_min_valid, signed
from runner_registration._call import Call, Send, Wait
from runner_registration._deadlines import deadline, enforce_deadlines, remaining, survive_signals
from runner_registration._errors import RunnerRegistrationError
from runner_registration._network import connect, network_errors
from runner_registration._redaction import masking
from runner_registration._response_reader import ResponseReader
from runner_registration._single_flight import ThreadSingleFlight
from runner_registration._tls import Verify, ssl_context
from runner_registration._token_cache import cache_key

if TYPE_CHECKING:
    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._connection_errors import FailedAttempt
    from runner_registration._github_app import AppSession, InstallationToken
    from runner_registration._proxies import Proxy
    from runner_registration._response_reader import ReceivedResponse

T = TypeVar("T")
P = ParamSpec("P")


class _Connections:
    """An HTTP client. If it is ours, its connections are closed no later than the last user lets go of it."""

    def __init__(self, http: httpx.Client, *, are_ours: bool) -> None:
        self.http = http
        if are_ours:
            weakref.finalize(self, _close, http, os.getpid())


def _close(http: httpx.Client, process: int) -> None:
    if os.getpid() == process:  # a forked process must not touch its parent's connections and locks
        http.close()


class Client(BaseClient[httpx.Client, str], SyncOperations):
    """Creates registration tokens for an organization's self-hosted runners.

    Connections are pooled, with or without ``with``. Threads may share a client. A process that is forked may use its
    parent's client: it opens its own connections. For another credential, make another client.

    Examples:
        >>> with Client() as client:
        ...     token = client.registration_token("octo-org").token

    Args:
        credential: A token, a callable that returns one (called for each request, and once more after a 401), a
            ``GitHubApp``, or an ``httpx.Auth``. None: the environment's credential for this host, then that of
            ``gh auth token``.
        base_url: A host or the URL of an API. None: ``GITHUB_API_URL``, then ``GH_HOST``, then github.com.
        api_version: The value of ``X-GitHub-Api-Version``.
        timeout: Seconds that one attempt may take in total, once the host name is resolved.
        max_retries: Attempts after the first one, at most 1,000. A redirect and a second attempt after a 401 count.
        max_wait: Seconds that a call may wait between its attempts in total. A call that would have to wait longer
            fails at once.
        verify: The certificates to trust: True (``SSL_CERT_FILE``, ``SSL_CERT_DIR``, or else certifi's), a file or
            directory of CAs, an ``ssl.SSLContext`` (``ssl.create_default_context()`` for the system's CAs), or False.
        allow_http: Whether the credential may be sent to another machine over plain http.
        user_agent: The value of ``User-Agent``. None: the name and version of this package.
        http_client: An ``httpx.Client`` with proxies or transports of your own. It stays open when this client is
            closed. A forked process cannot use it.
        token_store: Where to share registration tokens with other processes: a `FileTokenStore`, a `RedisTokenStore`
            or one of your own. It is used by `registration_token` only.

    Raises:
        CredentialError: No credential was found, or it cannot or must not be sent.
        TypeError: An argument has the wrong type.
        ValueError: An argument or an environment variable is not valid. The message names it.

    Source: https://docs.github.com/en/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization

    Each retry and each wait is one INFO record of the logger ``runner_registration``. A response that announces the
    end of the API version (``Deprecation``, ``Sunset``) causes one ``FutureWarning``.
    """

    def _connect(self, http_client: httpx.Client | None, verify: Verify, base_url: str, proxy: Proxy | None) -> None:
        given = cast("object", http_client)  # the annotation is not checked at run time
        if not isinstance(given, (httpx.Client, type(None))):
            raise TypeError(f"http_client must be an httpx.Client, not a {type(given).__name__}")
        self._injected = http_client
        self._is_closed = False
        self._disconnect()
        if http_client is None:
            self._make = partial(connect, httpx.Client, ssl_context(verify, base_url), proxy)
            self._http()  # what cannot work is refused now
        else:
            enforce_deadlines(http_client)

    def _disconnect(self) -> None:
        self._single_flight = ThreadSingleFlight["AuthenticationToken"]()
        self._sign_ins = ThreadSingleFlight["InstallationToken"]()
        self._connections: _Connections | None = None

    def registration_token(self, org: str, *, min_valid: timedelta = _constants.MIN_VALID) -> rr.AuthenticationToken:
        """Return a registration token, reused until less than ``min_valid`` is left.

        Any number of threads that ask for one organization cause one request; with a ``token_store``, any number of
        processes. Without one, tokens are kept in memory only. Each caller gets an object of its own.

        Args:
            org: The organization's name. Upper and lower case are the same.
            min_valid: Minimum remaining lifetime, measured by the server's clock. One hour or more always requests a
                new token.

        Raises:
            InvalidOrganizationError: It is not an organization's name.
            RunnerRegistrationError: See its subclasses.

        Source: https://docs.github.com/en/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization
        """
        check_min_valid(min_valid)
        key = cache_key(org)
        token = self._tokens.get(key, min_valid)
        if token is None:
            self._refuse_reentrance()
            token = self._single_flight.run(key, partial(self._fetch, org, key, min_valid), self._longest_fetch)
        return token

    def close(self) -> None:
        """Close the connections. Requests that other threads have in flight end first."""
        self._is_closed = True
        self._connections = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fetch(self, org: str, key: str, min_valid: timedelta) -> AuthenticationToken:
        token = self._tokens.get(key, min_valid)  # another thread's request may have ended since the caller looked
        if token is not None:
            return token
        lookup = self._look_up(org, key, min_valid)
        if lookup is None:
            return self._request(org, key)
        try:
            for future, seconds in lookup.futures():
                lookup.wait(future, seconds)
            if lookup.found is not None:
                return self._keep(key, lookup.found)
            token = self._request(org, key)
            lookup.save(token, self._tokens.seconds_left(key))
            return token
        finally:
            lookup.wait(lookup.ended, lookup.end())
            lookup.check_ended()

    def _request(self, org: str, key: str) -> AuthenticationToken:
        build_request, parse = self._registration(key)
        return self._call(build_request, parse, org=org)

    def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return self._run(self._new_call(build_request, parse, *args, **kwargs), self._authorize)

    def _run(self, call: Call[T], authorize: Callable[[Call[Any]], httpx.Auth]) -> T:
        auth: httpx.Auth | None = None
        result: ReceivedResponse | FailedAttempt | None = None
        with masking(call.secrets):
            while step := call.next(result):
                result = None
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                elif isinstance(step, Send):
                    result = self._send(call, step.url, auth)
                    self._warn_once(result, call)
                else:
                    auth = authorize(call)
        return call.result()

    def _authorize(self, call: Call[Any]) -> httpx.Auth:
        if self._app is not None:
            return self._authorize_app(self._app, call)
        if isinstance(self._credential, httpx.Auth):
            return self._credential
        with self._calling_credential_function():
            return self._bearer(call, self._credential())

    def _authorize_app(self, app: AppSession, call: Call[Any]) -> httpx.Auth:
        token = app.token_for(call)
        if token is None:
            token = self._sign_ins.run(app.key(call.owner), partial(self._sign_in, app, call), 2 * self._longest_call)
        call.use(token)
        return Bearer(token.token)

    def _sign_in(self, app: AppSession, call: Call[Any]) -> InstallationToken:
        sign_in, result = app.sign_in(call), None
        while request := sign_in.next(result):
            try:
                result = self._run(self._new_sign_in_call(request), partial(signed, request))
            except RunnerRegistrationError as error:
                result = error
        return sign_in.result()

    def _send(self, call: Call[Any], url: httpx.URL, auth: httpx.Auth | None) -> ReceivedResponse | FailedAttempt:
        request = call.request(url)
        reader, failure = ResponseReader(), None
        connections = self._http()
        try:
            with deadline(time.monotonic() + self._settings.timeout):
                response = connections.http.send(request, auth=auth, stream=True, follow_redirects=False)
                with closing(response):
                    # An httpx.Auth may have sent another request than it was given.
                    call.secrets.watch(response.request)
                    if reader.begin(response):
                        for chunk in response.iter_raw():
                            remaining(None, httpx.ReadTimeout)  # the caller's own transports do not know the deadline
                            if not reader.add(chunk):
                                break
        except network_errors() as exception:
            failure = exception
        except BaseException:
            # A signal handler may have raised in the middle of the pool's bookkeeping. No other call may use that pool.
            self._connections = None
            raise
        return call.received(reader, failure)

    def _http(self) -> _Connections:
        connections = self._connections
        if connections is None:
            if self._injected is not None:
                self._refuse_inherited()
                return _Connections(self._injected, are_ours=False)
            if self._is_closed:
                raise RuntimeError("the client has been closed")
            connections = self._connections = _Connections(self._make(), are_ours=True)
            enforce_deadlines(connections.http)
            survive_signals(connections.http)
        return connections
