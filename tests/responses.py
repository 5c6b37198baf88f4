"""Responses of GitHub, Enterprise Servers, proxies and captive portals, and the error that each one leads to.

This is the only such table. The tests of the clients, of the command line, of the documentation and of the harness's
scenarios use it.

The comment on a row says where the response was reported or is documented; a row without one is made up. Texts and
pages are shortened. Where a report left the headers out, they are those that GitHub documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import runner_registration as rr
from runner_registration import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
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

CREDENTIAL = "ghp_CredentialThatNobodyMaySee0123456789"
TOKEN = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"
PATH = "/orgs/octo-org/actions/runners/registration-token"
SUCCESS = {"token": TOKEN, "expires_at": "2099-01-22T12:13:35.123-08:00"}

DOCS = "https://docs.github.com"
ENDPOINT = f"{DOCS}/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization"

BY_GITHUB = {
    "Server": "github.com",
    "Date": "Mon, 23 Nov 2026 07:00:00 GMT",
    "Content-Type": "application/json; charset=utf-8",
    "X-GitHub-Media-Type": "github.v3; format=json",
    "X-GitHub-Request-Id": "C0DE:2A5B:11F:2A9:6561F0A2",
    "X-RateLimit-Limit": "5000",
    "X-RateLimit-Remaining": "4987",
    "X-RateLimit-Reset": "1795421000",
    "X-RateLimit-Used": "13",
    "X-RateLimit-Resource": "core",
}
USED_UP = {**BY_GITHUB, "X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000"}
OLD = {"Server": "GitHub.com", "Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Response(NamedTuple):
    """A response and the error that it leads to."""

    error: type[rr.RunnerRegistrationError]
    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | list[Any] | str | bytes
    says: tuple[str, ...] = ()
    """Parts of the message."""
    has: Mapping[str, Any] = MappingProxyType({})
    """Attributes of the error."""
    never_says: tuple[str, ...] = ()


def html(title: str, text: str = "") -> str:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


def github(message: str, docs: str = ENDPOINT, **more: Any) -> dict[str, Any]:
    return {"message": message, "documentation_url": docs, **more}


def scopes(scopes: str) -> dict[str, str]:
    return {**BY_GITHUB, "X-Accepted-OAuth-Scopes": "admin:org", "X-OAuth-Scopes": scopes}


def denied(message: str, *says: str, headers: Mapping[str, str] = BY_GITHUB, **has: Any) -> Response:
    return Response(PermissionDeniedError, 403, headers, github(message), (message, *says), has)


def limited(status: int, message: str, *says: str, headers: Mapping[str, str] = BY_GITHUB, **has: Any) -> Response:
    return Response(RateLimitError, status, headers, github(message), says, has)


def invalid(errors: object, *says: str, never_says: tuple[str, ...] = ()) -> Response:
    body = github("Validation Failed", errors=errors)
    return Response(UnprocessableEntityError, 422, BY_GITHUB, body, says, never_says=never_says)


def redirected(status: int, location: str | None, says: str) -> Response:
    return Response(RedirectError, status, {"Location": location} if location else {}, "", (says,))


def unreadable(body: dict[str, Any] | str | bytes, *says: str, **headers: str) -> Response:
    return Response(InvalidResponseError, 201, headers, body, says)


ROLE_MISSING = "Must have admin rights to Repository."
SECONDARY = "You have exceeded a secondary rate limit"

RESPONSES = {
    # 401
    "bad credentials": Response(  # actions/actions-runner-controller#1640
        AuthenticationError,
        401,
        BY_GITHUB,
        github("Bad credentials", f"{DOCS}/rest", status="401"),
        (f"POST {PATH}: 401 Unauthorized. Bad credentials. See {DOCS}/rest (request id C0DE:2A5B:11F:2A9:6561F0A2)",),
        {"status_code": 401, "documentation_url": f"{DOCS}/rest", "request_id": "C0DE:2A5B:11F:2A9:6561F0A2"},
    ),
    "one-time password": Response(  # octokit.rb, lib/octokit/error.rb
        AuthenticationError,
        401,
        {**OLD, "X-GitHub-OTP": "required; app"},
        github("Must specify two-factor authentication OTP code.", "https://developer.github.com/v3/auth"),
        ("The owner of the credential must enable two-factor authentication.",),
    ),
    # 403: rights
    "no role": denied(  # https://github.blog/changelog/2024-03-06-actions-fine-grained-permissions/
        "You must be an org admin or have the runners and runner groups fine-grained permission.",
        'an organization owner, or have a custom organization role with the permission "Manage organization',
        "lacks the scope admin:org (it has: repo, workflow)",
        headers=scopes("repo, workflow"),
        accepted_scopes=("admin:org",),
    ),
    "the scope without the role": denied(
        ROLE_MISSING, "organization owner", "has the required scope", headers=scopes("admin:org")
    ),
    "no scope at all": denied(  # github/rest-api-description#533
        ROLE_MISSING, "lacks the scope admin:org (it has: none)", headers=scopes("")
    ),
    "GitHub App without the permission": denied(  # actions/actions-runner-controller#931
        "Resource not accessible by integration",
        "organization_self_hosted_runners: write",
        "GITHUB_TOKEN",
        headers={**BY_GITHUB, "X-Accepted-GitHub-Permissions": "organization_self_hosted_runners=write"},
        accepted_permissions=("organization_self_hosted_runners=write",),
    ),
    "fine-grained token without the permission": denied(  # myoung34/docker-github-actions-runner#262
        "Resource not accessible by personal access token",
        "the permission organization_self_hosted_runners: write or administration: write",
        headers={
            **BY_GITHUB,
            "X-Accepted-GitHub-Permissions": "organization_self_hosted_runners=write; administration=write",
        },
    ),
    "SAML": Response(  # gr2m/octokit-plugin-create-pull-request#67
        SSORequiredError,
        403,
        {**scopes("admin:org"), "X-GitHub-SSO": "required; url=https://github.com/orgs/octo-org/sso?request=AAAAY2MH"},
        github("Resource protected by organization SAML enforcement.", f"{DOCS}/articles/saml/"),
        ("Authorize the credential", "at https://github.com/orgs/octo-org/sso?request=AAAAY2MH"),
        {"sso_url": "https://github.com/orgs/octo-org/sso?request=AAAAY2MH"},
    ),
    "SAML by its text alone": Response(  # mapbox/github-release-tools#28
        SSORequiredError,
        403,
        OLD,
        github("Resource protected by organization SAML enforcement.", "https://help.github.com/articles/saml/"),
        ("single sign-on.", "See https://help.github.com/articles/"),
        {"sso_url": None},
    ),
    "SAML by its header alone": Response(
        SSORequiredError,
        403,
        {**BY_GITHUB, "X-GitHub-SSO": "partial-results; organizations=21955855,20582480"},
        github("Forbidden"),
        ("single sign-on.",),
        {"sso_url": None},
    ),
    "IP allow list": denied(  # SalesforceFoundation/NPSP#7247
        "The `octo-org` organization has an IP allow list enabled, and your IP address is not permitted.",
        "Use an allowed IP address",
    ),
    "OAuth app restrictions": denied(  # docs.github.com, managing OAuth access to your organization's data
        "The `octo-org` organization has enabled OAuth App access restrictions.", "approve the OAuth app"
    ),
    "classic tokens": denied(  # refined-github/refined-github#6951
        "`octo-org` forbids access via a personal access token (classic).",
        "Use a fine-grained token or a GitHub App.",
    ),
    "long-lived tokens": denied(  # NixOS/org#247
        "The 'NixOS' organization forbids access via a fine-grained personal access tokens if the token's lifetime is "
        "greater than 90 days.",
        "shorter lifetime",
    ),
    "installation suspended": denied(  # hcengineering/platform#7639
        "This installation has been suspended", "unsuspend the GitHub App"
    ),
    "account suspended": denied("Sorry. Your account was suspended", "another account"),  # octokit.rb
    "too many wrong credentials": denied(  # octokit.rb
        "Maximum number of login attempts exceeded. Please try again later.", "Fix the credential", headers=OLD
    ),
    "the last request of the hour": denied(  # actions/actions-runner-controller#329
        ROLE_MISSING, "lacks the scope admin:org", headers={**scopes("repo"), "X-RateLimit-Remaining": "0"}
    ),
    "billing": denied("Repository has been locked due to a billing issue.", headers=USED_UP),  # octokit.rb
    "an unknown reason": denied("The moon is full", "admin:org", "organization_self_hosted_runners: write"),
    "no User-Agent": Response(  # microsoft/PowerShellForGitHub#296
        PermissionDeniedError,
        403,
        {"Content-Type": "text/html", "Cache-Control": "no-cache", "Connection": "close"},
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header.\r\n",
        ("Request forbidden by administrative rules.", "user_agent"),
    ),
    "the web site instead of the API": Response(  # newrelic/docs-website#6039
        PermissionDeniedError,
        403,
        {"Server": "GitHub.com"},
        {"error": "Cookies must be enabled to use GitHub.", "status": 403},
        ("Cookies must be enabled to use GitHub.", "web site, not its API. Check base_url"),
    ),
    "Squid": Response(  # m1k1o/neko#509
        PermissionDeniedError,
        403,
        {**HTML, "Server": "squid/6.10", "X-Squid-Error": "ERR_ACCESS_DENIED 0", "Via": "1.1 squid (squid/6.10)"},
        html("ERROR: The requested URL could not be retrieved", "<b>Access Denied.</b>"),
        ("could not be retrieved", "not from GitHub's API but from squid/6.10", "and any proxy"),
    ),
    "service mesh": Response(  # envoyproxy/envoy#12873
        PermissionDeniedError, 403, {"Server": "envoy"}, "RBAC: access denied", ("RBAC: access denied.", "from envoy.")
    ),
    "nothing at all": Response(PermissionDeniedError, 403, {}, "", ("403 Forbidden.",)),  # runs-on/runs-on#416
    "a proxy's JSON": Response(
        PermissionDeniedError,
        403,
        {"Server": "gatekeeper/2"},
        {"error": "denied", "detail": "this host is not allowed here"},
        ("denied. this host is not allowed here.", "not from GitHub's API but from gatekeeper/2."),
        never_says=("admin:org",),
    ),
    # 403 and 429: rate limits
    "installation limit": limited(  # EnricoMi/publish-unit-test-result-action#385
        403,
        "API rate limit exceeded for installation ID 5425010.",
        "primary rate limit",
        headers={**USED_UP, "X-RateLimit-Reset": "1795417860"},
        secondary=False,
        retry_after=660.0,
    ),
    "user limit, 429": limited(  # docs.github.com, rate limits for the REST API
        429,
        "API rate limit exceeded for user ID 1.",
        "429 Too Many Requests",
        headers={**USED_UP, "X-RateLimit-Reset": "1795417200"},
        secondary=False,
        retry_after=0.0,
    ),
    "GHES limit": limited(  # docs.github.com/enterprise-server@3.14, rate limits for the REST API
        403,
        "API rate limit exceeded for user ID 12.",
        "primary rate limit",
        headers=OLD,
        secondary=False,
        retry_after=60,
    ),
    "secondary, no time": limited(  # hub4j/github-api#2009
        403, f"{SECONDARY}. Please wait.", "ends in 60 s", secondary=True, retry_after=60.0
    ),
    "secondary, 429": limited(  # hub4j/github-api#1895
        429,
        f"{SECONDARY}. Please wait a few minutes before you try again.",
        "The secondary rate limit ends in 3 s, at 2026-11-23T07:00:03Z.",
        headers={**BY_GITHUB, "Retry-After": "3", "GH-Limited-By": "search-elapsed-time-shared-grouped"},
        secondary=True,
        retry_after=3.0,
    ),
    "secondary, by a header alone": limited(  # hub4j/github-api#2267
        403,
        "Forbidden",
        headers={**BY_GITHUB, "GH-Limited-By": "core-concurrency-shared"},
        secondary=True,
        retry_after=60,
    ),
    "abuse detection": limited(  # jcabi/jcabi-github#1325
        403, "You have triggered an abuse detection mechanism.", headers=OLD, secondary=True, retry_after=60
    ),
    "the web site's limit": Response(  # sysprog21/lab0-c#243
        RateLimitError,
        429,
        HTML,
        html("Rate limit &middot; GitHub", "Access has been restricted. You have triggered a rate limit."),
        ("Access has been restricted",),
        {"secondary": True},
    ),
    # 404
    "not found": Response(  # machulav/ec2-github-runner#48
        NotFoundError,
        404,
        scopes("admin:org, repo"),
        github("Not Found"),
        ("404 Not Found. The organization does not exist", "cannot see it", "may lack the right"),
    ),
    "not found for want of a scope": Response(  # cli/cli#13350
        NotFoundError,
        404,
        scopes("read:org, repo"),
        github("Not Found"),
        ("lacks the scope admin:org (it has: read:org, repo)",),
    ),
    "GHES without /api/v3": Response(  # docs.github.com/enterprise-server, getting started with the REST API
        NotFoundError,
        404,
        {**HTML, "Server": "GitHub.com"},
        html("Page not found &middot; GitHub Enterprise"),
        ("Page not found · GitHub Enterprise", "Check base_url"),
    ),
    "404 in JSON, not GitHub's": Response(
        NotFoundError, 404, {}, {"error": "no such route"}, ("no such route.", "Check base_url")
    ),
    "nginx": Response(  # poseidon/typhoon#401
        NotFoundError,
        404,
        {"Content-Type": "text/html", "Server": "nginx/1.18.0 (Ubuntu)"},
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n",
        ("not from GitHub's API but from nginx/1.18.0 (Ubuntu).",),
    ),
    # Other 4xx
    "version v3": Response(  # expipiplus1/update-nix-fetchgit#79
        APIVersionError,
        400,
        BY_GITHUB,
        github('The version you specified in the "X-GitHub-API-Version" request header, "v3", is not supported.\n'),
        ('"v3", is not supported.', "The requested API version is 2022-11-28."),
    ),
    "API version retired": Response(
        APIVersionError,
        410,
        BY_GITHUB,
        github("Gone", f"{DOCS}/rest/about-the-rest-api/api-versions"),
        ("410 Gone", "The requested API version is 2022-11-28.", "api_version"),
        {"documentation_url": f"{DOCS}/rest/about-the-rest-api/api-versions"},
    ),
    "no JSON": Response(  # docs.github.com, troubleshooting the REST API
        BadRequestError,
        400,
        BY_GITHUB,
        github("Problems parsing JSON", f"{DOCS}/rest?apiVersion=2022-11-28"),
        ("Problems parsing JSON.",),
    ),
    "taken down": Response(  # octokit.rb
        APIStatusError,
        451,
        BY_GITHUB,
        {"message": "Repository access blocked", "block": {"reason": "dmca", "html_url": "https://github.com/tos"}},
        ("451", "Repository access blocked."),
    ),
    "a proxy's own 407": Response(
        ProxyError,
        407,
        {"Content-Type": "text/plain; charset=utf-8", "Proxy-Authenticate": "Basic"},
        "Proxy Authentication Required",
        ("407 Proxy Authentication Required. The proxy requires credentials. Put them into the proxy's URL",),
        {"_retryable": False},
    ),
    "errors of a 422 by field": invalid(
        {"name": ["is too long", "taken"], "labels": "missing_field"},
        "Validation Failed. name is too long. name taken. labels missing_field.",
    ),
    "errors of a 422 by number": invalid(
        {"0": {"message": "Name is taken"}, "1": {"code": "invalid"}},
        "Validation Failed. 0 Name is taken. 1 invalid.",
    ),
    "errors of a 422 in objects in objects": invalid(
        {
            "runner": {"labels": {"first": "invalid", "id": "R_kgDOABCDEF", "key": "k" * 41, "value": CREDENTIAL}},
            "n" * 101: {"a": f"may not be {TOKEN}"},
        },
        "Validation Failed. runner labels first invalid. a may not be ***.",
        never_says=("R_kgDOABCDEF", "kkkk", "nnnn"),
    ),
    "errors of a 422 that are nested too deep": invalid(
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": "too deep"}}}}}}}},
        f". Validation Failed. See {ENDPOINT}",
    ),
    # 5xx
    "server error": Response(  # https://www.githubstatus.com/history
        InternalServerError,
        500,
        BY_GITHUB,
        {"message": "Server Error"},
        ("500 Internal Server Error. Server Error.",),
    ),
    "unicorn": Response(  # PyGithub/PyGithub#2047
        InternalServerError,
        502,
        {**HTML, "Server": "GitHub.com"},
        "<!DOCTYPE html>\r\n<!--\nHello future GitHubber! I bet you're here to remove those inline styles\n-->\r\n"
        "<html>\r\n <head>\r\n  <title>Unicorn! &middot; GitHub</title>\r\n  <style>body { margin: 0 }</style>\r\n"
        " </head>\r\n <body></body>",
        ("502 Bad Gateway. Unicorn! · GitHub.",),
        never_says=("came from",),
    ),
    "GHES in maintenance": Response(  # nedbat/watchgha#23
        InternalServerError,
        503,
        HTML,
        "<html><head><title>GitHub Enterprise is currently down for maintenance</title></head><body><h1>Down for "
        "maintenance</h1><p>Your GitHub Enterprise administrators are performing scheduled maintenance.</p></body>",
        ("GitHub Enterprise is currently down for maintenance: Down for maintenance.",),
    ),
    "load balancer": Response(  # awslabs/sagemaker-dashboards-for-ml#3
        InternalServerError,
        503,
        {"Content-Type": "text/html", "Server": "awselb/2.0"},
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body></body></html>",
        ("503 Service Unavailable. 503 Service Temporarily Unavailable.", "The response came from awselb/2.0."),
    ),
    "HAProxy": Response(  # balena-io/open-balena#132
        InternalServerError,
        503,
        {"Content-Type": "text/html", "Cache-Control": "no-cache"},
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
        ("503 Service Unavailable. No server is available to handle this request.",),
    ),
    "Squid cannot resolve": Response(  # google/concourse-resources#12
        InternalServerError,
        503,
        {**HTML, "Server": "squid/5.7", "X-Squid-Error": "ERR_DNS_FAIL 0"},
        html("ERROR: The requested URL could not be retrieved", "<b>Unable to determine IP address</b>"),
        ("could not be retrieved. Unable to determine IP address.",),
    ),
    # 3xx
    "redirect to another host": Response(
        RedirectError,
        302,
        {"Location": "https://gateway.zscaler.net/auD?origurl=https%3A%2F%2Fapi.github.com", "Server": "Zscaler"},
        "",
        (
            "302 Found",
            "another host, gateway.zscaler.net, and is not followed.",
            "This response is not from GitHub's API but from Zscaler.",
        ),
        {"status_code": 302},
    ),
    "redirect to another port": redirected(307, "http://127.0.0.1:9/", "another port"),
    "redirect without a location": redirected(301, None, "301 Moved Permanently"),
    "redirect out of HTTP": redirected(302, "file:///etc/passwd", "not followed"),
    "redirect loop": redirected(302, PATH, "second redirect"),
    "not modified": redirected(304, None, "304 Not Modified"),
    # 2xx that breaks the contract
    "200 instead of 201": Response(InvalidResponseError, 200, {}, SUCCESS, ("200 OK, but", "does not document")),
    "captive portal": Response(  # RFC 8952
        InvalidResponseError, 200, HTML, html("Welcome to Hotel WiFi"), ("200 OK, but the body is an HTML page",)
    ),
    "captive portal, empty": Response(InvalidResponseError, 204, {}, "", ("204 No Content",)),
    "empty": unreadable("", "201 Created, but", "JSON"),
    "a page": Response(
        InvalidResponseError,
        201,
        HTML,
        html("Welcome to Hotel WiFi"),
        ("201 Created, but the body is an HTML page", "Check base_url", "sign-in page"),
        never_says=("Hotel",),
    ),
    "a token that is null": unreadable({**SUCCESS, "token": None}, "token"),
    "a token of two lines": unreadable({**SUCCESS, "token": "A\nGITHUB_ENV=/evil"}, "white space"),
    "no expiry": unreadable({"token": TOKEN}, "expires_at"),
    "not gzip": unreadable(b"plain", "decoded", **{"Content-Encoding": "gzip"}),
    "an encoding that was not requested": unreadable(SUCCESS, "decoded", **{"Content-Encoding": "br"}),
    "more than 16 MiB": unreadable(b" " * (16 * 2**20 + 1), "longer than 16 MiB"),
    # Hostile
    "hostile text": Response(
        AuthenticationError,
        401,
        BY_GITHUB,
        github("a\r\nb\x1b[31mc\x1b]0;title\x07d\u202ee\u2028f\u0000" + "x" * 5000),
        ("a bcde f", "xxx…"),
        never_says=("\n", "\r", "\x1b", "\u202e", "\u2028", "\x00", "title", "x" * 600),
    ),
    "credential repeated": Response(
        PermissionDeniedError,
        403,
        {"X-Echo": CREDENTIAL, "X-GitHub-Request-Id": CREDENTIAL, "Set-Cookie": "session=secret"},
        github(f"No {CREDENTIAL} and {CREDENTIAL[:9]}\x00{CREDENTIAL[9:]}", f"{DOCS}/{CREDENTIAL}"),
        ("No *** and ***",),
        {"documentation_url": None, "request_id": "***"},
    ),
    "credential in a redirect": Response(
        RedirectError,
        302,
        {"Location": f"https://{CREDENTIAL}.example/{CREDENTIAL}"},
        "",
        ("another host, ***",),
        never_says=(CREDENTIAL.lower(),),
    ),
}


class Outcome(NamedTuple):
    """What a scenario of the harness leads to."""

    statuses: tuple[int, ...]
    """The status of each response, in the order of the requests. 0: no response."""
    error: type[rr.RunnerRegistrationError] | None = None
    """None: a token."""
    says: tuple[str, ...] = ()
    has: Mapping[str, Any] = MappingProxyType({})
    """Attributes of the error or of the token."""
    lifetime: timedelta = timedelta(hours=1)
    curl: int = 0
    """curl's exit status at the first response. https://curl.se/docs/manpage.html#EXIT"""


