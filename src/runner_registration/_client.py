"""The client that waits by blocking its thread."""

from __future__ import annotations

import time
import weakref
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

import httpx
from runner_registration_api.api import SyncOperations

from runner_registration import _constants
from runner_registration._base_client import BaseClient, Call, Reply, bearer
from runner_registration._deadline import deadline, remaining
from runner_registration._flow import Send, Wait
from runner_registration._network import EXCEPTIONS, connect
from runner_registration._organizations import check_organization, organizations_checked
from runner_registration._redaction import masking
from runner_registration._thread_flights import ThreadFlights
from runner_registration._tls import Verify, ssl_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._proxies import Proxy

P = ParamSpec("P")
T = TypeVar("T")


@organizations_checked
class Client(BaseClient[httpx.Client, str], SyncOperations):
    """Asks GitHub for the registration tokens of an organization's self-hosted runners.

    Connections are pooled, with or without ``with``. Threads may share a client.

    Examples:
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

    def _connect(self, http_client: httpx.Client | None, verify: Verify, base_url: str, proxy: Proxy | None) -> None:
        from runner_registration._transport import enforce_deadlines  # httpcore, which httpx puts off as well

        self._http = http_client or connect(httpx.Client, ssl_context(verify, base_url), proxy)
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
        check_organization(org)
        key = org.lower()
        token = self._tokens.get(key, min_valid)
        if token is None:
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
        build_request, parse = self._registration(key)
        return self._call(build_request, parse, org)

    def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        call = Call(self._settings, build_request(*args, **kwargs), parse)
        auth: httpx.Auth | None = None
        reply: Reply = None
        with masking(call.secrets):
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
        return self._credential if isinstance(self._credential, httpx.Auth) else bearer(self._credential())

    def _send(self, call: Call[Any], url: httpx.URL, auth: httpx.Auth | None) -> Reply:
        exchange = call.exchange()
        request = call.request(url)
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
