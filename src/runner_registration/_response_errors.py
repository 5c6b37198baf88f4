"""Decide which error a response is, from its status, headers and body alone.

The functions ``status_error``, ``redirect_error``, ``invalid_response`` and ``deprecation`` are what the rest of the
package calls. ``status_error`` asks one function after another; the first that recognizes the response returns the
error. What the texts of GitHub's refusals mean is in the table ``_DENIALS``.

Only the first error imports this module, and nothing here does I/O.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from urllib.parse import unquote

import httpx

from runner_registration import _hosts
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
from runner_registration._redaction import MASK, one_line, status_line
from runner_registration._retry import server_time, unnamed_rate_limit_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner_registration._call import RequestInfo
    from runner_registration._errors import PermissionDetails, StatusDetails
    from runner_registration._redaction import Secrets

# --- Tables -----------------------------------------------------------------------------------------------------------

_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    404: NotFoundError,
    422: UnprocessableEntityError,
}


class _Denial(NamedTuple):
    """A reason for which GitHub denies access."""

    pattern: str
    """Matches GitHub's text, upper or lower case."""
    advice: str = ""
    """What to do, where GitHub's text does not say it."""
    lacks: Literal["", "permission", "role"] = ""
    """What the message has to name: the permission of the credential, or the role of its owner as well."""


_DENIALS = (
    _Denial(
        r"IP allow ?list|IP address is not permitted",
        "Use an allowed IP address, or ask an organization owner to allow this one.",
    ),
    _Denial(r"token'?s lifetime", "Use a token with a shorter lifetime."),
    _Denial(r"via (?:a )?personal access tokens? \(classic\)", "Use a fine-grained token or a GitHub App."),
    _Denial(
        r"via (?:a )?fine-grained personal access",
        "Use a GitHub App, or ask an organization owner to allow fine-grained tokens.",
    ),
    _Denial(r"OAuth App access restrictions", "Ask an organization owner to approve the OAuth app."),
    _Denial(r"installation.*suspended|suspended your access", "Ask an organization owner to unsuspend the GitHub App."),
    _Denial(r"suspended", "Use the credential of another account."),
    _Denial(r"login attempts exceeded", "Too many failed logins from this address. Fix the credential and wait."),
    _Denial(r"two-factor authentication", "The owner of the credential must enable two-factor authentication."),
    _Denial(r"accessible by integration", "The GITHUB_TOKEN of a workflow cannot do this.", lacks="permission"),
    _Denial(r"accessible by personal access token", lacks="permission"),
    _Denial(r"admin rights|must be an? .*(?:admin|owner)|runner groups", lacks="role"),
    _Denial(r"administrative rules", "The server rejects this User-Agent. Set another with user_agent."),
    _Denial(r"cookies must be enabled", "This is GitHub's web site, not its API. Check base_url."),
    _Denial(
        r"billing|must be verified|blocked|disabled|not (?:enabled|allowed|available)|archived|flagged"
        r"|license|Enterprise Managed User|installation access token"
    ),
)

_API_VERSION = re.compile(r"api.?version|supported version", re.IGNORECASE)
_RATE_LIMIT = re.compile(r"rate.?limit|abuse detection|too many requests|submitted too quickly", re.IGNORECASE)
_SECONDARY = re.compile(r"secondary.rate|abuse|too quickly", re.IGNORECASE)
_PRIMARY = re.compile(r"API rate limit exceeded", re.IGNORECASE)
_SAML = re.compile(r"\bSAML\b", re.IGNORECASE)

_RUNNERS_OF_AN_ORGANIZATION = re.compile(r"/orgs/[^/]+/actions/runners?\b")
_ROLE_FOR_RUNNERS = (
    "The user must be an organization owner, or have a custom organization role with the permission "
    '"Manage organization runners and runner groups".'
)
_PERMISSION_FOR_RUNNERS = (
    "Requires the scope admin:org (classic token) or the permission organization_self_hosted_runners: write "
    "(fine-grained token, GitHub App)."
)

