"""The client that waits by letting other tasks run."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeAlias, TypeVar, cast

import httpx
from runner_registration_api.api import AsyncOperations

import runner_registration as rr  # imports a public class when an annotation that names it is evaluated
from runner_registration import _constants
from runner_registration._base_client import BaseClient, Bearer, check_min_valid, signed
from runner_registration._call import Call, Send, Wait
from runner_registration._deadlines import deadline, enforce_deadlines
from runner_registration._errors import RunnerRegistrationError
from runner_registration._network import connect, network_errors
from runner_registration._redaction import masking
from runner_registration._response_reader import ResponseReader
from runner_registration._single_flight import TaskSingleFlight
from runner_registration._tls import Verify, ssl_context
from runner_registration._token_cache import cache_key

if TYPE_CHECKING:
    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._connection_errors import FailedAttempt
    from runner_registration._github_app import AppSession, InstallationToken, SignInRequest
    from runner_registration._proxies import Proxy
    from runner_registration._response_reader import ReceivedResponse

T = TypeVar("T")
P = ParamSpec("P")
StrOrAwaitable: TypeAlias = str | Awaitable[str]


_CALLS_PER_ROUND = 50


class _LoopState:
    """What belongs to one event loop. A client may outlive its loop: asyncio.run makes a new one each time."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.keeps_deadlines = enforce_deadlines(http)
        # httpx's own queue for a connection does work in the square of its length.
        self.places = asyncio.Semaphore(_constants.MAX_CONNECTIONS)
        self.attempts: set[asyncio.Task[ReceivedResponse | FailedAttempt]] = set()
        self.single_flight = TaskSingleFlight["AuthenticationToken"]()
        self.lookups = asyncio.Semaphore(_constants.MAX_CONNECTIONS)  # each is a thread
        self.sign_ins = TaskSingleFlight["InstallationToken"]()
        self._turns = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Wait for this call's turn: some begin in each round of the event loop, so that thousands do not block it."""
        loop = asyncio.get_running_loop()
        if self._turns < _CALLS_PER_ROUND and not self._queue:
            self._turns += 1
            if self._turns == 1:
                loop.call_soon(self._next_round, loop)
            return
        turn = loop.create_future()
        self._queue.append(turn)
        await turn

    def _next_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turns = 0
        while self._queue and self._turns < _CALLS_PER_ROUND:
            turn = self._queue.popleft()
            if not turn.done():  # its caller may have been cancelled
                turn.set_result(None)
                self._turns += 1
        if self._turns:
            loop.call_soon(self._next_round, loop)

    def start(self, attempt: asyncio.Task[ReceivedResponse | FailedAttempt]) -> None:
        self.attempts.add(attempt)
        attempt.add_done_callback(self._ended)

    def _ended(self, attempt: asyncio.Task[ReceivedResponse | FailedAttempt]) -> None:
        self.attempts.discard(attempt)
        self.places.release()
        if not attempt.cancelled():
            attempt.exception()  # its caller may be gone, and asyncio would complain that no one has looked at it


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
        given = cast("object", http_client)  # the annotation is not checked at run time
        if not isinstance(given, (httpx.AsyncClient, type(None))):
            raise TypeError(f"http_client must be an httpx.AsyncClient, not a {type(given).__name__}")
        self._injected = http_client
        self._is_closed = False
        self._disconnect()
        if http_client is None:
            self._make = partial(connect, httpx.AsyncClient, ssl_context(verify, base_url), proxy)
            self._make()  # what cannot work is refused now

    def _disconnect(self) -> None:
        self._loops: dict[asyncio.AbstractEventLoop, _LoopState] = {}

    async def registration_token(
        self, org: str, *, min_valid: timedelta = _constants.MIN_VALID
    ) -> rr.AuthenticationToken:
        """Return a registration token, reused until less than ``min_valid`` is left: as `Client.registration_token`.

        The request is a task of its own: cancelling one caller does not cancel the others.
        """
        check_min_valid(min_valid)
        key = cache_key(org)
        token = self._tokens.get(key, min_valid)
        if token is None:
            self._refuse_reentrance()
            state = self._loop_state()
            await state.turn()
            token = await state.single_flight.run(key, partial(self._fetch, org, key, min_valid), self._longest_fetch)
        return token

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end its requests in flight."""
        self._is_closed = True
        state = self._loops.pop(asyncio.get_running_loop(), None)
        if state is not None and self._injected is None:
            for attempt in state.attempts:
                attempt.cancel()
            if state.attempts:
                await asyncio.wait(state.attempts)
            await state.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _fetch(self, org: str, key: str, min_valid: timedelta) -> AuthenticationToken:
        token = self._tokens.get(key, min_valid)  # another event loop's request may have ended since the caller looked
        if token is not None:
            return token
        async with self._loop_state().lookups:
            lookup = self._look_up(org, key, min_valid)
            if lookup is None:
                return await self._request(org, key)
            try:
                for future, seconds in lookup.futures():
                    await asyncio.wait((asyncio.wrap_future(future),), timeout=seconds)
                if lookup.found is not None:
                    return self._keep(key, lookup.found)
                token = await self._request(org, key)
                lookup.save(token, self._tokens.seconds_left(key))
                return token
            finally:
                await asyncio.wait((asyncio.wrap_future(lookup.ended),), timeout=lookup.end())
                lookup.check_ended()

    async def _request(self, org: str, key: str) -> AuthenticationToken:
        build_request, parse = self._registration(key)
        return await self._run(self._new_call(build_request, parse, org=org), self._authorize)

    async def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        await self._loop_state().turn()
        return await self._run(self._new_call(build_request, parse, *args, **kwargs), self._authorize)

    async def _run(self, call: Call[T], authorize: Callable[[Call[Any]], Awaitable[httpx.Auth]]) -> T:
        auth: httpx.Auth | None = None
        result: ReceivedResponse | FailedAttempt | None = None
        end = time.monotonic() + self._longest_call
        with masking(call.secrets):
            while step := call.next(result):
                result = None
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                elif isinstance(step, Send):
                    result = await self._send(call, step.url, auth, end)
                    self._warn_once(result, call)
                else:
                    auth = await authorize(call)
        return call.result()

    async def _authorize(self, call: Call[Any]) -> httpx.Auth:
        if self._app is not None:
            return await self._authorize_app(self._app, call)
        if isinstance(self._credential, httpx.Auth):
            return self._credential
        with self._calling_credential_function():
            return self._bearer(call, await _result_of(self._credential))

    async def _authorize_app(self, app: AppSession, call: Call[Any]) -> httpx.Auth:
        token = app.token_for(call)
        if token is None:
            sign_ins = self._loop_state().sign_ins
            token = await sign_ins.run(app.key(call.owner), partial(self._sign_in, app, call), 2 * self._longest_call)
        call.use(token)
        return Bearer(token.token)

    async def _sign_in(self, app: AppSession, call: Call[Any]) -> InstallationToken:
        sign_in, result = app.sign_in(call), None
        while request := sign_in.next(result):
            try:
                result = await self._run(self._new_sign_in_call(request), partial(_signed_in_thread, request))
            except RunnerRegistrationError as error:
                result = error
        return sign_in.result()

    async def _send(
        self, call: Call[Any], url: httpx.URL, auth: httpx.Auth | None, end: float
    ) -> ReceivedResponse | FailedAttempt:
        """Make one attempt, in a task of its own: cancelling the caller does not interrupt httpcore's bookkeeping.

        Args:
            call: The call.
            url: Where to send the request.
            auth: The credential.
            end: When the whole call ends at the latest. Waiting for a free connection counts for this only.
        """
        state = self._loop_state()
        try:
            async with asyncio.timeout(end - time.monotonic()):
                await state.places.acquire()
        except TimeoutError:
            return call.received(ResponseReader(), httpx.PoolTimeout("all connections are in use"))
        end = min(end, time.monotonic() + self._settings.timeout)
        attempt = asyncio.get_running_loop().create_task(self._attempt(state.http, call, url, auth, end))
        state.start(attempt)
        # A transport that is not httpx's own does not know the deadline.
        await asyncio.wait((attempt,), timeout=None if state.keeps_deadlines else end - time.monotonic())
        if not attempt.done():
            attempt.cancel()
            await asyncio.wait((attempt,))
        if attempt.cancelled():
            if self._is_closed:
                raise RuntimeError("the client has been closed")
            return call.received(ResponseReader(), httpx.ReadTimeout("the transport took too long"))
        return attempt.result()

    async def _attempt(
        self, http: httpx.AsyncClient, call: Call[Any], url: httpx.URL, auth: httpx.Auth | None, end: float
    ) -> ReceivedResponse | FailedAttempt:
        request = call.request(url)
        reader, failure = ResponseReader(), None
        try:
            with deadline(end):
                response = await http.send(request, auth=auth, stream=True, follow_redirects=False)
                async with aclosing(response):
                    # An httpx.Auth may have sent another request than it was given.
                    call.secrets.watch(response.request)
                    if reader.begin(response):
                        async for chunk in response.aiter_raw():
                            if not reader.add(chunk):
                                break
        except network_errors() as exception:
            failure = exception
        return call.received(reader, failure)

    def _loop_state(self) -> _LoopState:
        if self._injected is not None:
            self._refuse_inherited()
        elif self._is_closed:
            raise RuntimeError("the client has been closed")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("AsyncClient needs asyncio's event loop. trio is not supported") from None
        state = self._loops.get(loop)
        if state is None:
            for other in list(self._loops):
                if other.is_closed():  # nothing can be closed on it any more: that is left to the garbage collector
                    self._loops.pop(other, None)
            state = self._loops[loop] = _LoopState(self._injected or self._make())
        return state


async def _signed_in_thread(request: SignInRequest, _: object) -> httpx.Auth:
    # The key may be in a file, and `sign` may use a KMS.
    return await asyncio.to_thread(signed, request)


async def _result_of(function: Callable[[], object]) -> object:
    # A function of its own: when its result is refused, no variable of a waiting frame holds it.
    result = function()
    return await result if isawaitable(result) else result
