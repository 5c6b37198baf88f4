"""Which error an answer is: a decision from its status, headers and body alone, without I/O."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import httpx

from runner_registration import _hosts
from runner_registration._connection_errors import proxy_credentials
from runner_registration._errors import (
    APIStatusError,
    APIVersionError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    ProxyError,
    RateLimitError,
    RedirectError,
    SSORequiredError,
    UnprocessableEntityError,
)
from runner_registration._redaction import one_line
from runner_registration._retry import server_time, unnamed_rate_limit_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner_registration._call import RequestInfo
    from runner_registration._errors import DenialFacts, StatusFacts
    from runner_registration._redaction import Secrets

_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    404: NotFoundError,
    422: UnprocessableEntityError,
}

_API_VERSION = re.compile(r"api.?version|supported version", re.IGNORECASE)
_RATE_LIMIT = re.compile(r"rate.?limit|abuse detection|too many requests|submitted too quickly", re.IGNORECASE)
_SECONDARY = re.compile(r"secondary.rate|abuse|too quickly", re.IGNORECASE)
_PRIMARY = re.compile(r"API rate limit exceeded", re.IGNORECASE)
_SAML = re.compile(r"\bSAML\b", re.IGNORECASE)


class _Denial(NamedTuple):
    """A way GitHub denies access, and what can be done where its own words do not say it."""

    words: str
    advice: str = ""
    lacks_rights: bool = False

    def is_meant_by(self, said: str) -> bool:
        return re.search(self.words, said, re.IGNORECASE) is not None


_DENIALS = (
    _Denial(r"IP allow ?list|IP address is not permitted", "Ask from an allowed address, or have an owner allow this."),
    _Denial(r"token'?s lifetime", "Use a token that expires sooner."),
    _Denial(r"via (?:a )?personal access tokens? \(classic\)", "Use a fine-grained token or a GitHub App."),
    _Denial(
        r"via (?:a )?fine-grained personal access", "Use a GitHub App, or have an owner allow fine-grained tokens."
    ),
    _Denial(r"OAuth App access restrictions", "Have an owner of the organization approve the OAuth app."),
    _Denial(r"installation.*suspended|suspended your access", "Have an owner unsuspend the GitHub App."),
    _Denial(r"suspended", "Use the credential of another account."),
    _Denial(r"login attempts exceeded", "Too many wrong credentials came from here: mend yours and wait."),
    _Denial(r"two-factor authentication", "The credential's owner has to turn two-factor authentication on."),
    _Denial(r"accessible by integration", "The GITHUB_TOKEN of a workflow can never do this.", lacks_rights=True),
    _Denial(r"accessible by personal access token", lacks_rights=True),
    _Denial(r"admin rights|must be an? .*(?:admin|owner)", "It takes an owner of the organization.", lacks_rights=True),
    _Denial(r"administrative rules", "The server refuses this User-Agent: see user_agent."),
    _Denial(r"cookies must be enabled", "This is GitHub's web site, not its API: check base_url."),
    _Denial(
        r"billing|must be verified|blocked|disabled|not (?:enabled|allowed|available)|archived|flagged"
        r"|license|Enterprise Managed User|installation access token"
    ),
)

_RUNNERS_NEED = (
    "It takes the scope admin:org (classic token) or the permission organization_self_hosted_runners: write "
    "(fine-grained token, GitHub App)."
)

_SHORT_PAGE = 250
"""How many characters of a page's text are told beside its title."""

_MOST_WORDS = 4096
"""How many characters of a server's words are looked at; a message shows fewer still."""

_DOCUMENTATION_SITES = frozenset({"docs.github.com", "developer.github.com", "help.github.com", "github.com"})
_HTTPS_URL = re.compile(
    r"https://([a-z0-9.-]+(?::[0-9]+)?)(?:[/?#][\w.~!$&'()*+,;=:@%/?#-]*)?", re.ASCII | re.IGNORECASE
)
_ACROSS_LINES = re.DOTALL | re.IGNORECASE
_SCOPE = re.compile(r"[a-z0-9_:]{1,64}", re.ASCII | re.IGNORECASE)
_PERMISSIONS = re.compile(r"[a-z0-9_=, ]{1,200}", re.ASCII)


