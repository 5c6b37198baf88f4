"""The scenarios: what a server may answer, by name. A table to be read, with as little as possible in it twice.

An answer is an example of the contract, by status and name; words, fields and values come from there. What is written
here is only what differs.
"""

from __future__ import annotations

import difflib
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_registration.testing._wire import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE: Mapping[str, Any] = MappingProxyType({})


class Answer(NamedTuple):
    """One answer."""

    status: int | None = None
    """None: the success of whichever operation was asked."""
    example: str | None = None
    """Which of the contract's examples for the status; None where it has none."""
    headers: Mapping[str, str | None] = _NONE
    """Beyond those that all answers have. None: as in the contract's example. In braces: what only a server knows."""
    full: bool = False
    """Whether the body has every field of the schema."""
    fields: Mapping[str, Any] = _NONE
    """What the body has beside, or instead of, the fields of the example."""
    lifetime: timedelta = timedelta(hours=1)
    """From now to ``expires_at``, where the body has that."""
    time_format: str = "%Y-%m-%dT%H:%M:%S.123-08:00"
    """How ``expires_at`` is written: as in GitHub's own example."""
    content_type: str = "application/json; charset=utf-8"
    text: str | None = None
    """A body of another kind. The contract has no say in such an answer."""
    fault: Fault | None = None
    """What becomes of it on its way."""


class Scenario(NamedTuple):
    """A name's meaning: a sentence for people, and the answers in turn, or names of scenarios in their place."""

    sentence: str
    answers: tuple[Answer | str, ...]


def _scenario(sentence: str, *answers: Answer | str) -> Scenario:
    return Scenario(sentence, answers)


_HTML = "<!DOCTYPE html>\n<html><head><title>{}</title></head><body><h1>{}</h1></body></html>\n"
_UNKNOWN = {"repository_selection": "some-of-them", "runner_group": {"id": 1, "labels": ["self-hosted", None]}}
_NO_SCOPE: dict[str, None] = {"X-OAuth-Scopes": None, "X-Accepted-OAuth-Scopes": None}
_NO_PERMISSION: dict[str, None] = {"X-Accepted-GitHub-Permissions": None}
_CLOSING_DOWN = {"Deprecation": "Tue, 10 Mar 2026 00:00:00 GMT", "Sunset": "Fri, 10 Mar 2028 00:00:00 GMT"}
_USED_UP = {"X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000"}
_RETRY_AFTER = {"Retry-After": "{retry_after}"}

