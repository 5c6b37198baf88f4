"""The scenarios: what a server may respond, by name. A table to be read, with as little repetition as possible.

A response is an example of the contract, by status and name; its text, fields and values come from there. Only what
differs is written here.
"""

from __future__ import annotations

import difflib
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_registration.testing._contract import operations
from runner_registration.testing._github_app import AppProblem
from runner_registration.testing._http import Fault, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NONE: Mapping[str, Any] = MappingProxyType({})


class Template(NamedTuple):
    """One response, before it is made for a request."""

    status: int | None = None
    """None: the success of whichever operation is requested."""
    example: str | None = None
    """Which of the contract's examples for the status; None for the first, or for one made from the schema."""
    headers: Mapping[str, str | None] = _NONE
    """In addition to those that all responses have. None: as in the contract's example. Braces are filled in."""
    full: bool = False
    """Whether the body has every field of the schema."""
    fields: Mapping[str, Any] = _NONE
    """Fields of the body in addition to, or instead of, those of the example."""
    lifetime: timedelta = timedelta(hours=1)
    """From now to ``expires_at``, where the body has that."""
    time_format: str = "%Y-%m-%dT%H:%M:%S.123-08:00"
    """How ``expires_at`` is written: as in GitHub's own example."""
    content_type: str = "application/json; charset=utf-8"
    body: bytes | None = None
    """A body that does not come from the contract."""
    fault: Fault | None = None
    """What happens to the response on its way."""


class Scenario(NamedTuple):
    """What a name means: a sentence for people, and the responses in turn, or names of scenarios in their place."""

    sentence: str
    responses: tuple[Template | str, ...]
    app_problem: AppProblem | None = None
    """What is wrong with a GitHub App's sign-in for as long as the scenario is in use."""


def _scenario(sentence: str, *responses: Template | str) -> Scenario:
    return Scenario(sentence, responses)


def _app(sentence: str, problem: AppProblem) -> Scenario:
    return Scenario(f"GitHub App: {sentence}", (Template(),), problem)


def _page(title: str) -> bytes:
    html = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return html.encode()


_UNKNOWN = {"repository_selection": "some-of-them", "runner_group": {"id": 1, "labels": ["self-hosted", None]}}
_NO_SCOPE: dict[str, None] = {"X-OAuth-Scopes": None, "X-Accepted-OAuth-Scopes": None}
_NO_PERMISSION: dict[str, None] = {"X-Accepted-GitHub-Permissions": None}
_CLOSING_DOWN = {"Deprecation": "Tue, 10 Mar 2026 00:00:00 GMT", "Sunset": "Fri, 10 Mar 2028 00:00:00 GMT"}
_USED_UP = {"X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000"}
_RETRY_AFTER = {"Retry-After": "{retry_after}"}