def like(name: str) -> Outcome:
    """The outcome of a scenario that sends this response."""
    response = RESPONSES[name]
    return Outcome((response.status,), response.error, response.says, response.has)


LACKS_PERMISSION = {"accepted_permissions": ("organization_self_hosted_runners=write",)}
LACKS_SCOPE = {"accepted_scopes": ("admin:org",)}
SSO = "https://github.com/orgs/octo-org/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWx"
PRIMARY_45 = {"secondary": False, "retry_after": 45.0}
SECONDARY_45 = {"secondary": True, "retry_after": 45.0}

OUTCOMES = {
    "created": Outcome((201,)),
    "full_body": Outcome((201,), has={"single_file": "config.yaml"}),
    "unknown_fields": Outcome((201,), has={"repository_selection": "some-of-them"}),
    "time_in_utc": Outcome((201,)),
    "time_with_microseconds": Outcome((201,)),
    "expires_soon": Outcome((201,), lifetime=timedelta(minutes=5)),
    "api_version_closing_down": Outcome((201,)),
    "bad_credentials": Outcome((401,), AuthenticationError, ("Bad credentials",)),
    "requires_authentication": Outcome((401,), AuthenticationError, ("Requires authentication",)),
    "missing_role": Outcome((403,), PermissionDeniedError, ("organization owner",), LACKS_SCOPE),
    "missing_admin": Outcome((403,), PermissionDeniedError, ("lacks the scope",), LACKS_SCOPE),
    "missing_permission": Outcome((403,), PermissionDeniedError, ("personal access token",), LACKS_PERMISSION),
    "missing_app_permission": like("GitHub App without the permission"),
    "sso_required": Outcome((403,), SSORequiredError, (f"single sign-on at {SSO}",), {"sso_url": SSO}),
    "classic_token_forbidden": like("classic tokens"),
    "token_lifetime_too_long": Outcome((403,), PermissionDeniedError, ("shorter lifetime",)),
    "oauth_app_restricted": Outcome((403,), PermissionDeniedError, ("approve the OAuth app",)),
    "ip_not_allowed": Outcome((403,), PermissionDeniedError, ("Use an allowed IP address",)),
    "installation_suspended": like("installation suspended"),
    "login_attempts_exceeded": like("too many wrong credentials"),
    "not_found": Outcome((404,), NotFoundError, ("The organization does not exist",)),
    "validation_failed": Outcome((422,), UnprocessableEntityError, ("Runner name missing_field",)),
    "invalid_request": Outcome((422,), UnprocessableEntityError, ("Invalid request",)),
    "primary_rate_limit": Outcome((403,), RateLimitError, ("primary rate limit",), PRIMARY_45),
    "primary_rate_limit_429": Outcome((429,), RateLimitError, ("primary rate limit",), PRIMARY_45),
    "secondary_rate_limit": Outcome((403,), RateLimitError, (SECONDARY,), SECONDARY_45),
    "secondary_rate_limit_429": Outcome((429,), RateLimitError, (SECONDARY,), SECONDARY_45),
    "secondary_rate_limit_without_retry_after": like("secondary, no time"),
    "secondary_rate_limit_once": Outcome((403, 201)),
    "server_error": like("server error"),
    "bad_gateway": Outcome((502,), InternalServerError, ("502 Bad Gateway. Server Error.",)),
    "bad_gateway_html": Outcome((502,), InternalServerError, ("502 Bad Gateway",)),
    "service_unavailable": Outcome((503,), InternalServerError, ("No server is currently available",)),
    "gateway_timeout": Outcome((504,), InternalServerError, ("504 Gateway Timeout",)),
    "server_error_once": Outcome((500, 201)),
    "bad_gateway_once": Outcome((502, 201)),
    "reset": Outcome((0,), APIConnectionError, ("Connection reset by peer",), curl=56),
    "reset_once": Outcome((0, 201), curl=56),
    "hang_up": Outcome((0,), APIConnectionError, ("closed the connection before responding",), curl=52),
    "no_response": Outcome((0,), APITimeoutError, curl=28),
    "slow_headers": Outcome((0,), APITimeoutError, curl=28),
    "trickled_body": Outcome((201,), APITimeoutError, curl=28),
    "cut_body": Outcome((201,), APIConnectionError, ("before the response was complete",), curl=18),
    "length_too_short": like("empty"),
    "length_too_long": Outcome((201,), APITimeoutError, curl=28),
    "garbage": Outcome((0,), APIConnectionError, ("not valid HTTP",), curl=1),
    "empty_body": like("empty"),
    "html_body": like("a page"),
    "redirect": Outcome((307, 201)),
    "redirect_to_another_host": Outcome((307,), RedirectError, ("another host",)),
    # A credential that is not an app's.
    "app_not_installed": Outcome((201,)),
    "app_suspended": Outcome((201,)),
    "app_permission_missing": Outcome((201,)),
    "app_jwt_invalid": Outcome((201,)),
    "app_clock_skew": Outcome((201,), lifetime=timedelta(hours=2)),
    "app_clock_skew_behind": Outcome((201,), lifetime=timedelta(0)),
    "app_token_not_replicated": Outcome((401,), AuthenticationError),
    "app_token_revoked": Outcome((201,)),
}