def status_error(
    response: httpx.Response,
    request: RequestInfo,
    secrets: Secrets,
    *,
    retry_after: float | None,
    unnamed_limits: int = 0,
) -> APIStatusError | ProxyError:
    """Find the error that an answer without success is.

    Args:
        response: The answer, read.
        request: The request that it answers.
        secrets: What the error must not show.
        retry_after: Seconds that the response asks to wait, if it names a time.
        unnamed_limits: How many rate limits came before, in the same call, without a time to wait.
    """
    answer = _Answer(response, request, secrets)
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        error = ProxyError(answer.message(proxy_credentials(request.proxy)))
        error._retryable = False  # noqa: SLF001 - only the command line reads it, for its exit code
        return error
    return (
        _api_version(answer)
        or _rate_limit(answer, retry_after, unnamed_limits)
        or _denied(answer)
        or _not_found(answer)
        or _by_status(answer)
    )


def redirect_error(response: httpx.Response, request: RequestInfo, secrets: Secrets, why: str) -> RedirectError:
    """The error that a redirect is which is not followed."""
    answer = _Answer(response, request, secrets)
    return RedirectError(answer.message(why, answer.stranger), **answer.facts)


def invalid_response(response: httpx.Response, request: RequestInfo, reason: str) -> InvalidResponseError:
    """The error that a success is which breaks the contract. It shows nothing of the body, which may hold a token."""
    hint = ""
    if _is_html(response):
        reason = "the body is an HTML page"
        hint = (
            f" Check base_url ({request.base_url}), and whether a proxy or a sign-in page answers in place of GitHub."
        )
    return InvalidResponseError(f"{request}: {_status_line(response.status_code)}, but {reason}.{hint}")


def deprecation(response: httpx.Response, request: RequestInfo, secrets: Secrets) -> str | None:
    """What an answer says of the end of what was asked (RFC 9745, RFC 8594), if it does."""
    announced = {"deprecated": "Deprecation", "ends": "Sunset"}
    parts = [
        f"{what}: {one_line(response.headers[header], secrets, 100)}"
        for what, header in announced.items()
        if header in response.headers and response.headers[header].strip()
    ]
    if not parts:
        return None
    return f"{request} with API version {request.api_version} will be withdrawn by the server ({', '.join(parts)})"


class _Answer:
    """An answer, and what can be read from it."""

    def __init__(self, response: httpx.Response, request: RequestInfo, secrets: Secrets) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.request = request
        self.secrets = secrets
        self.json = _json_object(response)
        self.said = _words(response, self.json)[:_MOST_WORDS]
        # Words as common as "blocked" mean something in GitHub's own answers only.
        known = (denial for denial in _DENIALS if (denial.advice or self.json) and denial.is_meant_by(self.said))
        self.denial = next(known, None)
        self.advice = self.denial.advice if self.denial else ""
        url = self.json.get("documentation_url")
        self.documentation_url = url if isinstance(url, str) and self._may_show(url, _DOCUMENTATION_SITES) else None
        self.request_id = self.header("X-GitHub-Request-Id") or None

    def header(self, name: str) -> str:
        return one_line(self.headers.get(name, ""), self.secrets, 200)

    def _may_show(self, url: str, sites: frozenset[str]) -> bool:
        match = _HTTPS_URL.fullmatch(url)
        own = _hosts.web_origin(self.request.base_url).authority
        return match is not None and len(url) <= 500 and match[1].lower() in sites | {own}  # noqa: PLR2004

    @property
    def sso_url(self) -> str | None:
        """Where to authorize the credential.

        https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
        """
        _, _, url = self.headers.get("X-GitHub-SSO", "").partition("url=")
        url = url.strip()
        # What runs on this machine stands in for github.com.
        sites = frozenset({"github.com"} if _hosts.is_loopback(self.request.base_url) else ())
        return url if self._may_show(url, sites) and self.secrets.mask(url) == url else None

    @cached_property
    def is_githubs(self) -> bool:
        """Whether the API answered, and not its web site, another server, or something in between."""
        return bool(self.json) and (
            self.request_id is not None
            or "X-GitHub-Media-Type" in self.headers
            or str(self.json.get("documentation_url")).startswith(
                ("https://docs.github.com/", "https://developer.github.com/")
            )
        )

    @property
    def stranger(self) -> str:
        """A hint that something else than the API answered, if so."""
        if self.is_githubs or self.denial is not None or (self.json and self.status != HTTPStatus.NOT_FOUND):
            return ""
        by = f" ({server})" if (server := self.header("Server")) else ""
        return (
            f"This is not GitHub's API answering{by}: check base_url ({self.request.base_url}), and proxies on the way."
        )

    @property
    def in_between(self) -> str:
        """Who failed, where it was not GitHub: its own pages come from a server of its name."""
        server = self.header("Server")
        return "" if self.is_githubs or not server or "github" in server.lower() else f"It was {server} that answered."

    @property
    def facts(self) -> StatusFacts:
        return {
            "status_code": self.status,
            "headers": _safe(self.headers, self.secrets),
            "documentation_url": self.documentation_url,
            "request_id": self.request_id,
        }

    def message(self, *advice: str) -> str:
        """The line that a person can act on."""
        status_line = _status_line(self.status)
        words = one_line(self.said, self.secrets)
        parts = [f"{self.request}: {status_line}."]
        if words and words not in {status_line, status_line.partition(" ")[2]}:
            parts.append(words if words.endswith((".", "!", "?", "…")) else f"{words}.")
        parts += advice
        if self.documentation_url:
            parts.append(f"See {self.documentation_url}")
        if self.request_id:
            parts.append(f"(request id {self.request_id})")
        return " ".join(filter(None, parts))