SCENARIOS = {
    # Successes
    "created": _scenario("A new token that is valid for one hour.", Template()),
    "full_body": _scenario(
        "A new token with every field of the contract. Values without an example are made up.",
        Template(full=True),
    ),
    "unknown_fields": _scenario(
        "A new token, with a field and a value that the contract does not have.", Template(fields=_UNKNOWN)
    ),
    "time_in_utc": _scenario(
        "A new token. Its expiry is written as 2020-01-22T20:13:35Z.", Template(time_format="%Y-%m-%dT%H:%M:%SZ")
    ),
    "time_with_microseconds": _scenario(
        "A new token. Its expiry is written as 2020-01-23T01:43:35.123456+05:30.",
        Template(time_format="%Y-%m-%dT%H:%M:%S.123456+05:30"),
    ),
    "expires_soon": _scenario("A token that expires in five minutes.", Template(lifetime=timedelta(minutes=5))),
    "api_version_closing_down": _scenario(
        "A new token, with headers that announce the removal of the API version.",
        Template(headers=_CLOSING_DOWN),
    ),
    # 401: not authenticated
    "bad_credentials": _scenario("The credential is wrong, expired or revoked.", Template(401, "bad_credentials")),
    "requires_authentication": _scenario("No credential was sent.", Template(401, "requires_authentication")),
    # 403: not allowed
    "missing_role": _scenario(
        "The user is not an owner and has no role for runners, or a classic token lacks the scope admin:org.",
        Template(403, "missing_role", _NO_SCOPE),
    ),
    "missing_admin": _scenario(
        "The same, with the text of older Enterprise Servers.", Template(403, "missing_admin", _NO_SCOPE)
    ),
    "missing_permission": _scenario(
        "A fine-grained token lacks the permission.", Template(403, "missing_permission", _NO_PERMISSION)
    ),
    "missing_app_permission": _scenario(
        "A GitHub App, or a workflow's GITHUB_TOKEN, lacks the permission.",
        Template(403, "missing_app_permission", _NO_PERMISSION),
    ),
    "sso_required": _scenario(
        "The credential is not authorized for the organization's single sign-on.",
        Template(403, "sso_required", {"X-GitHub-SSO": None}),
    ),
    "classic_token_forbidden": _scenario(
        "The organization does not accept classic tokens.", Template(403, "classic_token_forbidden")
    ),
    "token_lifetime_too_long": _scenario(
        "A fine-grained token is valid for longer than the organization allows.",
        Template(403, "token_lifetime_too_long"),
    ),
    "oauth_app_restricted": _scenario(
        "The organization has not approved the OAuth app.", Template(403, "oauth_app_restricted")
    ),
    "ip_not_allowed": _scenario(
        "The caller's IP address is not on the organization's allow list.", Template(403, "ip_not_allowed")
    ),
    "installation_suspended": _scenario("The GitHub App is suspended.", Template(403, "installation_suspended")),
    "login_attempts_exceeded": _scenario("Too many failed logins.", Template(403, "login_attempts_exceeded")),
    # 404, 422
    "not_found": _scenario(
        "There is no such organization, or the credential cannot see it.", Template(404, "not_found")
    ),
    "validation_failed": _scenario("A field is missing or wrong.", Template(422, "validation_failed")),
    "invalid_request": _scenario("The request is malformed.", Template(422, "invalid_request")),
    # Rate limits: GitHub uses 403 and 429 for both.
    "primary_rate_limit": _scenario(
        "403: the requests of this hour are used up. X-RateLimit-Reset has the end of the hour.",
        Template(403, "primary_rate_limit", _USED_UP),
    ),
    "primary_rate_limit_429": _scenario(
        "429: the requests of this hour are used up.", Template(429, "primary_rate_limit", _USED_UP)
    ),
    "secondary_rate_limit": _scenario(
        "403: too many requests in a short time. Retry-After has the time to wait.",
        Template(403, "secondary_rate_limit", _RETRY_AFTER),
    ),
    "secondary_rate_limit_429": _scenario(
        "429: too many requests in a short time.", Template(429, "secondary_rate_limit", _RETRY_AFTER)
    ),
    "secondary_rate_limit_without_retry_after": _scenario(
        "403: too many requests in a short time, without Retry-After.", Template(403, "secondary_rate_limit")
    ),
    "secondary_rate_limit_once": _scenario("A secondary rate limit, then a token.", "secondary_rate_limit", "created"),
    # 5xx
    "server_error": _scenario("500: GitHub has an internal error.", Template(500, "server_error")),
    "bad_gateway": _scenario("502: GitHub failed, or took too long.", Template(502, "server_error")),
    "bad_gateway_html": _scenario(
        "502 from a proxy in front of GitHub: an HTML page instead of JSON.",
        Template(502, content_type="text/html", body=_page("502 Bad Gateway")),
    ),
    "service_unavailable": _scenario("503: GitHub is overloaded or down.", Template(503, "no_server_available")),
    "gateway_timeout": _scenario("504: GitHub took too long.", Template(504, "timeout")),
    "server_error_once": _scenario("500, then a token.", "server_error", "created"),
    "bad_gateway_once": _scenario("502, then a token.", "bad_gateway", "created"),
    # What networks and gateways do
    "reset": _scenario("The connection is reset.", Template(fault=Fault.RESET)),
    "reset_once": _scenario("The connection is reset, then a token.", "reset", "created"),
    "hang_up": _scenario("The connection is closed without a response.", Template(fault=Fault.HANG_UP)),
    "no_response": _scenario("The connection stays open and no response is sent.", Template(fault=Fault.SILENCE)),
    "slow_headers": _scenario(
        "The response is sent byte by byte, two bytes per second.", Template(fault=Fault.SLOW_HEADERS)
    ),
    "trickled_body": _scenario(
        "The headers are sent at once, the body byte by byte, two bytes per second.",
        Template(fault=Fault.TRICKLED_BODY),
    ),
    "cut_body": _scenario("The connection is closed before the end of the body.", Template(fault=Fault.CUT_BODY)),
    "length_too_short": _scenario("Content-Length is smaller than the body.", Template(fault=Fault.LENGTH_TOO_SHORT)),
    "length_too_long": _scenario(
        "Content-Length is larger than the body, and the connection stays open.", Template(fault=Fault.LENGTH_TOO_LONG)
    ),
    "garbage": _scenario("The response is not HTTP.", Template(fault=Fault.GARBAGE)),
    "empty_body": _scenario("201 without a body.", Template(201, body=b"")),
    "html_body": _scenario(
        "201 with an HTML page, as from a captive portal or a sign-in page.",
        Template(201, content_type="text/html", body=_page("Sign in")),
    ),
    "redirect": _scenario(
        "307 to another path on the same host, then a token.",
        Template(307, headers={"Location": "{url}{path}?redirected"}, body=b""),
        "created",
    ),
    "redirect_to_another_host": _scenario(
        "307 to another name of this machine, then a token. `requests` shows who follows.",
        Template(307, headers={"Location": "{other_url}{path}?redirected"}, body=b""),
        "created",
    ),
    # The sign-in of a GitHub App. To other credentials, these scenarios respond with a token.
    "app_not_installed": _app("it is not installed on the organization: 404.", AppProblem.NOT_INSTALLED),
    "app_suspended": _app("the organization has suspended it.", AppProblem.SUSPENDED),
    "app_permission_missing": _app("its installation lacks the permission: 422.", AppProblem.PERMISSION_MISSING),
    "app_jwt_invalid": _app("its JWT cannot be decoded: 401.", AppProblem.JWT_INVALID),
    "app_clock_skew": _app(
        "the server's clock is an hour ahead, so the JWT has expired until the client corrects its times.",
        AppProblem.SERVER_AHEAD,
    ),
    "app_clock_skew_behind": _app(
        "the server's clock is an hour behind, so the JWT is from the future until the client corrects its times.",
        AppProblem.SERVER_BEHIND,
    ),
    "app_token_not_replicated": _scenario(
        "GitHub App: a new installation token is refused once with 401, then accepted.", "bad_credentials", "created"
    ),
    "app_token_revoked": _app(
        "the installation tokens so far are revoked: 401 until there is a new one.", AppProblem.TOKENS_REVOKED
    ),
}

