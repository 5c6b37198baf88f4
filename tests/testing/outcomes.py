"""The outcome of each scenario: what curl sees, and what the SDK makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import runner_registration as rr

SSO = "https://github.com/orgs/octo-org/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWx"
PERMISSION = ("organization_self_hosted_runners=write",)


class Outcome(NamedTuple):
    """How a scenario ends."""

    statuses: tuple[int, ...]
    """The statuses in turn, as many as the SDK requests; 0 where there is no response."""
    error: type[rr.RunnerRegistrationError] | None = None
    """None: a token."""
    has: Mapping[str, Any] = {}
    """Attributes of the error or of the token."""
    says: str = ""
    lifetime: timedelta = timedelta(hours=1)
    curl: int = 0
    """curl's exit status at the first response. https://curl.se/docs/manpage.html#EXIT"""


OUTCOMES = {
    "created": Outcome((201,)),
    "full_body": Outcome((201,), has={"single_file": "config.yaml"}),
    "unknown_fields": Outcome((201,), has={"repository_selection": "some-of-them"}),
    "time_in_utc": Outcome((201,)),
    "time_with_microseconds": Outcome((201,)),
    "expires_soon": Outcome((201,), lifetime=timedelta(minutes=5)),
    "api_version_closing_down": Outcome((201,)),
    "bad_credentials": Outcome((401,), rr.AuthenticationError, says="Bad credentials"),
    "requires_authentication": Outcome((401,), rr.AuthenticationError, says="Requires authentication"),
    "missing_role": Outcome((403,), rr.PermissionDeniedError, {"accepted_scopes": ("admin:org",)}, "owner"),
    "missing_admin": Outcome((403,), rr.PermissionDeniedError, {"accepted_scopes": ("admin:org",)}, "lacks the scope"),
    "missing_permission": Outcome((403,), rr.PermissionDeniedError, {"accepted_permissions": PERMISSION}),
    "missing_app_permission": Outcome((403,), rr.PermissionDeniedError, {"accepted_permissions": PERMISSION}),
    "sso_required": Outcome((403,), rr.SSORequiredError, {"sso_url": SSO}),
    "classic_token_forbidden": Outcome((403,), rr.PermissionDeniedError, says="personal access token (classic)"),
    "token_lifetime_too_long": Outcome((403,), rr.PermissionDeniedError, says="shorter lifetime"),
    "oauth_app_restricted": Outcome((403,), rr.PermissionDeniedError, says="OAuth app"),
    "ip_not_allowed": Outcome((403,), rr.PermissionDeniedError, says="IP allow list"),
    "installation_suspended": Outcome((403,), rr.PermissionDeniedError, says="suspended"),
    "login_attempts_exceeded": Outcome((403,), rr.PermissionDeniedError, says="login attempts"),
    "not_found": Outcome((404,), rr.NotFoundError),
    "validation_failed": Outcome((422,), rr.UnprocessableEntityError, says="Runner name missing_field"),
    "invalid_request": Outcome((422,), rr.UnprocessableEntityError, says="Invalid request"),
    "primary_rate_limit": Outcome((403,), rr.RateLimitError, {"secondary": False, "retry_after": 45.0}),
    "primary_rate_limit_429": Outcome((429,), rr.RateLimitError, {"secondary": False, "retry_after": 45.0}),
    "secondary_rate_limit": Outcome((403,), rr.RateLimitError, {"secondary": True, "retry_after": 45.0}),
    "secondary_rate_limit_429": Outcome((429,), rr.RateLimitError, {"secondary": True, "retry_after": 45.0}),
    "secondary_rate_limit_without_retry_after": Outcome(
        (403,), rr.RateLimitError, {"secondary": True, "retry_after": 60.0}
    ),
    "secondary_rate_limit_once": Outcome((403, 201)),
    "server_error": Outcome((500,), rr.InternalServerError),
    "bad_gateway": Outcome((502,), rr.InternalServerError),
    "bad_gateway_html": Outcome((502,), rr.InternalServerError, says="502 Bad Gateway"),
    "service_unavailable": Outcome((503,), rr.InternalServerError),
    "gateway_timeout": Outcome((504,), rr.InternalServerError),
    "server_error_once": Outcome((500, 201)),
    "bad_gateway_once": Outcome((502, 201)),
    "reset": Outcome((0,), rr.APIConnectionError, curl=56),
    "reset_once": Outcome((0, 201), curl=56),
    "hang_up": Outcome((0,), rr.APIConnectionError, curl=52),
    "no_answer": Outcome((0,), rr.APITimeoutError, curl=28),
    "slow_headers": Outcome((0,), rr.APITimeoutError, curl=28),
    "trickled_body": Outcome((201,), rr.APITimeoutError, curl=28),
    "cut_body": Outcome((201,), rr.APIConnectionError, curl=18),
    "length_too_short": Outcome((201,), rr.InvalidResponseError, says="JSON"),
    "length_too_long": Outcome((201,), rr.APITimeoutError, curl=28),
    "garbage": Outcome((0,), rr.APIConnectionError, curl=1),
    "empty_body": Outcome((201,), rr.InvalidResponseError),
    "html_body": Outcome((201,), rr.InvalidResponseError, says="HTML"),
    "redirect": Outcome((307, 201)),
    "redirect_to_another_host": Outcome((307,), rr.RedirectError, says="another host"),
    # A credential that is not an app's.
    "app_not_installed": Outcome((201,)),
    "app_suspended": Outcome((201,)),
    "app_permission_missing": Outcome((201,)),
    "app_jwt_invalid": Outcome((201,)),
    "app_clock_skew": Outcome((201,), lifetime=timedelta(hours=2)),
    "app_clock_skew_behind": Outcome((201,), lifetime=timedelta(0)),
    "app_token_not_replicated": Outcome((401,), rr.AuthenticationError),
    "app_token_revoked": Outcome((201,)),
}
