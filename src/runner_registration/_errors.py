"""Errors that this package raises.

RunnerRegistrationError
├── CredentialError                 before any request
├── InvalidOrganizationError        before any request (also a ValueError)
├── APIConnectionError              no response
│   ├── APITimeoutError
│   └── ProxyError
├── InvalidResponseError            a 2xx response that breaks the contract
└── APIStatusError                  a response other than 2xx
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

Every error can be pickled. None holds a credential, a token, a request or the body of a response.

Tests of code that handles these errors can construct them directly::

    rr.NotFoundError("no such organization", status_code=404)
    rr.RateLimitError("too many requests", status_code=429, retry_after=60)

To add an attribute, add a keyword argument with a default and assign it in ``__init__``. If the class has subclasses,
add the name to the class's ``...Details`` as well. ``_response_errors`` passes the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

if TYPE_CHECKING:
    import httpx


class RunnerRegistrationError(Exception):
    """The base class of all errors of this package."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    @property
    def message(self) -> str:
        """One line that says what happened and what to do; the same as ``str(error)``."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception would call the class with args alone, without the keyword arguments that it requires.
        return type(self).__new__, (type(self), *self.args), self.__dict__


class CredentialError(RunnerRegistrationError):
    """No credential was found, or the one found cannot or must not be sent. Raised before any request."""


class InvalidOrganizationError(RunnerRegistrationError, ValueError):
    """The argument is not a valid organization name. Raised before any request."""


class APIConnectionError(RunnerRegistrationError):
    """No response: the name did not resolve, the connection was refused, reset or closed, or TLS failed."""

    _retryable: bool = True
    """Whether another attempt may succeed. The exit code of the command line depends on it."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self._retryable = retryable


class APITimeoutError(APIConnectionError):
    """No complete response within ``timeout`` seconds."""


class ProxyError(APIConnectionError):
    """The proxy rejected the request, or requires credentials of its own (407)."""


class InvalidResponseError(RunnerRegistrationError):
    """A 2xx response that breaks the contract: HTML, not JSON, without a token, or a status that is not documented."""


class StatusDetails(TypedDict, total=False):
    """Keyword arguments of APIStatusError, for subclasses to pass on."""

    status_code: Required[int]
    headers: Mapping[str, str] | None
    documentation_url: str | None
    request_id: str | None


class APIStatusError(RunnerRegistrationError):
    """A response other than 2xx.

    Attributes:
        status_code: The HTTP status.
        headers: The response's headers, safe to print. Secrets and cookies are masked.
        documentation_url: The documentation page that the response names, if it is on GitHub or on the server itself.
        request_id: ``X-GitHub-Request-Id``, which GitHub's support asks for.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: Mapping[str, str] | None = None,
        documentation_url: str | None = None,
        request_id: str | None = None,
    ) -> None:
        from httpx import Headers

        super().__init__(message)
        self.status_code = status_code
        self.headers: httpx.Headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.documentation_url = documentation_url
        self.request_id = request_id


class RedirectError(APIStatusError):
    """3xx: a redirect that is not followed: to another host, from https to http, to no location, or a second one."""


class APIVersionError(APIStatusError):
    """400 or 410: the server does not support the requested API version, or no longer does."""


class BadRequestError(APIStatusError):
    """400: the server did not understand the request."""


class AuthenticationError(APIStatusError):
    """401: the credential is missing, wrong, expired or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the credential, its owner or the network is not allowed to do this.

    Attributes:
        accepted_scopes: The OAuth scopes of which one is required, from ``X-Accepted-OAuth-Scopes``:
            ``("admin:org",)``. Empty if the response does not name any.
        accepted_permissions: The sets of permissions of which one is required, from ``X-Accepted-GitHub-Permissions``:
            ``("organization_self_hosted_runners=write",)``. Empty if the response does not name any.
    """

    def __init__(
        self,
        message: str,
        *,
        accepted_scopes: tuple[str, ...] = (),
        accepted_permissions: tuple[str, ...] = (),
        **details: Unpack[StatusDetails],
    ) -> None:
        super().__init__(message, **details)
        self.accepted_scopes = accepted_scopes
        self.accepted_permissions = accepted_permissions


class PermissionDetails(StatusDetails, total=False):
    """Keyword arguments of PermissionDeniedError, for subclasses to pass on."""

    accepted_scopes: tuple[str, ...]
    accepted_permissions: tuple[str, ...]


class SSORequiredError(PermissionDeniedError):
    """403: the organization requires SAML single sign-on, and the credential is not authorized for it.

    Attributes:
        sso_url: The page that authorizes the credential, if the response names one on github.com.
    """

    def __init__(self, message: str, *, sso_url: str | None = None, **details: Unpack[PermissionDetails]) -> None:
        super().__init__(message, **details)
        self.sso_url = sso_url


class NotFoundError(APIStatusError):
    """404: the organization does not exist or is not visible to this credential, or the URL is not GitHub's API."""


class UnprocessableEntityError(APIStatusError):
    """422: the server understood the request and refuses to process it."""


class RateLimitError(APIStatusError):
    """403 or 429: too many requests.

    Attributes:
        retry_after: Seconds from the response until the next request may be sent, at most one hour.
        resets_at: The same as a time in UTC, by the server's clock if the response has a date.
        secondary: True for a secondary rate limit (too many requests at once), False for the primary one (too many
            requests per hour).
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        resets_at: datetime | None = None,
        secondary: bool = False,
        **details: Unpack[StatusDetails],
    ) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after
        self.resets_at = resets_at or datetime.now(UTC) + timedelta(seconds=retry_after)
        self.secondary = secondary


class InternalServerError(APIStatusError):
    """5xx: the server failed, or a proxy or gateway in front of it."""


def _show_public_module() -> None:
    """Show in tracebacks, and store in pickles, the module that users import the errors from."""
    for value in globals().values():
        if isinstance(value, type) and issubclass(value, RunnerRegistrationError):
            value.__module__ = "runner_registration"


_show_public_module()
