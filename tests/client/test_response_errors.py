"""What is read from a response that is an error: its text, the advice, the addresses, within bounds."""

from __future__ import annotations

import json
import math
import pickle
import time
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import runner_registration as rr
from runner_registration._call import RequestInfo
from runner_registration._constants import LONGEST_WAIT
from runner_registration._redaction import Secrets
from runner_registration._response_errors import deprecation, status_error
from runner_registration._retry import parse_retry_after
from tests.responses import BY_GITHUB, CREDENTIAL, PATH, github

from .shown import leaked

REQUEST = RequestInfo("POST", PATH, "https://api.github.com", "2022-11-28")
MIB = 2**20


def error(
    body: object = None,
    *,
    status: int = 403,
    headers: dict[str, str] | None = None,
    request: RequestInfo = REQUEST,
    retry_after: float | None = None,
) -> Any:
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    response = httpx.Response(status, headers=headers or {}, content=content)
    return status_error(response, request, Secrets(), retry_after=retry_after)


# --- The text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        # Under each of the usual keys
        *(
            ({key: "denied"}, "denied.")
            for key in ("message", "Message", "msg", "error", "errors", "error_description")
        ),
        *(({key: "denied"}, "denied.") for key in ("error_description", "errorMessage", "detail", "title", "reason")),
        # Several of them, in an order that reads well, each text once
        ({"error": "denied", "detail": "this host is not allowed here"}, "denied. this host is not allowed here."),
        ({"error_description": "No such client.", "error": "invalid_client"}, "invalid_client. No such client."),
        ({"detail": "Quota used up", "title": "Too much", "type": "about:blank"}, "Too much. Quota used up."),
        ({"message": "Failed", "error": "Failed", "errors": ["Failed", "Really"]}, "Failed. Really."),
        ({"status": 403, "error": "Forbidden", "message": "Access Denied", "path": "/x"}, "Access Denied."),
        # Nested
        ({"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}}, "denied."),
        ({"error": {"error": {"reason": "denied"}}}, "denied."),
        ({"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2"}}}, "Invalid ApiKey."),
        ({"response": {"data": {"message": "denied"}}}, "denied."),
        ({"error": {"root_cause": [{"reason": "x"}], "type": "security", "reason": "denied"}}, "denied."),
        ([{"message": "denied"}, {"message": "blocked"}], "denied. blocked."),
        # errors of any shape
        ({"message": "Failed", "errors": [["one", ["two"]], {"message": "three"}]}, "Failed. one. two. three."),
        ({"message": "Failed", "errors": ["one", "two!", "three"]}, "Failed. one. two! three."),
        ({"message": "Failed", "errors": {"message": "one"}}, "Failed. one."),
        ({"message": "Failed", "errors": {"name": ["is too long", "is taken"]}}, "name is too long. name is taken."),
        ({"message": "Failed", "errors": [{"code": "custom", "message": "is offline"}]}, "Failed. is offline."),
        ({"errors": {"name": "is too long", "id": "A-123"}}, ": 418 I'm a Teapot. name is too long."),
        ({"errors": [{"title": "Invalid", "detail": "name is too long"}]}, "Invalid. name is too long."),
        (
            {"message": "Failed", "errors": [{"resource": "Runner", "field": "name", "code": "missing_field"}]},
            "Failed. Runner name missing_field.",
        ),
        # Not JSON, or JSON that is only a text
        ("no healthy upstream", "no healthy upstream."),
        ('"denied"', "denied."),
        ("<html><title>Blocked</title><p>by policy</p>", "Blocked. by policy."),
        ("<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No</Message></Error>", "AccessDenied No."),
        ("\ufeffno healthy upstream", "no healthy upstream."),
        (json.dumps({"message": "Grüße"}).encode("utf-16"), "Grüße."),
        ("Grüße".encode("latin-1"), "Gr\ufffd\ufffde."),
    ],
)
def test_the_text_is_found_wherever_servers_write_it(body: object, text: str) -> None:
    assert text in str(error(body, status=418))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "null",
        "{",
        '{"message": "cut sho',
        {"token": "AAAAAAAAAAAAAAAA", "id": "opaque-value"},
        {"error": {"token": "opaque-value", "ids": ["opaque-value"]}},
        {"tokens": ["opaque-value"], "error": True, "message": None, "detail": 7},
        {"message": "Forbidden"},
    ],
    ids=str,
)
def test_what_is_not_text_for_people_is_not_shown(body: object) -> None:
    start = f"POST {PATH}: 403 Forbidden. "
    advice = ("This response is not from GitHub's API.", "Requires the scope")
    assert str(error(body)).startswith(tuple(start + each for each in advice))


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"message": "a" * (16 * MIB)}).encode(),
        b'{"message":' + b"[" * (8 * MIB) + b"]" * (8 * MIB) + b"}",
        b"a" * (16 * MIB),
        b'{"errors":[' + b'{"a":1},' * 8000 + b"{}]}",
        b'{"error":' * 6000 + b"1" + b"}" * 6000,
        b'{"message":"x","documentation_url":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        json.dumps({"message": "must be an installation " * 2600}).encode(),
        b"<title>" * 9000,
        b"<h1></title" * 5900,
        b"<!--" * 16_000,
        b"<script>" * 8000,
        b"<" * 65_536,
        b"&#1" * 21_000,
        b"\x1b]" * 32_768,
        b"eyJ" * 21_000,
        b"-----BEGIN PRIVATE KEY " * 2800,
    ],
    ids=lambda body: body[:16].decode(),
)
def test_a_hostile_body_takes_no_time(body: bytes) -> None:
    headers = {"X-GitHub-SSO": 'a;url="' * 14_000, "X-Accepted-OAuth-Scopes": "a, " * 30_000}
    began = time.process_time()
    found = error(body, headers=headers)
    assert time.process_time() - began < 20
    assert len(str(found)) < 1200