SCENARIOS = {
    # Successes
    "created": _scenario("A new token that is good for an hour.", Answer()),
    "full_body": _scenario(
        "A new token, with every field of the contract; values that it has no example of are made up.",
        Answer(full=True),
    ),
    "unknown_fields": _scenario(
        "A new token, with a field and a value that are new to the contract.", Answer(fields=_UNKNOWN)
    ),
    "time_in_utc": _scenario(
        "A new token, its expiry written as 2020-01-22T20:13:35Z.", Answer(time_format="%Y-%m-%dT%H:%M:%SZ")
    ),
    "time_with_microseconds": _scenario(
        "A new token, its expiry written as 2020-01-23T01:43:35.123456+05:30.",
        Answer(time_format="%Y-%m-%dT%H:%M:%S.123456+05:30"),
    ),
    "expires_soon": _scenario("A token that expires in five minutes.", Answer(lifetime=timedelta(minutes=5))),
    "api_version_closing_down": _scenario(
        "A new token, and word that the API version will be removed.",
        Answer(headers=_CLOSING_DOWN),
    ),
    # 401: who is asking?
    "bad_credentials": _scenario("The credential is wrong, expired or revoked.", Answer(401, "bad_credentials")),
    "requires_authentication": _scenario("No credential was sent.", Answer(401, "requires_authentication")),
    # 403: not allowed
    "missing_admin": _scenario(
        "The user is no owner, or a classic token lacks the scope admin:org.", Answer(403, "missing_admin", _NO_SCOPE)
    ),
    "missing_permission": _scenario(
        "A fine-grained token lacks the permission.", Answer(403, "missing_permission", _NO_PERMISSION)
    ),
    "missing_app_permission": _scenario(
        "A GitHub App, or a workflow's GITHUB_TOKEN, lacks the permission.",
        Answer(403, "missing_app_permission", _NO_PERMISSION),
    ),
    "sso_required": _scenario(
        "The credential is not authorized for the organization's single sign-on.",
        Answer(403, "sso_required", {"X-GitHub-SSO": None}),
    ),
    "classic_token_forbidden": _scenario(
        "The organization admits no classic tokens.", Answer(403, "classic_token_forbidden")
    ),
    "token_lifetime_too_long": _scenario(
        "A fine-grained token lives longer than the organization allows.", Answer(403, "token_lifetime_too_long")
    ),
    "oauth_app_restricted": _scenario(
        "The organization has not approved the OAuth app.", Answer(403, "oauth_app_restricted")
    ),
    "ip_not_allowed": _scenario(
        "The caller's address is not on the organization's list.", Answer(403, "ip_not_allowed")
    ),
    "installation_suspended": _scenario("The GitHub App is suspended.", Answer(403, "installation_suspended")),
    "login_attempts_exceeded": _scenario(
        "Too many wrong credentials came before.", Answer(403, "login_attempts_exceeded")
    ),
    # 404, 422
    "not_found": _scenario("No such organization, or none that the credential may see.", Answer(404, "not_found")),
    "validation_failed": _scenario("A field is missing or wrong.", Answer(422, "validation_failed")),
    "invalid_request": _scenario("The request is malformed.", Answer(422, "invalid_request")),
    # Rate limits: GitHub uses 403 and 429 for both.
    "primary_rate_limit": _scenario(
        "403: the requests of this hour are used up; X-RateLimit-Reset says until when.",
        Answer(403, "primary_rate_limit", _USED_UP),
    ),
    "primary_rate_limit_429": _scenario(
        "429: the requests of this hour are used up.", Answer(429, "primary_rate_limit", _USED_UP)
    ),
    "secondary_rate_limit": _scenario(
        "403: too many requests in a short time; Retry-After says how long to wait.",
        Answer(403, "secondary_rate_limit", _RETRY_AFTER),
    ),
    "secondary_rate_limit_429": _scenario(
        "429: too many requests in a short time.", Answer(429, "secondary_rate_limit", _RETRY_AFTER)
    ),
    "secondary_rate_limit_without_retry_after": _scenario(
        "403: too many requests in a short time, and no word of how long to wait.", Answer(403, "secondary_rate_limit")
    ),
    "secondary_rate_limit_once": _scenario("A secondary rate limit, then a token.", "secondary_rate_limit", "created"),
    # 5xx
    "server_error": _scenario("500: GitHub failed.", Answer(500, "server_error")),
    "bad_gateway": _scenario("502: GitHub failed, or took too long.", Answer(502, "server_error")),
    "bad_gateway_html": _scenario(
        "502 from what stands before GitHub: a page in place of JSON.",
        Answer(502, content_type="text/html", text=_HTML.format(*["502 Bad Gateway"] * 2)),
    ),
    "service_unavailable": _scenario("503: GitHub is overloaded or down.", Answer(503, "no_server_available")),
    "gateway_timeout": _scenario("504: the request took GitHub too long.", Answer(504, "timeout")),
    "server_error_once": _scenario("500, then a token.", "server_error", "created"),
    "bad_gateway_once": _scenario("502, then a token.", "bad_gateway", "created"),
    # What only a network does
    "reset": _scenario("The connection is reset.", Answer(fault=Fault.RESET)),
    "reset_once": _scenario("The connection is reset, then a token.", "reset", "created"),
    "hang_up": _scenario("The connection is closed without an answer.", Answer(fault=Fault.HANG_UP)),
    "no_answer": _scenario("The connection stays open and nothing comes.", Answer(fault=Fault.SILENCE)),
    "slow_headers": _scenario("The answer comes byte by byte, two a second.", Answer(fault=Fault.SLOW_HEADERS)),
    "trickled_body": _scenario(
        "The headers come at once, the body byte by byte, two a second.", Answer(fault=Fault.TRICKLED_BODY)
    ),
    "cut_body": _scenario("The connection is closed before the end of the body.", Answer(fault=Fault.CUT_BODY)),
    "length_too_short": _scenario("Content-Length is less than the body.", Answer(fault=Fault.LENGTH_TOO_SHORT)),
    "length_too_long": _scenario(
        "Content-Length is more than the body, whose rest never comes.", Answer(fault=Fault.LENGTH_TOO_LONG)
    ),
    "garbage": _scenario("What comes is not HTTP.", Answer(fault=Fault.GARBAGE)),
    "empty_body": _scenario("201 without a body.", Answer(201, text="")),
    "html_body": _scenario(
        "201 with a page, as captive portals and sign-in pages answer.",
        Answer(201, content_type="text/html", text=_HTML.format(*["Sign in"] * 2)),
    ),
    "redirect": _scenario(
        "307 to another place on the same host, then a token.",
        Answer(307, headers={"Location": "{url}{path}?redirected"}, text=""),
        "created",
    ),
    "redirect_to_another_host": _scenario(
        "307 to another name of this machine, so that `requests` tells who follows; then a token.",
        Answer(307, headers={"Location": "{other_url}{path}?redirected"}, text=""),
        "created",
    ),
}


def scenarios() -> dict[str, str]:
    """List the scenarios that ``registration_server.use`` takes.

    Returns:
        A sentence for each name.
    """
    return {name: scenario.sentence for name, scenario in SCENARIOS.items()}


def answers(name: str) -> list[Answer]:
    """The answers of a scenario, in turn.

    Raises:
        ValueError: There is no scenario of that name.
    """
    if name not in SCENARIOS:
        near = " or ".join(map(repr, difflib.get_close_matches(name, SCENARIOS, cutoff=0.5)))
        advice = f"did you mean {near}?" if near else "runner_registration.testing.scenarios() lists them all"
        raise ValueError(f"there is no scenario {name!r}: {advice}")
    return [
        answer for step in SCENARIOS[name].answers for answer in (answers(step) if isinstance(step, str) else [step])
    ]
