"""Signing in as a GitHub App: a JWT, the organization's installation, and a token for it.

Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation

As in `runner_registration._call`, what happens is decided by a generator without I/O, once for both clients.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from runner_registration_api.errors import UnexpectedStatus

from runner_registration import _private_keys
from runner_registration._call import Steps
from runner_registration._constants import FRESH_CREDENTIAL, INSTALLATION_TOKEN_LIFETIME, INSTALLATION_TOKEN_RESERVE
from runner_registration._errors import (
    APIStatusError,
    AuthenticationError,
    CredentialError,
    NotFoundError,
    PermissionDeniedError,
    RunnerRegistrationError,
    SSORequiredError,
    UnprocessableEntityError,
)
from runner_registration._retry import http_date, server_time
from runner_registration._runtime.responses import read_json
from runner_registration._runtime.values import read_datetime, read_int, read_object, read_word
from runner_registration._token_cache import cache_key

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from runner_registration_api.types import RequestArguments

    from runner_registration._call import Call

PERMISSION = "organization_self_hosted_runners"

_ISSUED_AGO = 60
_EXPIRES_IN = 540
_ACCEPT = {"Accept": "application/vnd.github+json"}


class GitHubApp:
    """A GitHub App as the credential of a client. It serves every organization that has installed the app.

    Examples:
        >>> app = GitHubApp("Iv23liABCDEFGHIJKLMN", Path("runners.private-key.pem"))
        >>> with Client(app) as client:
        ...     token = client.registration_token("octo-org").token

    Requires the extra ``app``: ``pip install 'runner-registration[app]'``. The app needs the organization permission
    "Self-hosted runners: Read and write".

    Args:
        client_id: The app's client ID, or its app ID.
        private_key: The app's private key: PEM text, base64 of it, a path, or a callable that returns one of these.
            A callable is called at each sign-in, so that keys can be rotated.
        installation_id: The installation to use. None: the one on the organization, which is one more request for each
            organization.
        sign: Signs bytes with RSASSA-PKCS1-v1_5 and SHA-256 (RS256), for keys in a KMS, a vault or an HSM. It replaces
            ``private_key`` and the extra.

    Raises:
        CredentialError: The key cannot be used, or ``cryptography`` is not installed.
        TypeError: An argument has the wrong type, or there is not exactly one of ``private_key`` and ``sign``.

    Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """

    def __init__(
        self,
        client_id: str | int,
        private_key: _private_keys.PrivateKey | None = None,
        *,
        installation_id: int | None = None,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> None:
        try:
            self._client_id = checked_client_id(client_id)
            self._installation_id = _checked_installation_id(installation_id)
            if (private_key is None) == (sign is None):
                raise TypeError("Pass either private_key or sign to GitHubApp")  # noqa: TRY301 - handled below
            if sign is not None and not callable(sign):
                raise TypeError(f"sign must be a callable, not {type(sign).__name__}")  # noqa: TRY301 - as above
            if private_key is not None:
                _private_keys.require_cryptography()
                if not callable(private_key):
                    _private_keys.normalize(private_key)
        except (CredentialError, TypeError, ValueError) as error:
            private_key = None  # tools that report errors show the variables of this frame
            error.__cause__ = error.__context__ = None
            raise error.with_traceback(None) from None
        self._private_key = private_key
        self._loaded: tuple[str, RSAPrivateKey] | None = None
        self._sign = sign

    def jwt(self, now: float) -> str:
        """Return a JSON Web Token that proves to be the app, valid for nine minutes.

        Args:
            now: The server's time, in seconds since 1970.

        Raises:
            CredentialError: The private key cannot be used.
        """
        claims = {
            "iat": int(now) - _ISSUED_AGO,  # GitHub's advice, against clocks that differ
            "exp": int(now) + _EXPIRES_IN,
            "iss": self._client_id,
            "jti": secrets.token_hex(16),  # GitHub refuses the same JWT twice
        }
        signed = b".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        return b".".join((signed, _base64url(self._signature(signed)))).decode()

    @property
    def identity(self) -> tuple[str, str]:
        """The app and the installation: who has the same ones can request the same registration tokens."""
        return self._client_id, str(self._installation_id or "")

    def session(self) -> AppSession:
        """Return what one client knows about the app's installations and tokens."""
        return AppSession(self, self._installation_id)

    def _signature(self, signed: bytes) -> bytes:
        if self._sign is not None:
            signature: Any = self._sign(signed)
            if not isinstance(signature, bytes) or not signature:
                returned = "no bytes" if signature == b"" else type(signature).__name__
                raise CredentialError(f"sign returned {returned}, not the bytes of a signature.")
            return signature
        # Importing cryptography takes a while, and only a sign-in needs it.
        key = self._private_key() if callable(self._private_key) else self._private_key
        name = _private_keys.name_of(self._private_key)
        text = _private_keys.normalize(key, name)
        if self._loaded is None or self._loaded[0] != text:  # checking a key takes longer than signing with it
            self._loaded = (text, _private_keys.load(text, name))
        loaded = self._loaded[1]
        del key, text
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return loaded.sign(signed, PKCS1v15(), SHA256())

    def __repr__(self) -> str:
        # A report of why it could not be made shows what exists of it.
        return f"<GitHubApp {getattr(self, '_client_id', 'that could not be made')}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("GitHubApp holds a private key and cannot be pickled or copied")