_DOCUMENTATION_SITES = frozenset({"docs.github.com", "developer.github.com", "help.github.com", "github.com"})

# --- Decisions --------------------------------------------------------------------------------------------------------


def status_error(
    response: httpx.Response,
    request: RequestInfo,
    secrets: Secrets,
    *,
    retry_after: float | None,
    unnamed_limits: int = 0,
) -> APIStatusError | ProxyError:
    """Return the error for a response that is neither a success nor a redirect.

    Args:
        response: The response, read completely.
        request: The request that it responds to.
        secrets: What the error must not show.
        retry_after: The seconds that the response asks to wait, if it names a time.
        unnamed_limits: The number of earlier rate limits in this call that did not name a time.
    """
    refusal = _Response(response, request, secrets)
    return (
        _proxy_authentication(refusal)
        or _api_version(refusal)
        or _rate_limit(refusal, retry_after, unnamed_limits)
        or _permission_denied(refusal)
        or _by_status(refusal)
    )


def redirect_error(response: httpx.Response, request: RequestInfo, secrets: Secrets, reason: str) -> RedirectError:
    """Return the error for a redirect that is not followed, for this reason: a sentence."""
    refusal = _Response(response, request, secrets)
    return RedirectError(refusal.message(one_line(reason, secrets), refusal.not_github), **refusal.details)


def invalid_response(response: httpx.Response, request: RequestInfo, reason: str) -> InvalidResponseError:
    """Return the error for a 2xx response that breaks the contract.

    The message shows nothing of the body, which may contain a token. The reason must be safe to print.
    """
    advice = ""
    if _is_html(response):
        reason = "the body is an HTML page"
        advice = (
            f" Check base_url ({request.base_url}), and whether a proxy or a sign-in page responds instead of GitHub."
        )
    return InvalidResponseError(f"{request}: {status_line(response.status_code)}, but {reason}.{advice}")


def deprecation(response: httpx.Response, request: RequestInfo, secrets: Secrets) -> str | None:
    """Return the warning that a response contains about the end of the API version (RFC 9745, RFC 8594), if any."""
    announced = [
        f"{meaning}: {value}"
        for meaning, name in (("deprecated", "Deprecation"), ("ends", "Sunset"))
        if (value := one_line(response.headers.get(name, ""), secrets, 100))
    ]
    if not announced:
        return None
    return f"{request} with API version {request.api_version} will be withdrawn by the server ({', '.join(announced)})"


def _proxy_authentication(refusal: _Response) -> ProxyError | None:
    if refusal.status != HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return None
    from runner_registration._connection_errors import proxy_credentials

    return ProxyError(refusal.message(proxy_credentials(refusal.request.proxy)), retryable=False)


def _api_version(refusal: _Response) -> APIVersionError | None:
    if refusal.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.GONE}:
        return None
    if not (_API_VERSION.search(refusal.text) or "/api-versions" in refusal.documentation):
        return None
    advice = f"The requested API version is {refusal.request.api_version}. Choose another with api_version."
    return APIVersionError(refusal.message(advice), **refusal.details)


def _rate_limit(refusal: _Response, retry_after: float | None, unnamed_limits: int) -> RateLimitError | None:
    limited = refusal.status == HTTPStatus.TOO_MANY_REQUESTS or (
        refusal.status == HTTPStatus.FORBIDDEN
        # A time to wait may come with another refusal: that request was the last one that the primary limit allowed.
        and bool(
            _RATE_LIMIT.search(refusal.text)
            or "GH-Limited-By" in refusal.headers
            or (retry_after is not None and refusal.denial is None and not refusal.requires_sso)
        )
    )
    if not limited:
        return None
    text = f"{refusal.text} {refusal.documentation}"
    used_up = refusal.headers.get("X-RateLimit-Remaining", "").strip() == "0"
    secondary = bool(_SECONDARY.search(text)) or not (used_up or _PRIMARY.search(text))
    if retry_after is None:
        retry_after = unnamed_rate_limit_wait(unnamed_limits)
    resets_at = _later(server_time(refusal.headers), retry_after)
    limit = "secondary" if secondary else "primary"
    return RateLimitError(
        refusal.message(f"The {limit} rate limit ends in {retry_after:.0f} s, at {resets_at:%Y-%m-%dT%H:%M:%SZ}."),
        **refusal.details,
        retry_after=retry_after,
        resets_at=resets_at,
        secondary=secondary,
    )