def _api_version(answer: _Answer) -> APIVersionError | None:
    if answer.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.GONE}:
        return None
    if not (_API_VERSION.search(answer.said) or "/api-versions" in str(answer.json.get("documentation_url"))):
        return None
    advice = f"The API version asked for is {answer.request.api_version}: choose another by api_version."
    return APIVersionError(answer.message(advice), **answer.facts)


def _rate_limit(answer: _Answer, wait: float | None, unnamed_limits: int) -> RateLimitError | None:
    limited = answer.status == HTTPStatus.TOO_MANY_REQUESTS or (
        answer.status == HTTPStatus.FORBIDDEN
        # A wait alone may come with another refusal: that request was the last one the primary limit allowed.
        and bool(
            _RATE_LIMIT.search(answer.said)
            or "GH-Limited-By" in answer.headers
            or (wait is not None and answer.denial is None and not _sso(answer))
        )
    )
    if not limited:
        return None
    told = f"{answer.said} {answer.json.get('documentation_url')}"
    used_up = answer.headers.get("X-RateLimit-Remaining", "").strip() == "0"
    secondary = bool(_SECONDARY.search(told)) or not (used_up or _PRIMARY.search(told))
    if wait is None:
        wait = unnamed_rate_limit_wait(unnamed_limits)
    resets_at = server_time(answer.headers) + timedelta(seconds=wait)
    limit = "secondary" if secondary else "primary"
    advice = f"The {limit} rate limit ends in {wait:.0f} s, at {resets_at:%Y-%m-%dT%H:%M:%SZ}."
    return RateLimitError(
        answer.message(advice), **answer.facts, retry_after=wait, resets_at=resets_at, secondary=secondary
    )


def _sso(answer: _Answer) -> bool:
    return "X-GitHub-SSO" in answer.headers or _SAML.search(answer.said) is not None


def _denied(answer: _Answer) -> PermissionDeniedError | None:
    if answer.status != HTTPStatus.FORBIDDEN:
        return None
    facts: DenialFacts = {
        **answer.facts,
        "accepted_scopes": _scopes(answer, "X-Accepted-OAuth-Scopes"),
        "accepted_permissions": _accepted_permissions(answer),
    }
    if _sso(answer):
        where = f" at {answer.sso_url}" if answer.sso_url else ""
        advice = f"Authorize the credential for the organization's single sign-on{where}."
        return SSORequiredError(answer.message(advice), **facts, sso_url=answer.sso_url)
    missing = _missing(answer) if answer.denial is None or answer.denial.lacks_rights else ""
    return PermissionDeniedError(answer.message(answer.advice, answer.stranger or missing), **facts)


def _not_found(answer: _Answer) -> NotFoundError | None:
    if answer.status != HTTPStatus.NOT_FOUND:
        return None
    unseen = f"There is no such organization, or this credential may not see it. {_missing(answer)}"
    return NotFoundError(answer.message(answer.stranger or unseen), **answer.facts)


def _by_status(answer: _Answer) -> APIStatusError:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalServerError(answer.message(answer.in_between), **answer.facts)
    error = _BY_STATUS.get(answer.status, APIStatusError)
    return error(answer.message(answer.advice, answer.stranger), **answer.facts)


