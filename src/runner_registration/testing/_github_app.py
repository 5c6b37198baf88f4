"""GitHub's side of a GitHub App's sign-in: installations, installation tokens, and the check of the app's JWT."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_registration.testing._contract import Operation, operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner_registration.testing._samples import Object

PERMISSION = "organization_self_hosted_runners"

_LONGEST_LIFE = 600  # seconds from now to `exp`
_TIME = "2026-01-01T00:00:00Z"


class AppProblem(Enum):
    """What is wrong with an app, from GitHub's side."""

    NOT_INSTALLED = "not installed on the organization"
    SUSPENDED = "suspended by the organization"
    PERMISSION_MISSING = "installed without the permission"
    JWT_INVALID = "signed with another key"
    SERVER_AHEAD = "the server's clock is an hour ahead"
    SERVER_BEHIND = "the server's clock is an hour behind"
    TOKENS_REVOKED = "the tokens so far are revoked"

    @property
    def clock_offset(self) -> timedelta:
        return {
            AppProblem.SERVER_AHEAD: timedelta(hours=1),
            AppProblem.SERVER_BEHIND: timedelta(hours=-1),
        }.get(self, timedelta())


class Refusal(NamedTuple):
    """An error response, as the contract documents it, with GitHub's message for this case."""

    status: int
    example: str
    message: str = ""


class SignInOperation(Operation):
    """One of the two requests. The contract does not have them, so their responses have the headers of the others."""

    def __init__(self, name: str, method: str, path: str, status: int) -> None:
        content: Object = {"application/json": {"examples": {"default": {"value": {}}}}}
        super().__init__(method, path, {"operationId": name, "responses": {str(status): {"content": content}}})

    @cached_property
    def common_headers(self) -> list[str]:
        return operations()[0].common_headers

    def headers(self, status: int) -> dict[str, str]:
        del status
        operation = operations()[0]
        return operation.headers(operation.success[0])


GET_INSTALLATION = SignInOperation("get-org-installation", "GET", "/orgs/{org}/installation", 200)
CREATE_TOKEN = SignInOperation(
    "create-installation-access-token", "POST", "/app/installations/{installation_id}/access_tokens", 201
)


class _Token(NamedTuple):
    """An installation token that was issued."""

    org: bytes | None
    """None: the installation's organization is not known, because the client never requested it."""
    permissions: Mapping[str, str]
    expires_at: datetime