def _permission_denied(refusal: _Response) -> PermissionDeniedError | None:
    if refusal.status != HTTPStatus.FORBIDDEN:
        return None
    details: PermissionDetails = {
        **refusal.details,
        "accepted_scopes": refusal.scopes("X-Accepted-OAuth-Scopes"),
        "accepted_permissions": refusal.accepted_permissions,
    }
    if refusal.requires_sso:
        page = f" at {refusal.sso_url}" if refusal.sso_url else ""
        advice = f"Authorize the credential for the organization's single sign-on{page}."
        return SSORequiredError(refusal.message(advice), **details, sso_url=refusal.sso_url)
    return PermissionDeniedError(
        refusal.message(refusal.advice, refusal.not_github or refusal.required_rights), **details
    )


def _by_status(refusal: _Response) -> APIStatusError:
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InternalServerError(refusal.message(refusal.gateway), **refusal.details)
    if refusal.status == HTTPStatus.NOT_FOUND:
        what = "The organization" if refusal.request.path.startswith("/orgs/") else "It"
        hidden = f"{what} does not exist, or this credential cannot see it."
        advice = [refusal.not_github] if refusal.not_github else [hidden, refusal.required_permission]
        return NotFoundError(refusal.message(*advice), **refusal.details)
    error = _BY_STATUS.get(refusal.status, APIStatusError)
    return error(refusal.message(refusal.advice, refusal.not_github), **refusal.details)


# --- What a response says ---------------------------------------------------------------------------------------------