def _missing(answer: _Answer) -> str:
    """What the credential lacks, as far as the headers tell."""
    if "X-OAuth-Scopes" in answer.headers:  # a classic token or an OAuth app's
        has, accepted = _scopes(answer, "X-OAuth-Scopes"), _scopes(answer, "X-Accepted-OAuth-Scopes")
        if accepted and not set(accepted) & set(_implied(has)):
            return f"The credential lacks the scope {' or '.join(accepted)} (it has: {', '.join(has) or 'none'})."
        if accepted:
            return "The credential has the scope that it takes; its owner may lack the right."
    elif sets := _accepted_permissions(answer):
        return f"It takes the permission {' or '.join(_readable(permissions) for permissions in sets)}."
    return _RUNNERS_NEED if "/actions/runners/" in answer.request.path else ""


def _scopes(answer: _Answer, header: str) -> tuple[str, ...]:
    return tuple(scope for scope in re.split(r"[,\s]+", answer.headers.get(header, "")) if _SCOPE.fullmatch(scope))


def _implied(scopes: tuple[str, ...]) -> Iterator[str]:
    """The scopes, and those they include.

    https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
    """
    for scope in scopes:
        yield scope
        level, _, thing = scope.partition(":")
        if level == "admin":
            yield from (f"write:{thing}", f"read:{thing}", f"manage_runners:{thing}")
        elif level == "write":
            yield f"read:{thing}"
        elif scope == "repo":
            yield from ("repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events")


def _accepted_permissions(answer: _Answer) -> tuple[str, ...]:
    """The sets of permissions of which one would do.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permissions-errors
    """
    sets = (permissions.strip() for permissions in answer.headers.get("X-Accepted-GitHub-Permissions", "").split(";"))
    return tuple(permissions for permissions in sets if _PERMISSIONS.fullmatch(permissions))


def _readable(permissions: str) -> str:
    return " and ".join(": ".join(permission.strip().split("=")) for permission in permissions.split(","))


def _safe(headers: httpx.Headers, secrets: Secrets) -> httpx.Headers:
    """The headers without secrets, and without what a terminal would obey."""
    return httpx.Headers(
        [
            (one_line(name, secrets), "***" if name.lower() == "set-cookie" else one_line(value, secrets, 2000))
            for name, value in headers.multi_items()
        ],
        encoding="utf-8",
    )


def _status_line(status: int) -> str:
    """Status and phrase; the standard's phrase, as the server's own is untrusted text."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _is_html(response: httpx.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower() or response.content[:512].lstrip().startswith(
        b"<"
    )


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _words(response: httpx.Response, body: dict[str, Any]) -> str:
    """What the body says to a person: GitHub's ``message`` and ``errors``, a page's title, or a line of plain text."""
    if body:
        keys = ("message", "error_description", "error", "detail", "title")
        said = [next((body[key] for key in keys if isinstance(body.get(key), str)), "")]
        said += _details(body.get("errors"))
        return " ".join(filter(None, said))
    text = response.content[:65536].decode(errors="replace")
    if not _is_html(response):
        return text if text.lstrip()[:1] not in ("{", "[") else ""
    # What is opened and never closed goes on to the end: so each pattern passes over a hostile page only once.
    titles: list[str] = re.findall(r"<(?:title|h1)\b[^<>]*>(.*?)(?:</(?:title|h1)|$)", text, _ACROSS_LINES)
    title = ": ".join(dict.fromkeys(plain for markup in titles if (plain := _plain(markup))))
    rest = _plain(re.sub(r"<!--.*?(?:-->|$)|<(script|style|title|h1)\b.*?(?:</\1>|$)", " ", text, flags=_ACROSS_LINES))
    status_line = _status_line(response.status_code)
    if title in {status_line, status_line.partition(" ")[2]}:
        return rest
    # A long page is a site's own: what it is about says more than its menus.
    return f"{title.rstrip('.!')}. {rest}" if title and 0 < len(rest) <= _SHORT_PAGE else title or rest


def _plain(markup: str) -> str:
    from html import unescape  # few answers are HTML, and its table of entities takes a while to import

    return unescape(" ".join(re.sub(r"<[^<>]*>?", " ", markup).split()))


def _details(errors: object) -> Iterator[str]:
    """The single complaints of a 422.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
    """
    for error in cast("list[object]", errors) if isinstance(errors, list) else ():
        if isinstance(error, str):
            yield error
        elif isinstance(error, dict):
            error = cast("dict[str, object]", error)
            parts = (
                [error["message"]] if "message" in error else [error.get(key) for key in ("resource", "field", "code")]
            )
            yield " ".join(part for part in parts if isinstance(part, str))
