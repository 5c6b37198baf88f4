"""Whatever headers and body a server, a proxy or an attacker sends: one error, one safe line, sensible times."""

from __future__ import annotations

import json
import math
import pickle

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from runner_registration import APIStatusError, PermissionDeniedError, ProxyError, RateLimitError, SSORequiredError
from runner_registration._call import RequestInfo
from runner_registration._constants import LONGEST_WAIT
from runner_registration._redaction import Secrets
from runner_registration._response_errors import status_error
from runner_registration._retry import parse_retry_after
from tests.responses import CREDENTIAL, PATH

from .shown import leaked

REQUEST = RequestInfo("POST", PATH, "https://api.github.com", "2022-11-28")

_latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
_numbers = st.integers(-(10**30), 10**30).map(str) | st.floats().map(str)
_dates = st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S GMT}")
_times = _numbers | _dates | _latin | st.sampled_from(["", " ", "0", "-0", "1_0", "\xb2", "60, 120", "1e999", "nan"])
_sso = st.builds(
    "required; url={}{}".format,
    st.sampled_from(["", "https://github.com/sso?", "https://github.com@evil.example/", "http://github.com/sso"]),
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


def error(status: int, headers: dict[str, str], body: bytes) -> APIStatusError | ProxyError:
    secrets = Secrets()
    request = httpx.Request("POST", REQUEST.base_url, headers={"Authorization": f"Bearer {CREDENTIAL}"})
    secrets.watch(request)
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = httpx.Response(status, headers=raw, content=body)
    return status_error(response, REQUEST, secrets, retry_after=parse_retry_after(response.headers))


@given(
    st.sampled_from([400, 401, 403, 404, 407, 410, 418, 422, 429, 500, 502, 503]) | st.integers(400, 999),
    _headers,
    _bodies | _json.map(lambda value: json.dumps(value).encode()),
)
@example(403, {"Retry-After": "9" * 400}, b"")
@example(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999"}, b"")
@example(403, {"X-GitHub-SSO": "required; url=https://github.com/orgs/octo-org/sso\x1b[2J"}, b"")
def test_any_response_is_one_error_with_one_safe_line(status: int, headers: dict[str, str], body: bytes) -> None:
    found = error(status, headers, body)
    assert str(found).isprintable()
    assert len(str(found)) < 4_000
    shown = f"{found!r} {found.__dict__!r} {pickle.loads(pickle.dumps(found))!r}"  # noqa: S301 - our own
    assert leaked(CREDENTIAL, shown) == []
    if isinstance(found, RateLimitError):
        assert 0 <= found.retry_after <= LONGEST_WAIT
        assert found.resets_at.tzinfo is not None
    if isinstance(found, SSORequiredError) and found.sso_url is not None:
        assert found.sso_url.startswith("https://github.com/")
        assert found.sso_url.isprintable()
    if isinstance(found, PermissionDeniedError):
        assert all(scope.isprintable() for scope in (*found.accepted_scopes, *found.accepted_permissions))


@given(_headers)
def test_a_wait_is_a_finite_time_or_none(headers: dict[str, str]) -> None:
    wait = parse_retry_after(httpx.Headers(list(headers.items()), encoding="latin-1"))
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST_WAIT)
