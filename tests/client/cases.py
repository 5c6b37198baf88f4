"""Every row of the error tree that an exchange can end in, with the exchange that ends in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import runner_registration as rr

from .loopback import CREDENTIAL, TOKEN, Answer, cut, hang_up, http, refusal, reset, silence, trickle

PATH = "/orgs/octo-org/actions/runners/registration-token"
DOCS = "https://docs.github.com/rest"
SSO = "https://github.com/orgs/octo-org/sso?authorization_request=A4P"


@dataclass
class Case:
    """An exchange and how it ends."""

    name: str
    answer: Answer
    error: type[rr.RunnerRegistrationError]
    says: tuple[str, ...]
    has: dict[str, Any] = field(default_factory=dict[str, Any])
    never_says: tuple[str, ...] = ()


def html(title: str, text: str = "") -> str:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


SUCCESS = {"token": TOKEN, "expires_at": "2099-01-22T12:13:35.123-08:00"}
HTML = {"Content-Type": "text/html; charset=utf-8"}

CASES = [
    # No answer
    Case("reset", reset, rr.APIConnectionError, (f"POST {PATH}: 127.0.0.1:", "closed the connection before")),
    Case("hung up", hang_up, rr.APIConnectionError, ("closed the connection before responding",)),
    Case("garbage", b"\x16\x03\x01\x02 SSH-2.0-OpenSSH\r\n\r\n", rr.APIConnectionError, ("not valid HTTP",)),
    Case("body cut short", cut(http(201, SUCCESS), at=-20), rr.APIConnectionError, ("before the response",)),
    Case("no answer", silence, rr.APITimeoutError, ("Timed out: no complete response from 127.0.0.1:", "within 0.5 s")),
    Case("headers trickled", trickle(http(201, SUCCESS)), rr.APITimeoutError, ("within 0.5 s",)),
    Case("body trickled", trickle(http(201, SUCCESS), at_once=110), rr.APITimeoutError, ("within 0.5 s",)),
    Case(
        "proxy wants credentials",
        http(407, html("Cache Access Denied"), headers={"Proxy-Authenticate": 'Basic realm="corp"', **HTML}),
        rr.ProxyError,
        ("407 Proxy Authentication Required", "Cache Access Denied", "Put them into the proxy's URL"),
    ),
    # A success that breaks the contract
    Case("200", http(200, SUCCESS), rr.InvalidResponseError, ("200 OK, but", "does not document this status")),
    Case("202 and empty", http(202), rr.InvalidResponseError, ("202 Accepted",)),
    Case("299", http(299, SUCCESS), rr.InvalidResponseError, ("299, but",)),
    Case("empty", http(201), rr.InvalidResponseError, ("201 Created, but", "JSON")),
    Case("HTML", http(201, html("Sign in")), rr.InvalidResponseError, ("HTML page", "base_url", "sign-in page")),
    Case("a list", http(201, []), rr.InvalidResponseError, ("201 Created, but",)),
    Case("cut JSON", http(201, '{"token": "' + TOKEN), rr.InvalidResponseError, ("JSON",)),
    Case("no token", http(201, {"expires_at": SUCCESS["expires_at"]}), rr.InvalidResponseError, ("token",)),
    Case("token is null", http(201, {**SUCCESS, "token": None}), rr.InvalidResponseError, ("token",)),
    Case("no expiry", http(201, {"token": TOKEN}), rr.InvalidResponseError, ("expires_at",)),
    Case("not gzip", http(201, b"plain", headers={"Content-Encoding": "gzip"}), rr.InvalidResponseError, ("decoded",)),
    Case(
        "not asked for", http(201, SUCCESS, headers={"Content-Encoding": "br"}), rr.InvalidResponseError, ("decoded",)
    ),
    Case("too long", http(201, b" " * (16 * 2**20 + 1)), rr.InvalidResponseError, ("longer than 16 MiB",)),
    # Redirects
    Case(
        "redirect to another host",
        http(302, headers={"Location": "https://login.example/?from=github"}),
        rr.RedirectError,
        ("302 Found", "another host, login.example, and is not followed"),
        {"status_code": 302},
    ),
    Case(
        "redirect to another port",
        http(307, headers={"Location": "http://127.0.0.1:9/"}),
        rr.RedirectError,
        ("another port",),
    ),
    Case("redirect to nowhere", http(301), rr.RedirectError, ("301 Moved Permanently", "has no Location")),
    Case(
        "redirect to nonsense",
        http(308, headers={"Location": "http://[::1"}),
        rr.APIConnectionError,
        ("redirects to an address that cannot be read",),
    ),
    Case(
        "redirect out of HTTP",
        http(302, headers={"Location": "file:///etc/passwd"}),
        rr.RedirectError,
        ("not followed",),
    ),
    Case("redirect loop", http(302, headers={"Location": PATH}), rr.RedirectError, ("second redirect",)),
    Case("not modified", http(304), rr.RedirectError, ("304 Not Modified",)),
    # 4xx
    Case(
        "version unknown",
        refusal(400, 'The version you specified in the "X-GitHub-Api-Version" request header is not supported.'),
        rr.APIVersionError,
        ("400 Bad Request", "API version asked for is 2022-11-28", "api_version"),
    ),
    Case(
        "version retired",
        http(410, {"message": "Gone", "documentation_url": f"{DOCS}/about-the-rest-api/api-versions"}),
        rr.APIVersionError,
        ("410 Gone", "2022-11-28"),
        {"documentation_url": f"{DOCS}/about-the-rest-api/api-versions"},
    ),
    Case(
        "bad request",
        refusal(400, "Problems parsing JSON"),
        rr.BadRequestError,
        ("400 Bad Request. Problems parsing JSON",),
    ),
    Case(
        "bad credentials",
        refusal(401, "Bad credentials"),
        rr.AuthenticationError,
        (f"POST {PATH}: 401 Unauthorized. Bad credentials. See {DOCS} (request id D1CE:1234:5678)",),
        {"status_code": 401, "documentation_url": DOCS, "request_id": "D1CE:1234:5678"},
    ),
    Case(
        "scope missing",
        refusal(
            403,
            "Must have admin rights to Repository.",
            X_OAuth_Scopes="repo, read:org",
            X_Accepted_OAuth_Scopes="admin:org",
        ),
        rr.PermissionDeniedError,
        ("403 Forbidden. Must have admin rights to Repository.", "lacks the scope admin:org (it has: repo, read:org)"),
        {"accepted_scopes": ("admin:org",), "accepted_permissions": ()},
    ),
    Case(
        "owner is no admin",
        refusal(
            403,
            "Must have admin rights to Repository.",
            X_OAuth_Scopes="admin:org",
            X_Accepted_OAuth_Scopes="admin:org",
        ),
        rr.PermissionDeniedError,
        ("takes an owner of the organization", "has the scope that it takes"),
    ),
    Case(
        "permission missing",
        refusal(
            403,
            "Resource not accessible by integration",
            X_Accepted_GitHub_Permissions="organization_self_hosted_runners=write",
        ),
        rr.PermissionDeniedError,
        ("Resource not accessible by integration", "permission organization_self_hosted_runners: write"),
        {"accepted_permissions": ("organization_self_hosted_runners=write",), "accepted_scopes": ()},
    ),
    Case(
        "nothing named",
        refusal(403, "Must have admin rights to Repository."),
        rr.PermissionDeniedError,
        ("admin:org", "organization_self_hosted_runners: write"),
    ),
    Case(
        "single sign-on",
        refusal(
            403,
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token access.",
            X_GitHub_SSO=f"required; url={SSO}",
        ),
        rr.SSORequiredError,
        ("SAML enforcement", f"single sign-on at {SSO}"),
        {"sso_url": SSO},
    ),
    Case(
        "single sign-on, no address",
        refusal(403, "Resource protected by organization SAML enforcement."),
        rr.SSORequiredError,
        ("single sign-on.",),
        {"sso_url": None},
    ),
    Case(
        "single sign-on, several organizations",
        refusal(403, "Forbidden", X_GitHub_SSO="partial-results; organizations=21955855,20582480"),
        rr.SSORequiredError,
        ("single sign-on.",),
        {"sso_url": None},
    ),
    *(
        Case(
            f"single sign-on at {url[:30]}",
            refusal(403, "SAML", X_GitHub_SSO=f"required; url={url}"),
            rr.SSORequiredError,
            (),
            {"sso_url": None},
            never_says=(url,),
        )
        for url in (
            "https://github.com.example/orgs/octo-org/sso",
            "https://github.com@example.com/sso",
            "http://github.com/orgs/octo-org/sso",
            "javascript:alert(1)//https://github.com/",
            f"https://github.com/sso?{CREDENTIAL}",
        )
    ),
    Case(
        "classic tokens forbidden",
        refusal(403, "`octo-org` forbids access via a personal access token (classic). Please use a GitHub App."),
        rr.PermissionDeniedError,
        ("forbids access via a personal access token (classic)", "fine-grained token or a GitHub App"),
    ),
    Case(
        "IP allow list",
        refusal(403, "Although you appear to have the correct credentials, `octo-org` has an IP allow list enabled."),
        rr.PermissionDeniedError,
        ("IP allow list", "allowed address"),
    ),
    Case(
        "installation suspended",
        refusal(403, "This installation has been suspended"),
        rr.PermissionDeniedError,
        ("This installation has been suspended.", "unsuspend"),
    ),
    Case(
        "last request before the limit",
        refusal(
            403, "Resource not accessible by integration", X_RateLimit_Remaining="0", X_RateLimit_Reset="4102444800"
        ),
        rr.PermissionDeniedError,
        ("Resource not accessible by integration",),
    ),
    Case("not found", refusal(404, "Not Found"), rr.NotFoundError, ("404 Not Found", "may not see it", "admin:org")),
    Case(
        "not found for want of a scope",
        refusal(404, "Not Found", X_OAuth_Scopes="repo", X_Accepted_OAuth_Scopes="admin:org"),
        rr.NotFoundError,
        ("lacks the scope admin:org (it has: repo)",),
    ),
    Case(
        "not GitHub: HTML",
        http(404, html("404 Not Found"), headers={"Server": "nginx/1.24.0", **HTML}),
        rr.NotFoundError,
        ("not GitHub's API answering (nginx/1.24.0)", "check base_url (http://127.0.0.1:"),
    ),
    Case("not GitHub: JSON", http(404, {"error": "no such route"}), rr.NotFoundError, ("check base_url",)),
    Case(
        "unprocessable",
        http(
            422, {"message": "Validation Failed", "errors": [{"resource": "Org", "code": "invalid"}, "Actions is off"]}
        ),
        rr.UnprocessableEntityError,
        ("422 Unprocessable", "Validation Failed Org invalid Actions is off"),
    ),
    Case("teapot", refusal(418, "I'm a teapot"), rr.APIStatusError, ("418", "teapot"), {"status_code": 418}),
    Case("legal", refusal(451, "Repository access blocked"), rr.APIStatusError, ("451",), {"status_code": 451}),
    # Rate limits
    Case(
        "primary rate limit",
        refusal(
            403,
            "API rate limit exceeded for installation ID 1.",
            X_RateLimit_Remaining="0",
            X_RateLimit_Reset="1790000060",
            Date="Mon, 21 Sep 2026 14:13:20 GMT",
        ),
        rr.RateLimitError,
        ("primary rate limit ends in 60 s", "due in 60 s, but only 0 s of max_wait is left"),
        {"secondary": False, "retry_after": 60.0},
    ),
    Case(
        "secondary rate limit",
        refusal(403, "You have exceeded a secondary rate limit.", Retry_After="17"),
        rr.RateLimitError,
        ("secondary rate limit ends in 17 s",),
        {"secondary": True, "retry_after": 17.0},
    ),
    Case(
        "secondary rate limit, no time",
        refusal(
            429,
            "You have exceeded a secondary rate limit.",
            X_RateLimit_Remaining="4999",
            X_RateLimit_Reset="4102444800",
        ),
        rr.RateLimitError,
        ("ends in 60 s", "429 Too Many Requests"),
        {"secondary": True, "retry_after": 60.0},
    ),
    # 5xx
    *(
        Case(
            f"{status}",
            refusal(status, "Server Error"),
            rr.InternalServerError,
            (f"{status}",),
            {"status_code": status},
        )
        for status in (500, 501, 502, 503, 504, 520, 599)
    ),
    # Hostile text
    Case(
        "hostile text",
        refusal(401, "a\r\nb\x1b[31mc\x1b]0;title\x07d\u202ee\u2028f\u0000" + "x" * 5000),
        rr.AuthenticationError,
        ("a bcde f", "xxx…"),
        never_says=("\n", "\r", "\x1b", "\u202e", "\u2028", "\x00", "title", "x" * 600),
    ),
    Case(
        "credential echoed",
        http(
            403,
            {
                "message": f"No {CREDENTIAL} and {CREDENTIAL[:9]}\x00{CREDENTIAL[9:]}",
                "documentation_url": CREDENTIAL,
            },
            headers={"X-Echo": CREDENTIAL, "X-GitHub-Request-Id": CREDENTIAL, "Set-Cookie": "session=secret"},
            reason=CREDENTIAL,
        ),
        rr.PermissionDeniedError,
        ("No *** and ***",),
    ),
    Case(
        "credential in a redirect",
        http(302, headers={"Location": f"https://{CREDENTIAL}.example/{CREDENTIAL}"}, reason=CREDENTIAL),
        rr.RedirectError,
        ("another host",),
    ),
]