_NAMED = {
    (response.status, response.example)
    for scenario in SCENARIOS.values()
    for response in scenario.responses
    if isinstance(response, Template) and response.body is None
}


def scenarios() -> dict[str, str]:
    """List the scenarios that ``registration_server.use`` takes.

    Returns:
        One sentence for each name.
    """
    return {name: scenario.sentence for name, scenario in all_scenarios().items()}


def all_scenarios() -> dict[str, Scenario]:
    """All scenarios: those of the table, and one for each other response that the contract documents.

    The others are called ``status_409``, or ``status_422_spam`` for an example named spam.
    """
    return SCENARIOS | {
        f"status_{status}" + (f"_{example}" if example else ""): _scenario(
            f"{status} {phrase(status)}".rstrip() + f", as the contract documents it for {operation.name}.",
            Template(status, example),
        )
        for operation in operations()
        for status, example in operation.examples
        if (status, example) not in _NAMED | {operation.success}
    }


def app_problem(names: Sequence[str]) -> AppProblem | None:
    """Return what these scenarios make wrong with a GitHub App's sign-in.

    Raises:
        ValueError: They are about more than one problem.
    """
    problems = {SCENARIOS[name].app_problem for name in names if name in SCENARIOS} - {None}
    if len(problems) > 1:
        raise ValueError("use one scenario of a GitHub App's sign-in at a time")
    return next(iter(problems), None)


def responses(name: str) -> list[Template]:
    """The responses of a scenario, in turn.

    Raises:
        ValueError: There is no scenario of that name, or the contract does not document one of its responses.
    """
    known = SCENARIOS if name in SCENARIOS else all_scenarios()
    if name not in known:
        near = " or ".join(map(repr, difflib.get_close_matches(name, known, cutoff=0.5)))
        advice = f"did you mean {near}?" if near else "runner_registration.testing.scenarios() lists them all"
        raise ValueError(f"there is no scenario {name!r}: {advice}")
    found: list[Template] = []
    for response in known[name].responses:
        found += responses(response) if isinstance(response, str) else [response]
    for response in found:
        if response.body is None and not _is_documented(response):
            raise ValueError(
                f"the scenario {name!r} cannot be used: no operation of the contract documents "
                f"{response.status} {response.example}"
            )
    return found


def _is_documented(response: Template) -> bool:
    return response.status is None or any(
        operation.documents(response.status, response.example) for operation in operations()
    )