class _Response:
    """A response, and what the decisions above need to know of it."""

    def __init__(self, response: httpx.Response, request: RequestInfo, secrets: Secrets) -> None:
        self.request = request
        self.status = response.status_code
        self.headers = response.headers
        self._secrets = secrets
        body = _json(response.content)
        self._full_text = _error_text(response, body)
        self._object: dict[str, Any] = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
        self.text = self._full_text[:_SEARCHED]
        """The server's error text, untrusted, as far as the decisions search it."""
        self.denial = self._find_denial()
        self.advice = self.denial.advice if self.denial else ""
        self.documentation = url if isinstance(url := self._object.get("documentation_url"), str) else ""
        """The address that the server names, untrusted."""
        self.documentation_url = (
            self.documentation if self._may_show(self.documentation, _DOCUMENTATION_SITES) else None
        )
        self.request_id = self._header("X-GitHub-Request-Id") or None

    @property
    def details(self) -> StatusDetails:
        """The attributes that every APIStatusError has."""
        return {
            "status_code": self.status,
            "headers": _safe_headers(self.headers, self._secrets),
            "documentation_url": self.documentation_url,
            "request_id": self.request_id,
        }

    def message(self, *advice: str) -> str:
        """Put together one line: the request, the status, the server's text, what to do, and where to read on."""
        status = status_line(self.status)
        text = one_line(self._full_text, self._secrets)
        parts = [f"{self.request}: {status}."]
        if text not in {"", status, status.partition(" ")[2]}:
            parts.append(_sentence(text))
        parts += advice
        if self.documentation_url:
            parts.append(f"See {self.documentation_url}")
        if self.request_id:
            parts.append(f"(request id {self.request_id})")
        return self._secrets.mask(" ".join(filter(None, parts)))

    @cached_property
    def is_from_github(self) -> bool:
        """Whether GitHub's API sent this, and not its web site, another server, or a proxy or gateway."""
        return bool(self._object) and (
            self.request_id is not None
            or "X-GitHub-Media-Type" in self.headers
            or self.documentation.startswith(("https://docs.github.com/", "https://developer.github.com/"))
        )

    @property
    def not_github(self) -> str:
        """A hint that something other than GitHub's API responded, if that is likely."""
        in_githubs_format = "message" in self._object and self.status != HTTPStatus.NOT_FOUND
        if self.is_from_github or self.denial is not None or in_githubs_format:
            return ""
        server = f" but from {server}" if (server := self._header("Server")) else ""
        return (
            f"This response is not from GitHub's API{server}. Check base_url ({self.request.base_url}) and any proxy."
        )

    @property
    def gateway(self) -> str:
        """Which server failed, if it was not GitHub's own, whose pages come from a server of its name."""
        server = self._header("Server")
        return (
            ""
            if self.is_from_github or not server or "github" in server.lower()
            else f"The response came from {server}."
        )

    @property
    def requires_sso(self) -> bool:
        return "X-GitHub-SSO" in self.headers or _SAML.search(self.text) is not None

    @property
    def sso_url(self) -> str | None:
        """Where to authorize the credential.

        https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
        """
        # A server on this machine stands in for github.com.
        sites = frozenset({"github.com"} if _hosts.is_loopback(self.request.base_url) else ())
        values = self.headers.get_list("X-GitHub-SSO")
        urls = (url for value in values for name, url in _parameters(value) if name == "url")
        return next((url for url in urls if self._may_show(url, sites)), None)

    @property
    def required_rights(self) -> str:
        """What the credential or its owner lacks, if that is the reason or the reason is unknown."""
        lacks = self.denial.lacks if self.denial else "permission"
        about_runners = _RUNNERS_OF_AN_ORGANIZATION.match(self.request.path)
        parts = [_ROLE_FOR_RUNNERS] if lacks == "role" and about_runners else []
        return " ".join([*parts, self.required_permission] if lacks else parts)

    @property
    def required_permission(self) -> str:
        """The scope or permission that the credential needs, as the headers name it."""
        accepted = self.scopes("X-Accepted-OAuth-Scopes")
        if "X-OAuth-Scopes" in self.headers and accepted:  # of a classic token or an OAuth app
            scopes = self.scopes("X-OAuth-Scopes")
            if set(accepted) & set(_with_included(scopes)):
                return "The credential has the required scope; its owner may lack the right."
            return f"The credential lacks the scope {' or '.join(accepted)} (it has: {', '.join(scopes) or 'none'})."
        if "X-OAuth-Scopes" not in self.headers and self.accepted_permissions:
            return f"Requires the permission {' or '.join(map(_readable, self.accepted_permissions))}."
        return _PERMISSION_FOR_RUNNERS if _RUNNERS_OF_AN_ORGANIZATION.match(self.request.path) else ""

    @property
    def accepted_permissions(self) -> tuple[str, ...]:
        """The sets of permissions of which one is required.

        https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permissions-errors
        """
        sets = self._header("X-Accepted-GitHub-Permissions", 2000).split(";")
        return tuple(
            permissions for permissions in map(str.strip, sets) if re.fullmatch(r"[a-z0-9_=, ]{1,200}", permissions)
        )

    def scopes(self, header: str) -> tuple[str, ...]:
        scopes = re.split(r"[,\s]+", self._header(header, 2000))
        return tuple(scope for scope in scopes if re.fullmatch(r"[A-Za-z0-9_:]{1,64}", scope))

    def _header(self, name: str, limit: int = 200) -> str:
        return one_line(self.headers.get(name, ""), self._secrets, limit)

    def _find_denial(self) -> _Denial | None:
        # Words as common as "blocked" mean something only where the text is in GitHub's format.
        denials = (denial for denial in _DENIALS if denial.advice or "message" in self._object)
        return next((denial for denial in denials if re.search(denial.pattern, self.text, re.IGNORECASE)), None)

    def _may_show(self, url: str, sites: frozenset[str]) -> bool:
        """Whether an address is on one of these sites or on the server's own, and without secrets."""
        match = re.fullmatch(
            r"https://([a-z0-9.-]+(?::[0-9]+)?)(?:[/?#][\w.~!$&'()*+,;=:@%/?#-]*)?", url[:501], re.ASCII | re.IGNORECASE
        )
        own = _hosts.web_origin(self.request.base_url).authority
        return (
            match is not None
            and len(url) <= 500  # noqa: PLR2004 - longer than any that GitHub sends
            and match[1].lower() in sites | {own}
            and not self._secrets.occur_in(f"{url} {unquote(url)}")
        )