class GitHubAppState:
    """The installations, the installation tokens, and the JWTs that were used.

    Args:
        public_key: The app's public key as PEM, to verify signatures; None to accept any signature.

    Raises:
        ValueError: This is not a public RSA key.
        RuntimeError: A key is given, and the package ``cryptography`` is not installed.
    """

    def __init__(self, public_key: str | bytes | None) -> None:
        self._key: Any = None if public_key is None else _load(public_key)
        self._ids = itertools.count(1001)
        self._installations: dict[bytes, int] = {}
        self._tokens: dict[str, _Token] = {}
        self._revoked: set[str] = set()
        self._used: set[tuple[str, str]] = set()

    def installation_id(self, org: bytes) -> int:
        if org not in self._installations:
            self._installations[org] = next(self._ids)
        return self._installations[org]

    def org_of(self, installation_id: str) -> bytes | None:
        return next((org for org, number in self._installations.items() if str(number) == installation_id), None)

    def revoke(self, org: bytes | None) -> None:
        """Revoke the tokens that were issued so far; None for those of all organizations."""
        self._revoked |= {value for value, token in self._tokens.items() if org in {None, token.org}}

    def check_jwt(self, credential: str, target: str, problem: AppProblem | None) -> Refusal | None:
        """Check the JWT of a request as GitHub does.

        Args:
            credential: The value of Authorization.
            target: What is requested. The same JWT cannot be used for it again.
            problem: What is wrong with the app.
        """
        jwt = credential.partition(" ")[2].strip()
        undecodable = Refusal(401, "bad_credentials", "A JSON web token could not be decoded")
        claims = self._claims(jwt)
        if claims is None or problem is AppProblem.JWT_INVALID:
            return undecodable
        if message := _problem_of(claims, datetime.now(UTC) + (problem.clock_offset if problem else timedelta())):
            return Refusal(401, "bad_credentials", message)
        if (jwt, target) in self._used:
            return Refusal(404, "not_found")  # GitHub says no more than this
        self._used.add((jwt, target))
        return None

    def installation(self, org: str, key: bytes, url: str, problem: AppProblem | None) -> dict[str, Any] | Refusal:
        """The body of GitHub's response to `GET_INSTALLATION`."""
        if problem is AppProblem.NOT_INSTALLED:
            return Refusal(404, "not_found")
        number = self.installation_id(key)
        suspended = problem is AppProblem.SUSPENDED
        return {
            "id": number,
            "account": _account(org, url),
            "access_tokens_url": f"{url}/app/installations/{number}/access_tokens",
            "repositories_url": f"{url}/installation/repositories",
            "html_url": f"https://github.com/organizations/{org}/settings/installations/{number}",
            "app_id": 1,
            "app_slug": "runners",
            "target_id": 1,
            "target_type": "Organization",
            "repository_selection": "all",
            "permissions": _granted(problem),
            "events": [],
            "single_file_name": None,
            "created_at": _TIME,
            "updated_at": _TIME,
            "suspended_at": _TIME if suspended else None,
            "suspended_by": _account("octocat", url, "User") if suspended else None,
        }

    def access_token(self, body: bytes, problem: AppProblem | None) -> dict[str, Any] | Refusal:
        """The body of GitHub's response to `CREATE_TOKEN`, without the token and its expiry."""
        if problem is AppProblem.NOT_INSTALLED:
            return Refusal(404, "not_found")
        if problem is AppProblem.SUSPENDED:
            return Refusal(403, "installation_suspended")
        granted = _granted(problem)
        try:
            requested = json.loads(body).get("permissions", granted) if body else granted
        except (ValueError, AttributeError):
            return Refusal(422, "invalid_request", "Problems parsing JSON")
        if not isinstance(requested, dict) or not requested.items() <= granted.items():
            message = "The permissions requested are not granted to this installation."
            return Refusal(422, "invalid_request", message)
        return {"token": "", "expires_at": "", "permissions": requested, "repository_selection": "all"}

    def issue(self, token: str, org: bytes | None, body: Mapping[str, Any]) -> None:
        """Remember an installation token that was sent."""
        self._tokens[token] = _Token(org, body["permissions"], datetime.fromisoformat(body["expires_at"]))

    def check_token(self, credential: str, org: bytes | None, problem: AppProblem | None) -> Refusal | None:
        """Check a request's credential, if it is an installation token that was issued here."""
        value = credential.partition(" ")[2].strip()
        token = self._tokens.get(value)
        if token is None:
            return None
        now = datetime.now(UTC) + (problem.clock_offset if problem else timedelta())
        if value in self._revoked or token.expires_at <= now:
            return Refusal(401, "bad_credentials")
        if problem is AppProblem.SUSPENDED:
            return Refusal(403, "installation_suspended")
        if token.org not in {None, org}:
            return Refusal(404, "not_found")
        if token.permissions.get(PERMISSION) != "write":
            return Refusal(403, "missing_app_permission")
        return None

    def _claims(self, jwt: str) -> dict[str, Any] | None:
        """Return a JWT's claims, or None if it is not one that this app has signed."""
        try:
            header, payload, signature = jwt.split(".")
            algorithm = json.loads(_decode(header))["alg"]
            claims: dict[str, Any] = {**json.loads(_decode(payload))}
            signed, signature_bytes = f"{header}.{payload}".encode(), _decode(signature)
        except (ValueError, KeyError, TypeError):
            return None
        return claims if algorithm == "RS256" and self._verify(signed, signature_bytes) else None

    def _verify(self, signed: bytes, signature: bytes) -> bool:
        if self._key is None:
            return True
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            self._key.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def new_installation_token() -> str:
    """Make an installation token of the form that GitHub has used since April 2026."""
    parts = (base64.urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (27, 90, 64))
    return f"ghs_1_{'.'.join(parts)}"


def _load(public_key: str | bytes) -> object:
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as error:
        raise RuntimeError("cryptography is required to verify signatures: pip install cryptography") from error
    try:
        key = load_pem_public_key(public_key.encode() if isinstance(public_key, str) else public_key)
    except ValueError as error:
        raise ValueError("app_public_key is not a public key in PEM form: -----BEGIN PUBLIC KEY-----") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("app_public_key is not an RSA key")  # noqa: TRY004 - the type is right, the value is not
    return key


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _problem_of(claims: Mapping[str, Any], now: datetime) -> str:
    """Return GitHub's message about the claims of a JWT, or an empty string."""
    issued, expires, time = claims.get("iat"), claims.get("exp"), now.timestamp()
    if not isinstance(issued, int) or issued > time:
        return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    if not isinstance(expires, int | float) or expires <= time:
        return (
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires"
        )
    if expires > time + _LONGEST_LIFE:
        return "'Expiration time' claim ('exp') is too far in the future"
    if not isinstance(claims.get("iss"), str | int) or not claims["iss"]:
        return "'Issuer' claim ('iss') must be an Integer"
    return ""


def _granted(problem: AppProblem | None) -> dict[str, str]:
    granted = {"metadata": "read"}
    return granted if problem is AppProblem.PERMISSION_MISSING else granted | {PERMISSION: "write"}


def _account(login: str, url: str, kind: str = "Organization") -> dict[str, Any]:
    address = f"{url}/users/{login}"
    links = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events")
    return {
        "login": login,
        "id": 1,
        "node_id": "MDEyOk9yZ2FuaXphdGlvbjE=",
        "avatar_url": f"https://github.com/{login}.png",
        "gravatar_id": "",
        "url": address,
        "html_url": f"https://github.com/{login}",
        **{f"{name}_url": f"{address}/{name}" for name in links},
        "received_events_url": f"{address}/received_events",
        "type": kind,
        "site_admin": False,
    }
