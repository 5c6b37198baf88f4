"""Responses of GitHub, Enterprise Servers, proxies and captive portals, and the error that each one leads to.

This is the only such table. The tests of the clients, of the command line, of the documentation and of the harness's
scenarios use it.

Responses with a source are as people reported them, or as those who send them document them. Pages are shortened.
Where a report left the headers out, they are those that GitHub documents.
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

ISSUES = "https://github.com"
DOCS = "https://docs.github.com"
ENDPOINT = f"{DOCS}/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization"


MADE_UP = ""
"""The source of a response that no one has reported."""


class Response(NamedTuple):
    """A response and the error that it leads to."""

    source: str
    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | list[Any] | str | bytes
    error: type[rr.RunnerRegistrationError]
    says: tuple[str, ...] = ()
    """Parts of the message."""
    has: Mapping[str, Any] = MappingProxyType({})
    """Attributes of the error."""
    never_says: tuple[str, ...] = ()


def html(title: str, text: str = "") -> str:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


def github(message: str, docs: str = ENDPOINT, **more: Any) -> dict[str, Any]:
    return {"message": message, "documentation_url": docs, **more}


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
CLASSIC = {**BY_GITHUB, "X-Accepted-OAuth-Scopes": "admin:org"}
USED_UP = {**BY_GITHUB, "X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000"}
OLD = {"Server": "GitHub.com", "Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}

TODAYS_REFUSAL = "You must be an org admin or have the runners and runner groups fine-grained permission."
SECONDARY = "You have exceeded a secondary rate limit"
SECONDARY_DOCS = f"{DOCS}/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"

UNICORN = (
    "<!DOCTYPE html>\r\n<!--\n\nHello future GitHubber! I bet you're here to remove those nasty inline styles\n-->\r\n"
    "<html>\r\n  <head>\r\n    <title>Unicorn! &middot; GitHub</title>\r\n    <style>body { margin: 0 }</style>\r\n"
    "  </head>\r\n  <body><p><strong>No server is currently available to service your request.</strong></p></body>"
)
RESTRICTED = (
    "<!DOCTYPE html>\n<html>\n  <head>\n    <title>Rate limit &middot; GitHub</title>\n  </head>\n  <body>\n"
    "    <h1>Access has been restricted</h1>\n    <p>You have triggered a rate limit.</p></body></html>"
)
SQUID = (
    "<!DOCTYPE html><html><head><title>ERROR: The requested URL could not be retrieved"
    "</title></head><body><h1>ERROR</h1><h2>The requested URL could not be retrieved</h2><p><b>Access Denied.</b></p>"
    "<p>Generated Mon, 07 Apr 2025 09:31:36 GMT by squid-deb-proxy (squid/6.10)</p></body></html>"
)

RESPONSES = {
    # 401
    "bad credentials": Response(
        f"{ISSUES}/actions/actions-runner-controller/issues/1640",
        401,
        BY_GITHUB,
        github("Bad credentials", f"{DOCS}/rest", status="401"),
        AuthenticationError,
        (f"POST {PATH}: 401 Unauthorized. Bad credentials. See {DOCS}/rest (request id C0DE:2A5B:11F:2A9:6561F0A2)",),
        {"status_code": 401, "documentation_url": f"{DOCS}/rest", "request_id": "C0DE:2A5B:11F:2A9:6561F0A2"},
    ),
    "no credentials": Response(
        f"{ISSUES}/myoung34/docker-github-actions-runner/issues/43",
        401,
        BY_GITHUB,
        github("Requires authentication"),
        AuthenticationError,
        ("Requires authentication",),
    ),
    "one-time password": Response(
        f"{ISSUES}/octokit/octokit.rb/blob/main/lib/octokit/error.rb",
        401,
        {**OLD, "X-GitHub-OTP": "required; app"},
        github("Must specify two-factor authentication OTP code.", "https://developer.github.com/v3/auth"),
        AuthenticationError,
        ("two-factor authentication",),
    ),
    # 403: rights
    "no admin": Response(
        f"{ISSUES}/actions/actions-runner-controller/issues/229",
        403,
        {**CLASSIC, "X-OAuth-Scopes": "repo, workflow"},
        github("Must have admin rights to Repository."),
        PermissionDeniedError,
        ("Must have admin rights to Repository.", "lacks the scope admin:org (it has: repo, workflow)"),
        {"accepted_scopes": ("admin:org",)},
    ),
    "no admin, as GitHub says it since 2024": Response(
        "https://github.blog/changelog/2024-03-06-actions-fine-grained-permissions/",
        403,
        {**CLASSIC, "X-OAuth-Scopes": "repo, workflow"},
        github(TODAYS_REFUSAL, status="403"),
        PermissionDeniedError,
        (
            TODAYS_REFUSAL,
            'an organization owner, or have a custom organization role with the permission "Manage organization',
            "lacks the scope admin:org (it has: repo, workflow)",
        ),
        {"accepted_scopes": ("admin:org",)},
    ),
    "no admin, nothing named": Response(
        MADE_UP,
        403,
        {},
        {"message": TODAYS_REFUSAL},
        PermissionDeniedError,
        ("organization owner", "custom organization role", "admin:org", "organization_self_hosted_runners: write"),
        {"accepted_scopes": (), "accepted_permissions": ()},
    ),
    "the scope without the right": Response(
        MADE_UP,
        403,
        {**CLASSIC, "X-OAuth-Scopes": "admin:org"},
        github("Must have admin rights to Repository."),
        PermissionDeniedError,
        ("organization owner", "custom organization role", "has the required scope"),
    ),
    "no scope at all": Response(
        f"{ISSUES}/github/rest-api-description/issues/533",
        403,
        {**CLASSIC, "X-OAuth-Scopes": ""},
        github("Must have admin rights to Repository."),
        PermissionDeniedError,
        ("lacks the scope admin:org (it has: none)",),
    ),
    "GitHub App without the permission": Response(
        f"{ISSUES}/actions/actions-runner-controller/issues/931",
        403,
        {**BY_GITHUB, "X-Accepted-GitHub-Permissions": "organization_self_hosted_runners=write"},
        github("Resource not accessible by integration", status="403"),
        PermissionDeniedError,
        ("Resource not accessible by integration.", "organization_self_hosted_runners: write", "GITHUB_TOKEN"),
        {"accepted_permissions": ("organization_self_hosted_runners=write",)},
    ),
    "fine-grained token without the permission": Response(
        f"{ISSUES}/myoung34/docker-github-actions-runner/issues/262",
        403,
        {**BY_GITHUB, "X-Accepted-GitHub-Permissions": "organization_self_hosted_runners=write; administration=write"},
        github("Resource not accessible by personal access token", status="403"),
        PermissionDeniedError,
        ("the permission organization_self_hosted_runners: write or administration: write",),
    ),
    "SAML": Response(
        f"{ISSUES}/gr2m/octokit-plugin-create-pull-request/issues/67",
        403,
        {
            **CLASSIC,
            "X-GitHub-SSO": "required; url=https://github.com/orgs/octo-org/sso?authorization_request=AAAAY2MH",
            "X-OAuth-Scopes": "admin:org",
        },
        github(
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to "
            "this organization.",
            f"{DOCS}/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/",
        ),
        SSORequiredError,
        ("SAML", "at https://github.com/orgs/octo-org/sso?authorization_request=AAAAY2MH"),
        {"sso_url": "https://github.com/orgs/octo-org/sso?authorization_request=AAAAY2MH"},
    ),
    "SAML, of old": Response(
        f"{ISSUES}/mapbox/github-release-tools/issues/28",
        403,
        OLD,
        github(
            "Resource protected by organization SAML enforcement. You must grant your personal token access to this "
            "organization.",
            "https://help.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/",
        ),
        SSORequiredError,
        ("single sign-on.", "See https://help.github.com/articles/"),
        {"sso_url": None},
    ),
    "IP allow list": Response(
        f"{ISSUES}/SalesforceFoundation/NPSP/issues/7247",
        403,
        BY_GITHUB,
        github(
            "Although you appear to have the correct authorization credentials, the `SalesforceFoundation` "
            "organization has an IP allow list enabled, and your IP address is not permitted to access this resource."
        ),
        PermissionDeniedError,
        ("IP allow list", "allowed IP address"),
    ),
    "OAuth app restrictions": Response(
        f"{DOCS}/en/organizations/managing-oauth-access-to-your-organizations-data",
        403,
        {**CLASSIC, "X-OAuth-Scopes": "admin:org"},
        github(
            "Although you appear to have the correct authorization credentials, the `octo-org` organization has "
            "enabled OAuth App access restrictions, meaning that data access to third-parties is limited."
        ),
        PermissionDeniedError,
        ("approve the OAuth app",),
    ),
    "classic tokens": Response(
        f"{ISSUES}/refined-github/refined-github/issues/6951",
        403,
        {**CLASSIC, "X-OAuth-Scopes": "admin:org"},
        github(
            "`octo-org` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a "
            "personal access token with fine-grained permissions."
        ),
        PermissionDeniedError,
        ("Use a fine-grained token or a GitHub App.",),
    ),
    "long-lived tokens": Response(
        f"{ISSUES}/NixOS/org/issues/247",
        403,
        BY_GITHUB,
        github(
            "The 'NixOS' organization forbids access via a fine-grained personal access tokens if the token's lifetime "
            "is greater than 90 days. Please adjust your token's lifetime at the following URL: "
            "https://github.com/settings/personal-access-tokens/12885303",
            status="403",
        ),
        PermissionDeniedError,
        ("greater than 90 days", "shorter lifetime"),
    ),
    "installation suspended": Response(
        f"{ISSUES}/hcengineering/platform/issues/7639",
        403,
        BY_GITHUB,
        github("This installation has been suspended", f"{DOCS}/rest/reference/apps", status="403"),
        PermissionDeniedError,
        ("This installation has been suspended.", "unsuspend"),
    ),
    "account suspended": Response(
        f"{ISSUES}/octokit/octokit.rb/blob/main/lib/octokit/error.rb",
        403,
        BY_GITHUB,
        github("Sorry. Your account was suspended", f"{DOCS}/rest"),
        PermissionDeniedError,
        ("Sorry. Your account was suspended.", "another account"),
    ),
    "too many wrong credentials": Response(
        f"{ISSUES}/octokit/octokit.rb/blob/main/lib/octokit/error.rb",
        403,
        OLD,
        github("Maximum number of login attempts exceeded. Please try again later.", "https://developer.github.com/v3"),
        PermissionDeniedError,
        ("Maximum number of login attempts exceeded.", "Fix the credential"),
    ),
    "the last request of the hour": Response(
        f"{ISSUES}/actions/actions-runner-controller/issues/329",
        403,
        {**USED_UP, "X-OAuth-Scopes": "repo", "X-Accepted-OAuth-Scopes": "admin:org"},
        github("Must have admin rights to Repository."),
        PermissionDeniedError,
        ("lacks the scope admin:org",),
    ),
    "billing": Response(
        f"{ISSUES}/octokit/octokit.rb/blob/main/lib/octokit/error.rb",
        403,
        USED_UP,
        github("Repository has been locked due to a billing issue."),
        PermissionDeniedError,
        ("billing issue",),
    ),
    "no User-Agent": Response(
        f"{ISSUES}/microsoft/PowerShellForGitHub/issues/296",
        403,
        {"Content-Type": "text/html", "Cache-Control": "no-cache", "Connection": "close"},
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
        "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
        "Check https://developer.github.com for other possible causes.\r\n",
        PermissionDeniedError,
        ("Request forbidden by administrative rules.", "user_agent"),
    ),
    "the web site instead of the API": Response(
        f"{ISSUES}/newrelic/docs-website/issues/6039",
        403,
        {"Server": "GitHub.com"},
        {"error": "Cookies must be enabled to use GitHub.", "status": 403},
        PermissionDeniedError,
        ("Cookies must be enabled to use GitHub.", "web site, not its API. Check base_url"),
    ),
    "Squid": Response(
        f"{ISSUES}/m1k1o/neko/issues/509",
        403,
        {**HTML, "Server": "squid/6.10", "X-Squid-Error": "ERR_ACCESS_DENIED 0", "Via": "1.1 squid (squid/6.10)"},
        SQUID,
        PermissionDeniedError,
        ("could not be retrieved", "not from GitHub's API but from squid/6.10", "and any proxy"),
    ),
    "service mesh": Response(
        f"{ISSUES}/envoyproxy/envoy/issues/12873",
        403,
        {**TEXT, "Server": "envoy"},
        "RBAC: access denied",
        PermissionDeniedError,
        ("RBAC: access denied.", "from envoy."),
    ),
    "nothing at all": Response(
        f"{ISSUES}/runs-on/runs-on/pull/416", 403, {}, "", PermissionDeniedError, ("403 Forbidden.",)
    ),
    # 403 and 429: rate limits
    "installation limit": Response(
        f"{ISSUES}/EnricoMi/publish-unit-test-result-action/pull/385",
        403,
        {**USED_UP, "X-RateLimit-Reset": "1795417860"},
        github("API rate limit exceeded for installation ID 5425010."),
        RateLimitError,
        ("API rate limit exceeded for installation ID 5425010.", "primary rate limit"),
        {"secondary": False, "retry_after": 660.0},
    ),
    "user limit, 429": Response(
        f"{DOCS}/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit",
        429,
        {**USED_UP, "X-RateLimit-Reset": "1795417200"},
        github("API rate limit exceeded for user ID 1. If you reach out to GitHub Support for help, please include."),
        RateLimitError,
        ("429 Too Many Requests",),
        {"secondary": False, "retry_after": 0.0},
    ),
    "GHES limit": Response(
        f"{DOCS}/en/enterprise-server@3.14/rest/using-the-rest-api/rate-limits-for-the-rest-api",
        403,
        OLD,
        github("API rate limit exceeded for user ID 12.", "https://docs.github.com/enterprise-server@3.9/rest"),
        RateLimitError,
        ("primary rate limit",),
        {"secondary": False, "retry_after": 60.0},
    ),
    "secondary, no time": Response(
        f"{ISSUES}/hub4j/github-api/issues/2009",
        403,
        BY_GITHUB,
        github(f"{SECONDARY}. Please wait a few minutes before you try again.", SECONDARY_DOCS),
        RateLimitError,
        ("ends in 60 s",),
        {"secondary": True, "retry_after": 60.0},
    ),
    "secondary, 429": Response(
        f"{ISSUES}/hub4j/github-api/pull/1895",
        429,
        {**BY_GITHUB, "Retry-After": "3", "GH-Limited-By": "search-elapsed-time-shared-grouped"},
        github(f"{SECONDARY}. Please wait a few minutes before you try again.", SECONDARY_DOCS),
        RateLimitError,
        ("ends in 3 s",),
        {"secondary": True, "retry_after": 3.0},
    ),
    "secondary, by a header alone": Response(
        f"{ISSUES}/hub4j/github-api/pull/2267",
        403,
        {**BY_GITHUB, "GH-Limited-By": "core-concurrency-shared"},
        github("Forbidden"),
        RateLimitError,
        (),
        {"secondary": True, "retry_after": 60.0},
    ),
    "abuse detection": Response(
        f"{ISSUES}/jcabi/jcabi-github/issues/1325",
        403,
        {**OLD, "Retry-After": "60"},
        github(
            "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.",
            "https://developer.github.com/v3/#abuse-rate-limits",
        ),
        RateLimitError,
        ("abuse detection", "See https://developer.github.com/v3/#abuse-rate-limits"),
        {"secondary": True, "retry_after": 60.0},
    ),
    "the web site's limit": Response(
        f"{ISSUES}/sysprog21/lab0-c/issues/243",
        429,
        HTML,
        RESTRICTED,
        RateLimitError,
        ("Access has been restricted",),
        {"secondary": True},
    ),
    # 404
    "not found": Response(
        f"{ISSUES}/machulav/ec2-github-runner/issues/48",
        404,
        {**CLASSIC, "X-OAuth-Scopes": "admin:org, repo"},
        github("Not Found"),
        NotFoundError,
        ("404 Not Found. The organization does not exist", "cannot see it", "may lack the right"),
    ),
    "not found for want of a scope": Response(
        f"{ISSUES}/cli/cli/issues/13350",
        404,
        {**CLASSIC, "X-OAuth-Scopes": "read:org, repo"},
        github("Not Found", f"{DOCS}/rest", status="404"),
        NotFoundError,
        ("lacks the scope admin:org (it has: read:org, repo)",),
    ),
    "GHES without /api/v3": Response(
        f"{DOCS}/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api",
        404,
        {**HTML, "Server": "GitHub.com"},
        "<!DOCTYPE html><html><head><title>Page not found &middot; GitHub Enterprise</title></head></html>",
        NotFoundError,
        ("Page not found · GitHub Enterprise", "Check base_url"),
    ),
    "nginx": Response(
        f"{ISSUES}/poseidon/typhoon/pull/401",
        404,
        {"Content-Type": "text/html", "Server": "nginx/1.18.0 (Ubuntu)"},
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n",
        NotFoundError,
        ("not from GitHub's API but from nginx/1.18.0 (Ubuntu).",),
    ),
    # Other 4xx
    "version v3": Response(
        f"{ISSUES}/expipiplus1/update-nix-fetchgit/issues/79",
        400,
        BY_GITHUB,
        github(
            'Bad Request: The version you specified in the "X-GitHub-API-Version" request header, "v3", is not a '
            'supported version. The following versions are currently supported: "2022-11-28" (most recent).\n',
            f"{DOCS}/rest",
        ),
        APIVersionError,
        ("not a supported version", "2022-11-28"),
    ),
    "no JSON": Response(
        f"{DOCS}/en/rest/using-the-rest-api/troubleshooting-the-rest-api",
        400,
        BY_GITHUB,
        github("Problems parsing JSON", f"{DOCS}/rest?apiVersion=2022-11-28"),
        BadRequestError,
        ("Problems parsing JSON.",),
    ),
    "plain HTTP to a TLS port": Response(
        f"{ISSUES}/Hubs-Foundation/hubs-cloud/issues/376",
        400,
        {"Content-Type": "text/html", "Server": "nginx"},
        "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
        BadRequestError,
        ("The plain HTTP request was sent to HTTPS port", "from nginx."),
    ),
    "taken down": Response(
        f"{ISSUES}/octokit/octokit.rb/blob/main/lib/octokit/error.rb",
        451,
        BY_GITHUB,
        {"message": "Repository access blocked", "block": {"reason": "dmca", "html_url": "https://github.com/tos"}},
        APIStatusError,
        ("451", "Repository access blocked."),
    ),
    "Squid wants credentials": Response(
        "https://wiki.squid-cache.org/Features/Authentication",
        407,
        {**HTML, "Server": "squid/4.10", "Proxy-Authenticate": 'Basic realm="Squid proxy-caching web server"'},
        SQUID.replace("Access Denied", "Cache Access Denied"),
        ProxyError,
        ("407 Proxy Authentication Required", "Put them into the proxy's URL"),
    ),
    # 5xx
    "server error": Response(
        "https://www.githubstatus.com/history",
        500,
        BY_GITHUB,
        {"message": "Server Error"},
        InternalServerError,
        ("500 Internal Server Error. Server Error.",),
    ),
    "unicorn": Response(
        f"{ISSUES}/PyGithub/PyGithub/issues/2047",
        502,
        {**HTML, "Server": "GitHub.com"},
        UNICORN,
        InternalServerError,
        ("502 Bad Gateway. Unicorn! · GitHub.",),
    ),
    "no server": Response(
        f"{ISSUES}/taskcluster/taskcluster-github/issues/96",
        503,
        {"Content-Type": "application/json"},
        {
            "message": "No server is currently available to service your request. Sorry about that. Please try "
            "resubmitting your request and contact us if the problem persists."
        },
        InternalServerError,
        ("No server is currently available",),
    ),
    "not in time": Response(
        f"{DOCS}/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts",
        504,
        BY_GITHUB,
        {"message": "We couldn't respond to your request in time. Sorry about that."},
        InternalServerError,
        ("504 Gateway Timeout. We couldn't respond to your request in time.",),
    ),
    "GHES in maintenance": Response(
        f"{ISSUES}/nedbat/watchgha/issues/23",
        503,
        HTML,
        "<html><head><title>GitHub Enterprise is currently down for maintenance</title></head><body><h1>Down for "
        "maintenance</h1><p>Your GitHub Enterprise administrators are performing scheduled maintenance.</p></body>",
        InternalServerError,
        ("GitHub Enterprise is currently down for maintenance: Down for maintenance.",),
    ),
    "load balancer": Response(
        f"{ISSUES}/awslabs/sagemaker-dashboards-for-ml/issues/3",
        503,
        {"Content-Type": "text/html", "Server": "awselb/2.0"},
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body></body></html>",
        InternalServerError,
        ("503 Service Unavailable. 503 Service Temporarily Unavailable.",),
    ),
    "HAProxy": Response(
        f"{ISSUES}/balena-io/open-balena/issues/132",
        503,
        {"Content-Type": "text/html", "Cache-Control": "no-cache"},
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
        InternalServerError,
        ("503 Service Unavailable. No server is available to handle this request.",),
    ),
    "Squid cannot resolve": Response(
        f"{ISSUES}/google/concourse-resources/issues/12",
        503,
        {**HTML, "Server": "squid/5.7", "X-Squid-Error": "ERR_DNS_FAIL 0"},
        "<!DOCTYPE html><html><head><title>ERROR: The requested URL could not be retrieved</title></head>"
        "<body><p><b>Unable to determine IP address from host name <q>gerrit</q></b></p></body></html>",
        InternalServerError,
        (
            "could not be retrieved. Unable to determine IP address from host name gerrit.",
            "The response came from squid/5.7.",
        ),
    ),
    # 3xx
    "Zscaler's sign-in page": Response(
        "https://help.zscaler.com/zia",
        307,
        {"Location": "https://gateway.zscaler.net/auD?origurl=https%3A%2F%2Fapi.github.com", "Server": "Zscaler"},
        "",
        RedirectError,
        (
            "another host, gateway.zscaler.net, and is not followed.",
            "This response is not from GitHub's API but from Zscaler.",
        ),
    ),
    # 2xx
    "captive portal": Response(
        "https://datatracker.ietf.org/doc/html/rfc8952",
        200,
        HTML,
        "<html><head><title>Welcome to Hotel WiFi</title></head><body>Accept the terms</body></html>",
        InvalidResponseError,
        ("200 OK, but the body is an HTML page", "sign-in page"),
    ),
    "captive portal, empty": Response(
        "https://datatracker.ietf.org/doc/html/rfc8952", 204, {}, "", InvalidResponseError, ("204 No Content",)
    ),
    # Made up: what the decisions have to tell apart
    "an unknown reason": Response(
        MADE_UP,
        403,
        BY_GITHUB,
        github("The moon is full"),
        PermissionDeniedError,
        ("The moon is full.", "admin:org", "organization_self_hosted_runners: write"),
    ),
    "SAML, several organizations": Response(
        MADE_UP,
        403,
        {**BY_GITHUB, "X-GitHub-SSO": "partial-results; organizations=21955855,20582480"},
        github("Forbidden"),
        SSORequiredError,
        ("single sign-on.",),
        {"sso_url": None},
    ),
    "API version retired": Response(
        MADE_UP,
        410,
        BY_GITHUB,
        github("Gone", f"{DOCS}/rest/about-the-rest-api/api-versions"),
        APIVersionError,
        ("410 Gone", "The requested API version is 2022-11-28.", "api_version"),
        {"documentation_url": f"{DOCS}/rest/about-the-rest-api/api-versions"},
    ),
    "404 in JSON, not GitHub's": Response(
        MADE_UP, 404, {}, {"error": "no such route"}, NotFoundError, ("no such route.", "Check base_url")
    ),
    "errors of a 422": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github("Validation Failed", errors=[{"resource": "Org", "code": "invalid"}, "Actions is off"]),
        UnprocessableEntityError,
        ("422 Unprocessable", "Validation Failed. Org invalid. Actions is off."),
    ),
    "errors of a 422 as text": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github("Validation Failed", errors="Runners are not allowed for this organization"),
        UnprocessableEntityError,
        ("Validation Failed. Runners are not allowed for this organization.",),
    ),
    "errors of a 422 by field": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github("Validation Failed", errors={"name": ["is too long", "taken"], "labels": "missing_field"}),
        UnprocessableEntityError,
        ("Validation Failed. name is too long. name taken. labels missing_field.",),
    ),
    "errors of a 422 by number": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github("Validation Failed", errors={"0": {"message": "Name is taken"}, "1": {"code": "invalid"}}),
        UnprocessableEntityError,
        ("Validation Failed. 0 Name is taken. 1 invalid.",),
    ),
    "errors of a 422 in objects in objects": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github(
            "Validation Failed",
            errors={
                "runner": {"labels": {"first": "invalid", "id": "R_kgDOABCDEF", "key": "k" * 41, "value": CREDENTIAL}},
                "n" * 101: {"a": f"may not be {TOKEN}"},
            },
        ),
        UnprocessableEntityError,
        ("Validation Failed. runner labels first invalid. a may not be ***.",),
        never_says=("R_kgDOABCDEF", "kkkk", "nnnn"),
    ),
    "errors of a 422 that are nested too deep": Response(
        MADE_UP,
        422,
        BY_GITHUB,
        github("Validation Failed", errors={"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": "too deep"}}}}}}}}),
        UnprocessableEntityError,
        ("422 Unprocessable", f". Validation Failed. See {ENDPOINT}"),  # Python 3.13 changed the phrase
    ),
    "a proxy's JSON": Response(
        MADE_UP,
        403,
        {"Server": "gatekeeper/2"},
        {"error": "denied", "detail": "this host is not allowed here"},
        PermissionDeniedError,
        ("denied. this host is not allowed here.", "not from GitHub's API but from gatekeeper/2."),
        never_says=("admin:org",),
    ),
    "a proxy's own 407": Response(
        MADE_UP,
        407,
        {**TEXT, "Proxy-Authenticate": "Basic"},
        "Proxy Authentication Required",
        ProxyError,
        ("407 Proxy Authentication Required. The proxy requires credentials. Put them into the proxy's URL",),
        {"_retryable": False},
    ),
    "secondary rate limit for 17 s": Response(
        MADE_UP,
        403,
        {**BY_GITHUB, "Retry-After": "17"},
        github(f"{SECONDARY}."),
        RateLimitError,
        ("The secondary rate limit ends in 17 s, at 2026-11-23T07:00:17Z.",),
        {"secondary": True, "retry_after": 17.0},
    ),
    "a clock at the end of the calendar": Response(
        MADE_UP,
        429,
        {"Date": "Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After": "60"},
        github(f"{SECONDARY}."),
        RateLimitError,
        ("ends in 60 s, at 9999-12-31",),
        {"retry_after": 60.0},
    ),
    # Made up: redirects
    "redirect to another host": Response(
        MADE_UP,
        302,
        {"Location": "https://login.example/?from=github"},
        "",
        RedirectError,
        ("302 Found", "another host, login.example, and is not followed"),
        {"status_code": 302},
    ),
    "redirect to another port": Response(
        MADE_UP, 307, {"Location": "http://127.0.0.1:9/"}, "", RedirectError, ("another port",)
    ),
    "redirect without a location": Response(MADE_UP, 301, {}, "", RedirectError, ("301 Moved Permanently",)),
    "redirect out of HTTP": Response(
        MADE_UP, 302, {"Location": "file:///etc/passwd"}, "", RedirectError, ("not followed",)
    ),
    "redirect loop": Response(MADE_UP, 302, {"Location": PATH}, "", RedirectError, ("second redirect",)),
    "not modified": Response(MADE_UP, 304, {}, "", RedirectError, ("304 Not Modified",)),
    # Made up: 2xx that breaks the contract
    "200 instead of 201": Response(
        MADE_UP, 200, {}, SUCCESS, InvalidResponseError, ("200 OK, but", "does not document")
    ),
    "empty": Response(MADE_UP, 201, {}, "", InvalidResponseError, ("201 Created, but", "JSON")),
    "a page": Response(
        MADE_UP, 201, HTML, html("Sign in"), InvalidResponseError, ("HTML page", "Check base_url"), never_says=("Sign",)
    ),
    "a token that is null": Response(MADE_UP, 201, {}, {**SUCCESS, "token": None}, InvalidResponseError, ("token",)),
    "a token of two lines": Response(
        MADE_UP, 201, {}, {**SUCCESS, "token": "A\nGITHUB_ENV=/evil"}, InvalidResponseError, ("white space",)
    ),
    "no expiry": Response(MADE_UP, 201, {}, {"token": TOKEN}, InvalidResponseError, ("expires_at",)),
    "not gzip": Response(MADE_UP, 201, {"Content-Encoding": "gzip"}, b"plain", InvalidResponseError, ("decoded",)),
    "an encoding that was not requested": Response(
        MADE_UP, 201, {"Content-Encoding": "br"}, SUCCESS, InvalidResponseError, ("decoded",)
    ),
    "more than 16 MiB": Response(
        MADE_UP, 201, {}, b" " * (16 * 2**20 + 1), InvalidResponseError, ("longer than 16 MiB",)
    ),
    # Made up: hostile
    "hostile text": Response(
        MADE_UP,
        401,
        BY_GITHUB,
        github("a\r\nb\x1b[31mc\x1b]0;title\x07d\u202ee\u2028f\u0000" + "x" * 5000),
        AuthenticationError,
        ("a bcde f", "xxx…"),
        never_says=("\n", "\r", "\x1b", "\u202e", "\u2028", "\x00", "title", "x" * 600),
    ),
    "credential repeated": Response(
        MADE_UP,
        403,
        {"X-Echo": CREDENTIAL, "X-GitHub-Request-Id": CREDENTIAL, "Set-Cookie": "session=secret"},
        github(f"No {CREDENTIAL} and {CREDENTIAL[:9]}\x00{CREDENTIAL[9:]}", f"{DOCS}/{CREDENTIAL}"),
        PermissionDeniedError,
        ("No *** and ***",),
        {"documentation_url": None, "request_id": "***"},
    ),
    "credential in a redirect": Response(
        MADE_UP,
        302,
        {"Location": f"https://{CREDENTIAL}.example/{CREDENTIAL}"},
        "",
        RedirectError,
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
    "requires_authentication": like("no credentials"),
    "missing_role": Outcome((403,), PermissionDeniedError, ("organization owner",), LACKS_SCOPE),
    "missing_admin": Outcome((403,), PermissionDeniedError, ("lacks the scope",), LACKS_SCOPE),
    "missing_permission": Outcome((403,), PermissionDeniedError, ("personal access token",), LACKS_PERMISSION),
    "missing_app_permission": like("GitHub App without the permission"),
    "sso_required": Outcome((403,), SSORequiredError, (f"single sign-on at {SSO}",), {"sso_url": SSO}),
    "classic_token_forbidden": like("classic tokens"),
    "token_lifetime_too_long": Outcome((403,), PermissionDeniedError, ("shorter lifetime",)),
    "oauth_app_restricted": like("OAuth app restrictions"),
    "ip_not_allowed": like("IP allow list"),
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
    "service_unavailable": like("no server"),
    "gateway_timeout": like("not in time"),
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