def _with_included(scopes: tuple[str, ...]) -> Iterator[str]:
    """The scopes, and those that they include.

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


def _readable(permissions: str) -> str:
    return " and ".join(": ".join(permission.strip().split("=")) for permission in permissions.split(","))


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    """The parameters of a header (RFC 9110, 5.6.6). The parser of ``email`` raises on hostile ones."""
    for match in re.finditer(r';\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))', header[:_SEARCHED]):
        name, quoted, plain = match.groups()
        yield name.lower(), plain.strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _safe_headers(headers: httpx.Headers, secrets: Secrets) -> httpx.Headers:
    """The headers without secrets, cookies and control characters."""
    return httpx.Headers(
        [
            (one_line(name, secrets), MASK if "cookie" in name else one_line(value, secrets, 2000))
            for name, value in headers.multi_items()
        ],
        encoding="utf-8",
    )


def _later(moment: datetime, seconds: float) -> datetime:
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:  # the server's clock is at the end of the calendar
        return datetime.max.replace(tzinfo=UTC)


# --- The text of an error ---------------------------------------------------------------------------------------------

_LONGEST_BODY = 64 * 1024
"""How many bytes of a body are read for its text. GitHub's own errors have a few hundred."""

_SEARCHED = 4096
"""How many characters of the text are searched for what they mean."""

_SHORT_PAGE = 250
"""How many characters of a page's text are shown next to its title."""

_TEXT_KEYS = (
    *("message", "msg", "text", "title", "error", "errormessage", "errordescription", "description"),
    *("faultstring", "fault", "reason", "detail", "details", "errors"),
)
"""Under which keys of JSON the text is, in the order in which it is shown; without upper case, `-` and `_`."""

_NOT_JSON = object()
_DEEPEST = 8
_LONGEST_NAME = 100
_CODE = r"(?=.{1,40}\Z)[a-z]+(?:[_-][a-z]+)*"
_MOST_TEXTS = 20


def _json(content: bytes) -> object:
    """The JSON of a body; ``_NOT_JSON`` if it has none, or too much."""
    if len(content) > _LONGEST_BODY:
        return _NOT_JSON
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _error_text(response: httpx.Response, body: object) -> str:
    """What the body says to a person: text under one of the usual keys of JSON, a page's title, or plain text."""
    if body is not _NOT_JSON:
        texts = dict.fromkeys(" ".join(text.split()) for text in islice(_texts_in(body), _MOST_TEXTS))
        phrase = status_line(response.status_code).partition(" ")[2]
        *sentences, last = [text for text in texts if text not in {"", phrase}] or [""]
        return " ".join([*map(_sentence, sentences), last])
    text = response.content[:_LONGEST_BODY].decode(errors="replace")
    if _is_html(response):
        return _page_text(text, status_line(response.status_code))
    return text if text.lstrip()[:1] not in ("{", "[") else ""  # JSON that is broken or too long may hold anything


