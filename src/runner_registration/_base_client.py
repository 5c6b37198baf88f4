"""What both clients have in common. They differ only in how they wait."""

from __future__ import annotations

import os
import warnings
from abc import abstractmethod
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, TypeVar, cast
from weakref import WeakSet

import httpx
from runner_registration_api.api import load

import runner_registration as rr  # imports a public class when an annotation that names it is evaluated
from runner_registration import _constants
from runner_registration._call import Call, Settings, logger
from runner_registration._credentials import clean, is_app, resolve_credential
from runner_registration._deadlines import disconnect_inherited_streams
from runner_registration._errors import CredentialError
from runner_registration._hosts import is_loopback, resolve_base_url
from runner_registration._network import HttpClient
from runner_registration._organizations import check_organization
from runner_registration._proxies import Proxy, proxy_for
from runner_registration._redaction import mask_log_records
from runner_registration._response_reader import ReceivedResponse
from runner_registration._retry import RateLimitGate, RetryPolicy, first_backoff
from runner_registration._tls import Verify  # noqa: TC001 - get_type_hints needs it, and both clients import it
from runner_registration._token_cache import TokenCache
from runner_registration._version import __version__

if TYPE_CHECKING:
    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import RequestArguments

    from runner_registration._credentials import Credential
    from runner_registration._github_app import SignInRequest
    from runner_registration._token_stores import Lookup, SharedToken, SharedTokens, TokenStore

T = TypeVar("T")
P = ParamSpec("P")
FunctionResult = TypeVar("FunctionResult")
"""What a caller's own credential function returns."""

_USER_AGENT = f"runner-registration/{__version__} httpx/{httpx.__version__}"


class Bearer(httpx.Auth):
    """A credential that no repr shows."""

    def __init__(self, credential: str) -> None:
        self._header = f"Bearer {credential}"

    @property
    def is_installation_token(self) -> bool:
        return self._header.startswith("Bearer ghs_")

    def is_same(self, other: Bearer) -> bool:
        return self._header == other._header

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def signed(request: SignInRequest, _: object = None) -> httpx.Auth:
    """Return the authorization for one attempt of a GitHub App's sign-in."""
    return Bearer(request.jwt())


class _SeenCredential:
    """The last credential that the credential function returned, and when it was new."""

    def __init__(self) -> None:
        self._last: Bearer | None = None
        self._first_seen = 0.0

    def fresh_until(self, credential: Bearer, now: float) -> float:
        """Return until when a refusal may mean that the server does not know this credential yet."""
        if self._last is None or not self._last.is_same(credential):
            self._last, self._first_seen = credential, now
        return self._first_seen + _constants.FRESH_CREDENTIAL


class _CredentialCall:
    """A credential function that is being called."""

    def __init__(self, client: object) -> None:
        self.client = client
        self.is_over = False  # a task that the function started may outlive it


_credential_calls: ContextVar[tuple[_CredentialCall, ...]] = ContextVar("credential_calls", default=())