@pytest.mark.parametrize("depth", [*range(100, 1000, 100), *range(960, 1000), *range(9_900, 10_010, 10), 50_000])
def test_json_of_any_depth_is_one_of_the_tree(depth: int) -> None:
    for key in ("documentation_url", "message", "errors"):
        body = f'{{"{key}":{"[" * depth}0{"]" * depth}}}'.encode()
        assert type(error(body)) is rr.PermissionDeniedError


# --- Addresses --------------------------------------------------------------------------------------------------------

SSO = "https://github.com/orgs/octo-org/sso?authorization_request=A4P"


@pytest.mark.parametrize(
    ("header", "url"),
    [
        (f"required; url={SSO}", SSO),
        (f"required;url={SSO}", SSO),
        (f"required; URL={SSO}", SSO),
        (f'required; url="{SSO}"', SSO),
        (f"required ; url = {SSO} ", SSO),
        (f"required; callback_url=https://evil.example/; url={SSO}", SSO),
        (f"required; url={SSO}; callback_url=https://evil.example/", SSO),
        (f'required; note="; url=https://evil.example/"; url={SSO}', SSO),
        (f'required; url="{SSO[:30]}\\{SSO[30:]}"', SSO),
        (f"required; url=https://evil.example/; url={SSO}", SSO),
        (f"required; url=; url;=;; url={SSO}", SSO),
        (f"required; url*=UTF-8''https%3A%2F%2Fevil.example; url*1*=x; url={SSO}", SSO),
        ("required; callback_url=https://github.com/evil", None),
        (f'required; note="url={SSO}"', None),
        ("required; url*=idna''%3A; url*0*; url*", None),
        ("required", None),
        ("partial-results; organizations=21955855,20582480", None),
        ("", None),
        ("required; url=https://github.com.example/orgs/octo-org/sso", None),
        ("required; url=https://github.com@example.com/sso", None),
        ("required; url=http://github.com/orgs/octo-org/sso", None),
        ("required; url=javascript:alert(1)//https://github.com/", None),
        ("required; url=https://github.com/sso?ghp_CredentialThatNobodyMaySee0123456789", None),
        (f"required; url={SSO}{'x' * 500}", None),
        (f"required; url={SSO} or so", None),
    ],
)
def test_the_single_sign_on_header_is_read_as_one_with_parameters(header: str, url: str | None) -> None:
    found = error({"message": "SAML"}, headers={"X-GitHub-SSO": header})
    assert type(found) is rr.SSORequiredError
    assert found.sso_url == url
    assert (f"single sign-on at {url}." if url else "single sign-on.") in str(found)
    assert "evil" not in str(found)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://docs.github.com/rest", True),
        ("https://developer.github.com/v3/#abuse-rate-limits", True),
        ("https://ghes.example/docs?a=%20b", True),
        ("https://evil.example/rest", False),
        ("https://docs.github.com@evil.example/", False),
        ("https://docs.github.com.evil.example/", False),
        ("http://docs.github.com/rest", False),
        ("https://docs.github.com/\x1b[31m", False),
        ("https://docs.github.com/ghp_CredentialThatNobodyMaySee0123456789", False),
        ("https://docs.github.com/%67hp_%43redentialThatNobodyMaySee0123456789", False),
        (f"https://docs.github.com/{'x' * 500}", False),
        (["https://docs.github.com/rest"], False),
        (None, False),
    ],
)
def test_only_documentation_of_github_or_of_the_server_is_linked(url: object, *, shown: bool) -> None:
    request = REQUEST._replace(base_url="https://ghes.example/api/v3")
    found = error({"message": "x", "documentation_url": url}, request=request)
    assert found.documentation_url == (url if shown else None)
    assert (f"See {url}" in str(found)) is shown


