"""The client that waits by letting other tasks run."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeAlias, TypeVar

import httpx
from runner_registration_api.api import AsyncOperations

from runner_registration import _constants
from runner_registration._base_client import BaseClient, Call, Reply, bearer
from runner_registration._flow import Send, Wait
from runner_registration._network import EXCEPTIONS, connect
from runner_registration._organizations import check_organization, organizations_checked
from runner_registration._redaction import masking
from runner_registration._task_flights import TaskFlights
from runner_registration._tls import Verify, ssl_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta

    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._proxies import Proxy

P = ParamSpec("P")
T = TypeVar("T")
StrOrAwaitable: TypeAlias = "str | Awaitable[str]"


@organizations_checked
class AsyncClient(BaseClient[httpx.AsyncClient, StrOrAwaitable], AsyncOperations):
    """`Client` for asyncio: the same arguments, methods and errors.

    Examples:
        >>> async with AsyncClient() as client:
        ...     token = (await client.registration_token("octo-org")).token

    Args:
        credential: As for `Client`; a callable may also return an awaitable.
        http_client: An ``httpx.AsyncClient`` of your own. It stays open when this is closed.
    """

    def _connect(
        self, http_client: httpx.AsyncClient | None, verify: Verify, base_url: str, proxy: Proxy | None
    ) -> None:
        self._injected = http_client
        if http_client is None:
            self._make = partial(connect, httpx.AsyncClient, ssl_context(verify, base_url), proxy)
            self._make()  # what cannot work is refused now
        # Connections belong to an event loop, and a client may outlive one: asyncio.run makes a new one each time.
        self._https: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        self._closed = False
        self._flights = TaskFlights()

    async def registration_token(self, org: str, *, min_valid: timedelta = _constants.MIN_VALID) -> AuthenticationToken:
        """As `Client.registration_token`, with tasks for threads.

        The request is a task of its own: a caller who is cancelled cancels nobody else.
        """
        check_organization(org)
        key = org.lower()
        token = self._tokens.get(key, min_valid)
        if token is None:
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
        build_request, parse = self._registration(key)
        return await self._call(build_request, parse, org)

    async def _call(
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
        given: object = self._credential()
        return bearer(await given if isawaitable(given) else given)

    async def _send(self, call: Call[Any], url: httpx.URL, auth: httpx.Auth | None) -> Reply:
        exchange = call.exchange()
        http = self._http()
        request = call.request(url)
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