class BaseClient(Generic[HttpClient, FunctionResult]):
    def __init__(  # noqa: PLR0913 - each is a choice that users have
        self,
        credential: str | Callable[[], FunctionResult] | httpx.Auth | rr.GitHubApp | None = None,
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
        token_store: rr.TokenStore | None = None,
    ) -> None:
        try:
            api_version = _header(api_version, "api_version")
            user_agent = _USER_AGENT if user_agent is None else _header(user_agent, "user_agent")
            timeout = _seconds(timeout, "timeout")
            if not timeout:
                raise ValueError("timeout must be more than 0 seconds")  # noqa: TRY301 - handled below like all others
            base_url = resolve_base_url(base_url, os.environ)
            policy = RetryPolicy(
                _retries(max_retries),
                _seconds(max_wait, "max_wait"),
                first_backoff=first_backoff(os.environ, is_loopback=is_loopback(base_url)),
            )
            if http_client is not None and verify is not True:
                raise ValueError("verify and http_client exclude each other: give verify to the http_client")  # noqa: TRY301 - as above
            proxy = None if http_client else proxy_for(base_url, os.environ)
            self._connect(http_client, verify, base_url, proxy)
            found = resolve_credential(
                cast("Credential | None", credential),
                base_url=base_url,
                allow_http=allow_http,
                environ=os.environ,
            )
            self._shared = None if token_store is None else _share(token_store, base_url, found, timeout + max_wait)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # A report may show the variables of the frames that it came through: the environment, the credential.
            credential = base_url = None
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None
        self._app = found.session() if is_app(found) else None
        self._credential = cast(
            "httpx.Auth | Callable[[], FunctionResult]", Bearer(found) if isinstance(found, str) else found
        )
        self._last_seen = _SeenCredential()
        # A caller's HTTP client adds what it was told to. Ours has nothing to add, and skipping that saves time.
        build_request = http_client.build_request if http_client else httpx.Request
        is_renewable = not isinstance(self._credential, httpx.Auth)
        self._settings = Settings(
            base_url, proxy and proxy.variable, api_version, user_agent, timeout, policy, is_renewable, build_request
        )
        self._longest_call = (policy.max_retries + 1) * timeout + policy.max_wait
        self._longest_fetch = self._longest_call * (3 if self._app else 1)
        if self._shared is not None:
            self._longest_fetch += self._shared.longest
        self._tokens = TokenCache()
        self._gate = RateLimitGate()
        self._is_inherited = False
        self._warned = False
        mask_log_records()
        # An import that a signal handler interrupts can leave its lock locked, so few imports are left to the calls.
        load()
        _clients.add(self)

    @abstractmethod
    def _connect(self, http_client: HttpClient | None, verify: Verify, base_url: str, proxy: Proxy | None) -> None:
        """Take the caller's HTTP client, or prepare to make one."""

    @abstractmethod
    def _disconnect(self) -> None:
        """Begin without connections and requests in flight: at first, and in a forked process."""

    def after_fork_in_child(self) -> None:
        """Start over in a forked process. Only the registration tokens are kept."""
        self._gate = RateLimitGate()
        self._is_inherited = True
        self._disconnect()

    def _refuse_inherited(self) -> None:
        """Refuse a caller's HTTP client in a forked process: its connections are the parent's."""
        if self._is_inherited:
            raise RuntimeError(
                "http_client was made before this process was forked, and shares its connections with the parent: "
                f"make the http_client and the {type(self).__name__} in the forked process"
            )

    def _new_call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Call[T]:
        self._refuse_reentrance()
        if "org" in kwargs:
            check_organization(kwargs["org"])
        owner = kwargs.get("org") or kwargs.get("owner")
        arguments = build_request(*args, **kwargs)
        return Call(self._settings, self._gate, arguments, parse, owner=None if owner is None else str(owner))

    def _new_sign_in_call(self, request: SignInRequest) -> Call[object]:
        return Call(self._settings, self._gate, request.arguments, request.parse, authorize_each_attempt=True)

    def _bearer(self, call: Call[Any], result: object) -> Bearer:
        """Return the authorization for what the credential function returned.

        Raises:
            CredentialError: It cannot be sent.
        """
        try:
            authorization = Bearer(clean(result))
        except CredentialError as error:
            result = None  # a report may show the variables of this frame
            raise error.with_traceback(None) from None
        if call.is_renewed:
            # The last credential is no longer accepted, and this one may be someone else's.
            self._tokens.clear()
        if authorization.is_installation_token:
            call.fresh_until = self._last_seen.fresh_until(authorization, self._settings.policy.clock())
        return authorization

    def _registration(
        self, key: str
    ) -> tuple[Callable[..., RequestArguments], Callable[[httpx.Response], AuthenticationToken]]:
        """Return what builds the request for a token that is to be kept, and what reads and keeps the token."""
        from runner_registration_api.api.actions.create_registration_token_for_org import build_request, parse

        def parse_and_keep(response: httpx.Response) -> AuthenticationToken:
            return self._tokens.put(key, parse(response), response.headers)

        return build_request, parse_and_keep

    def _look_up(self, org: str, key: str, min_valid: timedelta) -> Lookup | None:
        """Begin to look for a token in the token store. None: it is not to be used."""
        if self._shared is None or not self._shared.is_used(min_valid):
            return None
        check_organization(org)
        return self._shared.look_up(key, min_valid)

    def _keep(self, key: str, found: SharedToken) -> AuthenticationToken:
        """Keep a token from the token store in memory too, if the store knows how long it stays valid."""
        return self._tokens.keep(key, found.token, found.seconds_left) if found.is_exact else found.token

    @contextmanager
    def _calling_credential_function(self) -> Generator[None]:
        credential_call = _CredentialCall(self)
        before = _credential_calls.set((*_credential_calls.get(), credential_call))
        try:
            yield
        finally:
            credential_call.is_over = True
            _credential_calls.reset(before)

    def _refuse_reentrance(self) -> None:
        """Refuse a call by the client's own credential function, which would wait for itself."""
        if any(call.client is self and not call.is_over for call in _credential_calls.get()):
            raise CredentialError(
                "The credential function uses the client that it is the credential of: use another client in it"
            )

    def _warn_once(self, result: object, call: Call[Any]) -> None:
        if isinstance(result, ReceivedResponse) and not self._warned:
            announcement = call.deprecation(result)
            if announcement is not None:
                self._warned = True
                try:
                    # Not a DeprecationWarning, which Python hides: the user can choose another API version.
                    warnings.warn(announcement, FutureWarning, stacklevel=2)
                except FutureWarning:  # where warnings are errors, this one would cost the caller the token
                    logger.warning("%s", announcement)

    def __repr__(self) -> str:
        # A report of why a client could not be made shows what exists of it.
        base_url = self._settings.base_url if hasattr(self, "_settings") else "that could not be made"
        return f"<{type(self).__name__} {base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a credential and cannot be pickled or copied")