class InstallationToken:
    """An installation token, as this package received it."""

    def __init__(self, token: str, lifetime: float, clock: Callable[[], float]) -> None:
        self.token = token
        self.fresh_until = clock() + FRESH_CREDENTIAL
        self._until = clock() + lifetime - INSTALLATION_TOKEN_RESERVE

    def is_valid(self, clock: Callable[[], float]) -> bool:
        return clock() < self._until

    def __repr__(self) -> str:
        return "<InstallationToken ***>"


class SignInRequest:
    """A request of the sign-in, sent with a new JWT for each attempt."""

    def __init__(
        self,
        arguments: RequestArguments,
        parse: Callable[[httpx.Response], object],
        jwt: Callable[[], str],
    ) -> None:
        self.arguments = arguments
        self.parse = parse
        self.jwt = jwt


class AppSession:
    """What one client knows about an app: its installations, its tokens, and how far the clocks differ."""

    def __init__(
        self,
        app: GitHubApp,
        installation_id: int | None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._clock = clock
        self._monotonic = monotonic
        self._ahead = 0.0
        """Seconds that the server's clock is ahead."""
        self._fixed_installation = installation_id
        self._installations: dict[str, int] = {}
        self._tokens: dict[str, InstallationToken] = {}

    def key(self, org: str | None) -> str:
        """Return the name under which the token for an organization is kept.

        Raises:
            CredentialError: There is no organization, and no installation was given either.
        """
        if self._fixed_installation is not None:
            return ""
        if org is None:
            raise CredentialError(
                "A GitHub App signs in for an organization, and this operation does not name one: "
                "pass installation_id to GitHubApp."
            )
        return cache_key(org)

    def token_for(self, call: Call[Any]) -> InstallationToken | None:
        """Return the token that is kept for a call, unless the server has just refused it."""
        key = self.key(call.owner)
        token = self._tokens.get(key)
        if token is None or token is call.installation_token or not token.is_valid(self._monotonic):
            return None
        return token

    def sign_in(self, call: Call[Any]) -> Steps[SignInRequest, object, InstallationToken]:
        """Sign in for a call. A request's result is what its ``parse`` returned, or the error that it failed with."""
        return Steps(self._sign_in(call.owner, call.installation_token))

    def _sign_in(
        self, org: str | None, refused: InstallationToken | None
    ) -> Generator[SignInRequest, object, InstallationToken | RunnerRegistrationError]:
        key = self.key(org)
        kept = self._tokens.get(key)
        if kept is not None and kept is not refused and kept.is_valid(self._monotonic):
            return kept  # another caller has just signed in
        remembered = self._fixed_installation or self._installations.get(key)
        is_new = remembered is None
        while True:
            if remembered is None:
                found = yield from self._send("GET", f"/orgs/{org}/installation", None, _parse_installation)
                if not isinstance(found, int):
                    return _explain(found, self._not_installed(org))
                remembered = self._installations[key] = found
            body = {"permissions": {PERMISSION: "write"}}
            path = f"/app/installations/{remembered}/access_tokens"
            token = yield from self._send("POST", path, body, self._parse_token)
            if isinstance(token, InstallationToken):
                self._tokens[key] = token
                return token
            if not isinstance(token, NotFoundError) or is_new or self._fixed_installation is not None:
                return _explain(token, self._token_refused(token, org, remembered))
            # The app was installed again since: there is another installation now.
            self._installations.pop(key, None)
            remembered, is_new = None, True

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        parse: Callable[[httpx.Response], object],
    ) -> Generator[SignInRequest, object, object]:
        arguments: RequestArguments = {"method": method, "url": path, "headers": dict(_ACCEPT)}
        if body is not None:
            arguments["json"] = body
        request = SignInRequest(arguments, parse, lambda: self._app.jwt(self._clock() + self._ahead))
        result = yield request
        if isinstance(result, AuthenticationError) and (ahead := self._difference(result)) is not None:
            self._ahead = ahead
            result = yield request
        return result

    def _difference(self, error: AuthenticationError) -> float | None:
        """Return how far the server's clock is ahead, if the server says that the times of the JWT are wrong."""
        said = str(error).lower()
        date = http_date(error.headers.get("Date", ""))
        if date is None or not any(word in said for word in ("issued at", "'iat'", "expiration time", "'exp'")):
            return None
        return date.timestamp() - self._clock()

    def _parse_token(self, response: httpx.Response) -> InstallationToken:
        body = _object(response, 201)
        token = read_word(body.get("token"), "the installation token")
        expires_at = read_datetime(body.get("expires_at"), "the installation token's expires_at")
        lifetime = min(expires_at - server_time(response.headers), INSTALLATION_TOKEN_LIFETIME)
        return InstallationToken(token, max(lifetime, timedelta()).total_seconds(), self._monotonic)

    def _not_installed(self, org: str | None) -> dict[type[RunnerRegistrationError], str]:
        return {
            NotFoundError: f"The GitHub App is not installed on the organization {org}. Install it there: an app that "
            "is installed on a user account does not count.",
            AuthenticationError: "The server does not accept the app's JWT: check that the client ID and the private "
            "key belong to the same GitHub App, and that the key was not deleted.",
        }

    def _token_refused(
        self, error: object, org: str | None, installation: int
    ) -> dict[type[RunnerRegistrationError], str]:
        where = f" for the organization {org}" if org else ""
        if isinstance(error, PermissionDeniedError) and "suspended" in str(error).lower():
            suspended = (
                f"The installation {installation} of the GitHub App{where} is suspended. An owner has to unsuspend it."
            )
            return {PermissionDeniedError: suspended}
        lacks = (
            f"The installation {installation}{where} does not have the organization permission "
            f'"Self-hosted runners: Read and write" ({PERMISSION}: write). Add it in the settings of the GitHub App, '
            "then have an owner of the organization accept it."
        )
        return self._not_installed(org) | {
            NotFoundError: f"The GitHub App has no installation {installation}. Check installation_id, and that the "
            "app is still installed.",
            PermissionDeniedError: lacks,
            UnprocessableEntityError: lacks,
        }