# --- Advice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "advised"),
    [
        ("/orgs/octo-org/actions/runners/registration-token", True),
        ("/orgs/octo-org/actions/runners", True),
        ("/orgs/octo-org/actions/runner-groups", True),
        ("/orgs/octo-org/actions/runnerless", False),
        ("/repos/octo-org/octo-repo/actions/runners/registration-token", False),
        ("/orgs/octo-org/installation", False),
    ],
)
def test_roles_for_an_organizations_runners_are_named_only_where_they_help(path: str, *, advised: bool) -> None:
    found = error(github("Must have admin rights to Repository."), request=REQUEST._replace(path=path))
    for advice in ("organization owner", "custom organization role", "admin:org", "organization_self_hosted_runners"):
        assert (advice in str(found)) is advised


@pytest.mark.parametrize(
    ("path", "text"),
    [("/orgs/octo-org/x", "The organization does not exist,"), ("/repos/a/b", "It does not exist,")],
)
def test_a_404_says_what_was_not_found(path: str, text: str) -> None:
    assert text in str(error(github("Not Found"), status=404, request=REQUEST._replace(path=path)))


@pytest.mark.parametrize(
    ("headers", "body", "hint"),
    [
        (BY_GITHUB, github("x"), ""),
        ({"X-GitHub-Request-Id": "1:2"}, {"message": "x"}, ""),
        ({}, {"message": "x"}, ""),
        ({}, {"error": "x"}, "not from GitHub's API. Check base_url (https://api.github.com) and any proxy."),
        ({"Server": "envoy"}, "x", "not from GitHub's API but from envoy. Check base_url"),
        ({"Server": "github.com", "X-GitHub-Request-Id": "1:2"}, "<title>x</title>", "but from github.com."),
    ],
)
def test_a_response_that_is_not_githubs_says_so(headers: dict[str, str], body: object, hint: str) -> None:
    for status in (403, 418):
        assert hint in str(error(body, status=status, headers=headers))
        assert bool(hint) is ("not from GitHub" in str(error(body, status=status, headers=headers)))


@pytest.mark.parametrize(
    ("headers", "seconds", "ends"),
    [
        ({"Date": "Mon, 23 Nov 2026 07:00:00 GMT"}, 60.0, "2026-11-23T07:01:00Z"),
        ({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, 60.0, "9999-12-31T23:59:59Z"),
        ({"Date": "Mon, 23 Nov 2026 07:00:00 +0100"}, 60.0, "2026-11-23T06:01:00Z"),
    ],
)
def test_a_rate_limit_ends_by_the_servers_clock(headers: dict[str, str], seconds: float, ends: str) -> None:
    found = error({"message": "x"}, status=429, headers=headers, retry_after=seconds)
    assert type(found) is rr.RateLimitError
    assert found.retry_after == seconds
    assert f"ends in 60 s, at {ends}." in str(found)


CLASSES: dict[int, type[rr.RunnerRegistrationError]] = {
    400: rr.BadRequestError,
    401: rr.AuthenticationError,
    403: rr.PermissionDeniedError,
    404: rr.NotFoundError,
    407: rr.ProxyError,
    422: rr.UnprocessableEntityError,
    429: rr.RateLimitError,
}


@pytest.mark.parametrize("status", [*range(400, 600), 600, 999])
def test_every_status_is_one_error_with_its_own_phrase(status: int) -> None:
    found = error(b"", status=status)
    phrases = {each.value: each.phrase for each in HTTPStatus}
    assert f": {status} {phrases[status]}." in str(found) if status in phrases else f": {status}." in str(found)
    assert type(found) is CLASSES.get(status, rr.APIStatusError if status < 500 else rr.InternalServerError)


# --- The end of an API version ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, None),
        ({"Deprecation": " "}, None),
        ({"Deprecation": "\x1b[2J"}, None),
        ({"Deprecation": "@1790000000"}, "(deprecated: @1790000000)"),
        ({"Sunset": "Fri, 10 Mar 2028 00:00:00 GMT"}, "(ends: Fri, 10 Mar 2028 00:00:00 GMT)"),
        ({"Deprecation": "true", "Sunset": "x" * 200}, f"(deprecated: true, ends: {'x' * 99}…)"),
    ],
)
def test_the_end_of_an_api_version_is_announced(headers: dict[str, str], text: str | None) -> None:
    found = deprecation(httpx.Response(201, headers=headers), REQUEST, Secrets())
    assert found is None if text is None else found and found.endswith(text)