def _header(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not a {type(value).__name__}")
    if not value.strip() or not value.isascii() or not value.isprintable():
        raise ValueError(f"{name} cannot be sent in a header: it is empty or not printable ASCII")
    return value


def _seconds(value: object, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, not a {type(value).__name__}")
    if not 0 <= value <= _constants.LONGEST_TIMEOUT:
        raise ValueError(f"{name} must be a number of seconds from 0 to {_constants.LONGEST_TIMEOUT:.0f}")
    return value


def _retries(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"max_retries must be a whole number, not a {type(value).__name__}")
    if not 0 <= value <= _constants.MOST_RETRIES:
        raise ValueError(f"max_retries must be a whole number from 0 to {_constants.MOST_RETRIES}")
    return value


def check_min_valid(value: object) -> None:
    """Refuse what is not a duration.

    Raises:
        TypeError: It is not a timedelta.
    """
    if not isinstance(value, timedelta):
        raise TypeError(f"min_valid must be a datetime.timedelta, not a {type(value).__name__}")


def _share(store: TokenStore, base_url: str, credential: object, lock_timeout: float) -> SharedTokens:
    from runner_registration._token_stores import SharedTokens  # not an import for those who have no store

    return SharedTokens(store, base_url, credential, lock_timeout)


_clients: WeakSet[BaseClient[Any, Any]] = WeakSet()


_IMPORTED_BY_CALLS = (
    "runner_registration._connection_errors",
    "runner_registration._response_errors",
    "runner_registration._runtime.readers",
    "runner_registration_api.models.authentication_token",
)


def _before_fork() -> None:
    """Import what calls import. A child would wait for ever for a thread of its parent that is importing it."""
    if _clients:
        for name in _IMPORTED_BY_CALLS:
            import_module(name)


def _after_fork_in_child() -> None:
    for client in list(_clients):
        client.after_fork_in_child()
    disconnect_inherited_streams()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