def _texts_in(body: object, depth: int = 0) -> Iterator[str]:
    """Find the texts of an error in JSON: of the outermost object that has any under the usual keys."""
    if isinstance(body, str) and depth == 0:
        yield body
    elif isinstance(body, list) and depth < _DEEPEST:
        for item in cast("list[object]", body):
            yield from [item] if isinstance(item, str) and depth == 0 else _texts_in(item, depth + 1)
    elif isinstance(body, dict) and depth < _DEEPEST:
        named, others = _by_text_keys(cast("dict[str, object]", body))
        texts = list(_texts_under(named, depth))
        yield from texts or [text for item in others.values() for text in _texts_in(item, depth + 1)]


def _texts_under(named: dict[str, object], depth: int, *, codes: bool = False) -> Iterator[str]:
    for key, item in named.items():
        yield from _texts_of(item, depth + 1, codes=codes or key.lower() == "errors")


def _texts_of(item: object, depth: int, *, codes: bool) -> Iterator[str]:
    """The texts of what stands under a usual key: text, a list, an object, or lists in lists."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, list) and depth < _DEEPEST:
        for inner in cast("list[object]", item):
            yield from _texts_of(inner, depth + 1, codes=codes)
    elif isinstance(item, dict) and depth < _DEEPEST:
        named, others = _by_text_keys(cast("dict[str, object]", item))
        texts = list(_texts_under(named, depth, codes=codes))
        # https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
        coded = " ".join(code for key in ("resource", "field", "code") if isinstance(code := others.get(key), str))
        yield from texts or ([coded] if coded else _texts_by_field(others, depth, codes=codes))


def _texts_by_field(fields: dict[str, object], depth: int, *, codes: bool) -> Iterator[str]:
    """Texts as in ``{"name": ["is too long"]}`` or ``{"runner": {"name": "invalid"}}``, with the names of the fields.

    What has no spaces may be an identifier or a secret. Among ``errors`` it may also be a code, such as missing_field.
    """
    for field, item in fields.items():
        name = f"{field} " if len(field) <= _LONGEST_NAME else ""  # not cut: a part of a secret is not recognized
        for text in _texts_of(item, depth + 1, codes=codes):
            if isinstance(item, dict) or " " in text.strip() or (codes and re.fullmatch(_CODE, text)):
                yield name + text


def _by_text_keys(item: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """What stands under the usual keys, in their order, and all else."""
    usual = {key: "".join(filter(str.isalpha, key)).lower() for key in item}
    keys = sorted((key for key in item if usual[key] in _TEXT_KEYS), key=lambda key: _TEXT_KEYS.index(usual[key]))
    named = {key: item[key] for key in keys}
    return named, {key: item[key] for key in item if key not in named}


def _is_html(response: httpx.Response) -> bool:
    content_type = response.headers.get("Content-Type", "").lower()
    return "html" in content_type or response.content[:512].lstrip().startswith(b"<")


def _page_text(page: str, status_line: str) -> str:
    """The title of a page, and its text if that is short. A long page is a site's own, and begins with menus."""
    flags = re.DOTALL | re.IGNORECASE
    # An element that is never closed reaches to the end, so that each pattern passes over a hostile page only once.
    titles: list[str] = re.findall(r"<(?:title|h1)\b[^<>]*>(.*?)(?:</(?:title|h1)|$)", page, flags)
    title = ": ".join(dict.fromkeys(text for markup in titles if (text := _without_markup(markup))))
    rest = re.sub(r"<!--.*?(?:-->|$)|<(script|style|title|h1)\b.*?(?:</\1>|$)", " ", page, flags=flags)
    text = _without_markup(rest)
    if not title or title in {status_line, status_line.partition(" ")[2]}:
        return text
    return f"{_sentence(title)} {text}" if 0 < len(text) <= _SHORT_PAGE else title


def _without_markup(markup: str) -> str:
    from html import unescape  # few responses are HTML, and its table of entities takes a while to import

    return unescape(" ".join(re.sub(r"<[^<>]*>?", " ", markup).split()))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", ":", ";")) else f"{text}."