# --- Whatever a server, a proxy or an attacker sends ------------------------------------------------------------------

_latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
_numbers = st.integers(-(10**30), 10**30).map(str) | st.floats().map(str)
_dates = st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S GMT}")
_times = _numbers | _dates | _latin | st.sampled_from(["", " ", "0", "-0", "1_0", "\xb2", "60, 120", "1e999", "nan"])
_sso = st.builds(
    "required; url={}{}".format,
    st.sampled_from(
        [
            "",
            "https://github.com/sso?",
            "https://github.com@evil.example/",
            "https://github.com.evil.example/",
            "http://github.com/",
        ]
    ),
    _latin | st.just(CREDENTIAL),
)
_headers = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("Retry-After", "X-RateLimit-Reset", "Date"), _times),
        "X-RateLimit-Remaining": _times | st.just("0"),
        "X-GitHub-SSO": _latin | _sso,
        "X-OAuth-Scopes": _latin | st.just("repo, read:org"),
        "X-Accepted-OAuth-Scopes": _latin | st.just("admin:org"),
        "X-Accepted-GitHub-Permissions": _latin | st.just("organization_self_hosted_runners=write"),
        **dict.fromkeys(("X-GitHub-Request-Id", "Server"), _latin),
        "Content-Type": _latin | st.just("text/html"),
    },
)
_words = st.sampled_from(["rate limit", "SAML", "suspended", "\x1b[31m", "\u202e", "\r\n::add-mask::x", CREDENTIAL])
_bodies = st.binary(max_size=80) | st.lists(_words | st.text(max_size=20)).map(
    lambda words: ('{"message": "' + " ".join(words) + '"}').encode("utf-8", "surrogatepass")
)
_keys = st.sampled_from(
    ["message", "error", "errors", "detail", "title", "reason", "field", "code", "documentation_url"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys | st.text(max_size=5), inner, max_size=3),
)


@given(
    st.sampled_from([400, 401, 403, 404, 407, 410, 418, 422, 429, 500, 502, 503]) | st.integers(400, 999),
    _headers,
    _bodies | _json.map(lambda value: json.dumps(value).encode()),
)
@example(403, {"Retry-After": "9" * 400}, b"")
@example(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999"}, b"")
@example(403, {"X-GitHub-SSO": "required; url=https://github.com/orgs/octo-org/sso\x1b[2J"}, b"")
def test_any_response_is_one_error_with_one_safe_line(status: int, headers: dict[str, str], body: bytes) -> None:
    secrets = Secrets()
    secrets.watch(httpx.Request("POST", REQUEST.base_url, headers={"Authorization": f"Bearer {CREDENTIAL}"}))
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = httpx.Response(status, headers=raw, content=body)
    found = status_error(response, REQUEST, secrets, retry_after=parse_retry_after(response.headers))
    assert str(found).isprintable()
    assert len(str(found)) < 4_000
    shown = f"{found!r} {found.__dict__!r} {pickle.loads(pickle.dumps(found))!r}"  # noqa: S301 - our own
    assert leaked(CREDENTIAL, shown) == []
    if isinstance(found, rr.RateLimitError):
        assert 0 <= found.retry_after <= LONGEST_WAIT
        assert found.resets_at.tzinfo is not None
    if isinstance(found, rr.SSORequiredError) and found.sso_url is not None:
        assert found.sso_url.startswith("https://github.com/")
        assert found.sso_url.isprintable()
    if isinstance(found, rr.PermissionDeniedError):
        assert all(scope.isprintable() for scope in (*found.accepted_scopes, *found.accepted_permissions))


@given(_headers)
def test_a_wait_is_a_finite_time_or_none(headers: dict[str, str]) -> None:
    wait = parse_retry_after(httpx.Headers(list(headers.items()), encoding="latin-1"))
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST_WAIT)