def _explain(error: object, advice: Mapping[type[RunnerRegistrationError], str]) -> RunnerRegistrationError:
    """Add to an error of a sign-in what it means there."""
    assert isinstance(error, RunnerRegistrationError)  # noqa: S101 - a request has a result or an error
    if isinstance(error, APIStatusError) and not isinstance(error, SSORequiredError):
        text = next((advice[kind] for kind in type(error).__mro__ if kind in advice), None)
        if text is not None:
            error.args = (f"{text} {error}",)
    return error


def _parse_installation(response: httpx.Response) -> int:
    return read_int(_object(response, 200).get("id"), "the installation's id")


def _object(response: httpx.Response, success: int) -> Mapping[str, object]:
    if response.status_code != success:
        raise UnexpectedStatus(response.status_code)
    return read_object(read_json(response), "the response")


def checked_client_id(value: object, name: str = "client ID of the GitHub App") -> str:
    """Return an app's client ID or app ID as text.

    Raises:
        CredentialError: It is not one. The message calls it ``name``.
        TypeError: It is neither text nor a number.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError(f"client_id must be the app's client ID or app ID, not {type(value).__name__}")
    text = str(value).strip()
    if isinstance(value, int) and value <= 0:
        text = ""
    if not text or not text.isascii() or not all(char.isalnum() or char in "._-" for char in text):
        raise CredentialError(
            f"The {name} is empty or not valid. It is on the app's settings page, like Iv23liABCDEFGHIJKLMN or 123456."
        )
    return text


def _checked_installation_id(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"installation_id must be a whole number, not {type(value).__name__}")
    if value <= 0:
        raise ValueError("installation_id must be a positive number")
    return value


def _base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
