"""Everything this package raises.

RunnerRegistrationError
├── CredentialError                 before any request
├── InvalidOrganizationError        before any request (also a ValueError)
├── APIConnectionError              no answer
│   ├── APITimeoutError
│   └── ProxyError
├── InvalidResponseError            an answer that breaks the contract
└── APIStatusError                  an answer that is no success
    ├── RedirectError               3xx
    ├── APIVersionError             400, 410
    ├── BadRequestError             400
    ├── AuthenticationError         401
    ├── PermissionDeniedError       403
    │   └── SSORequiredError        403
    ├── NotFoundError               404
    ├── UnprocessableEntityError    422
    ├── RateLimitError              403, 429
    └── InternalServerError         5xx

Every one of them can be pickled, and none holds a credential, a token, a request or the body of an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

if TYPE_CHECKING:
    from datetime import datetime

    import httpx


class StatusFacts(TypedDict):
    """What every APIStatusError is made with."""

    status_code: int
    headers: httpx.Headers
    documentation_url: NotRequired[str | None]
    request_id: NotRequired[str | None]


class DenialFacts(StatusFacts):
    """What every PermissionDeniedError is made with."""

    accepted_scopes: NotRequired[tuple[str, ...]]
    accepted_permissions: NotRequired[tuple[str, ...]]


class RunnerRegistrationError(Exception):
    """The root of every error that this package raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    @property
    def message(self) -> str:
        """One line that a person can act on; the same as ``str(error)``."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt by calling the class with args alone, which keyword-only attributes do not survive.
        return _rebuild, (type(self), self.args), self.__dict__


def _rebuild(error: type[RunnerRegistrationError], args: tuple[Any, ...]) -> RunnerRegistrationError:
    return error.__new__(error, *args)


class CredentialError(RunnerRegistrationError):
    """No credential was found, or the one there cannot or must not be sent. Raised before any request."""


class InvalidOrganizationError(RunnerRegistrationError, ValueError):
    """What was given is no organization's name: empty, a dot segment, with a slash or a control character in it."""


class APIConnectionError(RunnerRegistrationError):
    """No answer came: the name did not resolve, the connection was refused, reset or cut, TLS failed."""

    _retryable: bool = True
    """Whether another attempt may succeed. The exit code of the command line depends on it."""


class APITimeoutError(APIConnectionError):
    """No whole answer came within ``timeout`` seconds."""


class ProxyError(APIConnectionError):
    """The proxy in between did not let the request pass, or asks for credentials of its own (407)."""


class InvalidResponseError(RunnerRegistrationError):
    """The server reported success, but its answer breaks the contract: HTML, no JSON, no token, another 2xx."""


class APIStatusError(RunnerRegistrationError):
    """The server answered, and not with success.

    Attributes:
        status_code: The HTTP status.
        documentation_url: The page of documentation that the answer names, if it is GitHub's or the server's own.
        request_id: ``X-GitHub-Request-Id``, which GitHub's support asks for.
        headers: The answer's headers, made safe to print; cookies are masked.
    """

    def __init__(self, message: str, **facts: Unpack[StatusFacts]) -> None:
        super().__init__(message)
        self.status_code = facts["status_code"]
        self.headers = facts["headers"]
        self.documentation_url = facts.get("documentation_url")
        self.request_id = facts.get("request_id")


class RedirectError(APIStatusError):
    """3xx: to another host, from https to http, to nowhere, or once too often. It was not followed."""


class APIVersionError(APIStatusError):
    """400 or 410: the server does not know the API version asked for, or no longer."""


class BadRequestError(APIStatusError):
    """400: the server could not make sense of the request."""


class AuthenticationError(APIStatusError):
    """401: no credential arrived, or the server does not accept it."""


class PermissionDeniedError(APIStatusError):
    """403: the credential is known, and it, its owner or its network may not do this.

    Attributes:
        accepted_scopes: The OAuth scopes any one of which would do, as ``X-Accepted-OAuth-Scopes`` names them:
            ``("admin:org",)``. Empty where the server names none.
        accepted_permissions: The sets of permissions any one of which would do, as ``X-Accepted-GitHub-Permissions``
            names them: ``("organization_self_hosted_runners=write",)``. Empty where the server names none.
    """

    def __init__(
        self,
        message: str,
        *,
        accepted_scopes: tuple[str, ...] = (),
        accepted_permissions: tuple[str, ...] = (),
        **facts: Unpack[StatusFacts],
    ) -> None:
        super().__init__(message, **facts)
        self.accepted_scopes = accepted_scopes
        self.accepted_permissions = accepted_permissions


class SSORequiredError(PermissionDeniedError):
    """403: the organization asks for SAML single sign-on, and the credential is not authorized for it.

    Attributes:
        sso_url: Where to authorize it, if the server named an https address on its own site.
    """

    def __init__(self, message: str, *, sso_url: str | None = None, **facts: Unpack[DenialFacts]) -> None:
        super().__init__(message, **facts)
        self.sso_url = sso_url


class NotFoundError(APIStatusError):
    """404: no such organization, or none that this credential may see; or no GitHub API at this address."""


class UnprocessableEntityError(APIStatusError):
    """422: the server understood the request and will not do it."""


class RateLimitError(APIStatusError):
    """403 or 429: too many requests.

    Attributes:
        retry_after: Seconds from the answer until the next request may be sent.
        resets_at: The same as an instant (UTC), by the server's clock where it told the time.
        secondary: Whether it was a secondary rate limit (too fast) and not the primary one (too many an hour).
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        resets_at: datetime,
        secondary: bool,
        **facts: Unpack[StatusFacts],
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after
        self.resets_at = resets_at
        self.secondary = secondary


class InternalServerError(APIStatusError):
    """5xx: the server, or a proxy in front of it, failed."""
