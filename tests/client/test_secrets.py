"""No credential, no registration token and no long part of one is shown, whatever a server sends."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import logging
import os
import pickle
import string
from collections.abc import Callable, Generator
from inspect import isawaitable
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import runner_registration as rr
from runner_registration._call import RequestInfo
from runner_registration._redaction import Secrets, mask_log_records, masking, one_line
from runner_registration._response_errors import deprecation, redirect_error, status_error
from tests.responses import CREDENTIAL, PATH, TOKEN

from .conftest import TRUST, MakeClient
from .loopback import Server, http, refusal
from .shown import leaked, shown


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


JWT = f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{encoded({'iss': '123456', 'exp': 1790000000})}.{'Zm9v-YmFy_' * 34}"
STATELESS = f"ghs_123456_{JWT}"
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75iLmPLk\nqOfyDDe04RT6xUC1NZgGoY1s\n-----END RSA PRIVATE KEY-----"
)
UNKNOWN_FORM = "0123456789abcdef0123456789abcdef01234567"
"""As GitHub's tokens were until 2021, and as those of others are."""

REQUEST = RequestInfo("POST", PATH, "https://api.github.com", "2022-11-28")


def secrets_of(*headers: dict[str, str]) -> Secrets:
    secrets = Secrets()
    for each in headers:
        secrets.watch(httpx.Request("POST", REQUEST.base_url, headers=each))
    return secrets


# --- What is recognized -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ghs_0123456789abcdef and github_pat_11ABC_def", "*** and ***"),
        ("Token ghp_abcdef. Next", "Token ***. Next"),
        ("token=ghp_abcdef previous_gho_abcdef", "token=*** previous_***"),
        ("Tokenghp_0123456789abcdef", "Token***"),
        ("copyright_holder, height_px and high_water_mark", None),
        (f"token {STATELESS} has no access", "token *** has no access"),
        (f"token {STATELESS[:200]}", "token ***"),
        (f"token={STATELESS[:30]};", "token=***;"),
        (f"signed in with {JWT}", "signed in with ***"),
        (f"signed in with {JWT[:40]}", "signed in with ***"),
        (f"./config.sh --token {TOKEN} --url", "./config.sh --token *** --url"),
        (f"key {PEM} end", "key *** end"),
        (f"key {PEM[:60]}", "key ***"),
        (f"key {base64.b64encode(PEM.encode()).decode()} end", "key *** end"),
        ("0400:3C0A:1B2C3D:4E5F60:65A1B2C3", "0400:3C0A:1B2C3D:4E5F60:65A1B2C3"),
        ("https://docs.github.com/rest/actions/self-hosted-runners", None),
        ("Must have admin rights to Repository.", None),
    ],
)
def test_masks_what_has_the_form_of_a_secret(text: str, masked: str | None) -> None:
    assert Secrets().mask(text) == (text if masked is None else masked)


BASIC = base64.b64encode(b"octocat:swordfish-and-company").decode()
DIGEST = f'Digest username="octo-org", uri="{PATH}", response="{UNKNOWN_FORM}", qop=auth'


@pytest.mark.parametrize(
    ("headers", "text", "masked"),
    [
        ({"Authorization": f"Bearer {UNKNOWN_FORM}"}, f"a {UNKNOWN_FORM} b", "a *** b"),
        ({"Authorization": f"token {UNKNOWN_FORM}"}, f"a {UNKNOWN_FORM[5:17]} b", "a *** b"),
        ({"Authorization": UNKNOWN_FORM}, f"a {UNKNOWN_FORM[:-1]}! b", "a ***! b"),
        ({"Authorization": f"Bearer {UNKNOWN_FORM}"}, f"a {UNKNOWN_FORM[:11]} b", None),
        ({"Authorization": f"Bearer {UNKNOWN_FORM}"}, f"host {UNKNOWN_FORM.upper()}.example", "host ***.example"),
        ({"Authorization": "Bearer seven77"}, "a seven77 and SEVEN77", "a *** and ***"),
        ({"Authorization": "Bearer five5"}, "a five5", None),
        ({"Authorization": "Bearer key=Value-Of-The-Key"}, "key=Value-Of-The-Key", "***"),
        ({"Authorization": f"Basic {BASIC}"}, f"{BASIC} swordfish-and-company octocat", "*** *** octocat"),
        ({"Authorization": DIGEST}, f"POST {PATH}: octo-org {UNKNOWN_FORM}", f"POST {PATH}: octo-org ***"),
        ({"Proxy-Authorization": f"Bearer {UNKNOWN_FORM}"}, UNKNOWN_FORM, "***"),
        ({"Cookie": f"session={UNKNOWN_FORM}"}, UNKNOWN_FORM, "***"),
        ({"X-Api-Key": UNKNOWN_FORM}, UNKNOWN_FORM, "***"),
        ({"Private-Token": UNKNOWN_FORM}, UNKNOWN_FORM, "***"),
        ({"User-Agent": "runner-registration/1"}, "runner-registration/1", None),
    ],
)
def test_masks_what_the_request_carries(headers: dict[str, str], text: str, masked: str | None) -> None:
    assert secrets_of(headers).mask(text) == (text if masked is None else masked)


def test_a_credential_that_an_auth_sets_later_or_instead_is_masked_as_well() -> None:
    secrets = Secrets()
    request = httpx.Request("POST", REQUEST.base_url, headers={"Authorization": f"Bearer {UNKNOWN_FORM}"})
    secrets.watch(request)
    secrets.watch(httpx.Request("POST", REQUEST.base_url, headers={"Authorization": "Bearer of-another-request"}))
    request.headers["Authorization"] = "Bearer replaced-by-an-auth"
    assert secrets.mask("of-another-request replaced-by-an-auth") == "*** ***"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain words", "plain words"),
        ("  two\r\n\tlines\n", "two lines"),
        ("next\x85line\u2028separator\u2029paragraph", "next line separator paragraph"),
        ("\x1b[1;31mred\x1b[0m \x9b4munder\x9b0m", "red under"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1bPdevice control\x1b\\after", "after"),
        ("\x1b", ""),
        ("abc\u202edcba", "abcdcba"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bell\x07 null\x00 delete\x7f", "bell null delete"),
        ("lone\ud800surrogate", "lonesurrogate"),
        ("x" * 600, "x" * 499 + "…"),
        ("x" * 490 + f" {CREDENTIAL}", "x" * 490 + " ***"),
        (" " * 65_530 + CREDENTIAL, "***"),
        (f"{CREDENTIAL[:9]}\x00\u200b{CREDENTIAL[9:20]}\x1b[31m{CREDENTIAL[20:]}", "***"),
        ("Grüße, 世界 🦄", "Grüße, 世界 🦄"),
        ("", ""),
    ],
)
def test_text_of_a_server_becomes_one_safe_line(text: str, line: str) -> None:
    assert one_line(text, secrets_of({"Authorization": f"Bearer {CREDENTIAL}"})) == line


# --- Wherever a server repeats it -------------------------------------------------------------------------------------

_ALPHABET = string.ascii_letters + string.digits + "-._~+/"
# Not st.text, which also gives strings of the code under test, such as its name: an error may show those.
_credentials = st.sampled_from([CREDENTIAL, STATELESS, UNKNOWN_FORM, JWT]) | st.lists(
    st.sampled_from(_ALPHABET), min_size=12, max_size=80
).map("".join)
_noise = st.sampled_from(
    ["", " ", "\x00", "\x1b[31m", "\u200b", "\u202e", " " * 400, " " * 5000, "x", "%20", ". ", "<b>"]
)


@st.composite
def _repeated(draw: st.DrawFn) -> tuple[str, str]:
    """A credential, and text with it: whole or in part, more than once, with noise around and inside."""
    credential = draw(_credentials)
    text = ""
    for _ in range(draw(st.integers(1, 3))):
        begin, end = draw(st.integers(0, len(credential) - 12)), draw(st.integers(12, len(credential)))
        part = credential[begin : begin + end]
        split = draw(st.integers(0, len(part)))
        text += draw(_noise) + part[:split] + draw(st.sampled_from(["", "\x00", "\x1b[0m", "\u200b"])) + part[split:]
    return credential, text + draw(_noise)


_PLACES: dict[str, Callable[[str], tuple[dict[str, str], object]]] = {
    "message": lambda text: ({"X-GitHub-Request-Id": "1:2"}, {"message": f"No {text} here"}),
    "documentation_url": lambda text: ({}, {"message": "x", "documentation_url": f"https://docs.github.com/{text}"}),
    "nested error": lambda text: ({}, {"error": {"details": [[{"reason": text}]], "code": 7}}),
    "errors": lambda text: ({}, {"message": "Validation Failed", "errors": {text: [text]}}),
    "plain text": lambda text: ({"Content-Type": "text/plain"}, f"denied: {text}"),
    "page": lambda text: ({"Content-Type": "text/html"}, f"<title>{text}</title><h1>{text}</h1><p>{text}</p>"),
    "request id": lambda text: ({"X-GitHub-Request-Id": text}, {"message": "x"}),
    "scopes": lambda text: ({"X-OAuth-Scopes": text, "X-Accepted-OAuth-Scopes": f"repo, {text}"}, {"message": "x"}),
    "permissions": lambda text: ({"X-Accepted-GitHub-Permissions": f"{text}=write; {text.lower()}"}, {"message": "x"}),
    "sso": lambda text: ({"X-GitHub-SSO": f"required; url=https://github.com/sso?{text}"}, {"message": "SAML"}),
    "server": lambda text: ({"Server": text}, "<html>"),
    "name of a header": lambda text: ({"".join(filter(str.isalnum, text)) or "x": "x"}, ""),
    "rate limit": lambda text: ({"Retry-After": text, "GH-Limited-By": text}, {"message": "rate limit"}),
    "end of the version": lambda text: ({"Deprecation": text, "Sunset": f"{'x' * 95} {text}"}, ""),
}


@given(
    _repeated(), st.sampled_from(sorted(_PLACES)), st.sampled_from([302, 400, 401, 403, 404, 407, 418, 422, 429, 502])
)
@example((CREDENTIAL, " " * 4057 + CREDENTIAL), "message", 403)
@example((UNKNOWN_FORM, " " * 4057 + UNKNOWN_FORM), "message", 403)
@example((UNKNOWN_FORM, " " * 65_497 + UNKNOWN_FORM), "server", 502)
@example((UNKNOWN_FORM, UNKNOWN_FORM), "permissions", 403)
@example((UNKNOWN_FORM, UNKNOWN_FORM), "documentation_url", 403)
def test_no_part_of_a_credential_is_shown_that_a_server_repeats(
    repeated: tuple[str, str], place: str, status: int
) -> None:
    credential, text = repeated
    secrets = secrets_of({"Authorization": f"Bearer {credential}"})
    headers, body = _PLACES[place](text)
    raw = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in headers.items()]
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    response = httpx.Response(status, headers=raw, content=content)
    errors: list[rr.RunnerRegistrationError] = [
        status_error(response, REQUEST, secrets, retry_after=None),
        redirect_error(response, REQUEST, secrets, f"The redirect leads to another host, {text.lower()}."),
    ]
    seen = "".join(map(shown, errors)) + (deprecation(response, REQUEST, secrets) or "")
    assert leaked(credential, seen) == []


@pytest.mark.parametrize("logger", ["httpx", "httpcore.http11", "runner_registration", "runner_registration_api"])
@pytest.mark.parametrize("secret", [CREDENTIAL, UNKNOWN_FORM, STATELESS])
def test_log_records_of_a_call_are_masked(logger: str, secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mask_log_records()
    with masking(secrets_of({"Authorization": f"Bearer {secret}"})):
        logging.getLogger(logger).debug("received %s of %r", secret[:30], {secret: 1})
    (record,) = caplog.records
    assert record.getMessage() == "received *** of {'***': 1}"
    assert leaked(secret, repr(vars(record))) == []
    logging.getLogger(logger).debug("not during a call: %s", UNKNOWN_FORM)
    assert UNKNOWN_FORM in caplog.text


# --- Through a client -------------------------------------------------------------------------------------------------


def test_a_success_shows_no_secret(server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(server.url)
    token = client.create_registration_token_for_org("octo-org")
    assert token.token == TOKEN
    seen = f"{client!r} {client} {token!r} {token} {caplog.text} {[vars(record) for record in caplog.records]}"
    for secret in (CREDENTIAL, TOKEN):
        assert leaked(secret, seen) == []


@pytest.mark.parametrize("secret", [CREDENTIAL, UNKNOWN_FORM])
def test_credentials_of_any_kind_are_masked(
    secret: str, server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    basic = base64.b64encode(f"octocat:{secret}".encode()).decode()
    for credential in (secret, lambda: secret, httpx.BasicAuth("octocat", secret)):
        server.respond(http(401, {"message": f"{secret} {basic}"}, headers={"X-Echo": secret}, reason=secret))
        with pytest.raises(rr.AuthenticationError) as caught:
            make_client(server.url, credential, max_retries=0).create_registration_token_for_org("octo-org")
        assert leaked(secret, shown(caught.value) + caplog.text) == []
        assert caught.value.headers["X-Echo"] == "***"


def test_a_credential_that_an_auth_sends_with_another_request_is_masked(
    server: Server, make_client: MakeClient
) -> None:
    class Another(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            headers = {**request.headers, "Authorization": "Bearer no-prefix-of-githubs-0123"}
            yield httpx.Request(request.method, request.url, headers=headers)

    server.respond(http(401, {"message": "no-prefix-of-githubs-0123"}))
    with pytest.raises(rr.AuthenticationError, match=r"Unauthorized\. \*\*\*\."):
        make_client(server.url, Another()).create_registration_token_for_org("octo-org")


def test_a_credential_that_fits_no_header_is_masked(
    server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["Authorization"] = "Bearer no-prefix-of-githubs-0123\r\n"
            yield request

    caplog.set_level(logging.DEBUG)
    with pytest.raises(rr.APIConnectionError, match="The request cannot be sent") as caught:
        make_client(server.url, Broken()).create_registration_token_for_org("octo-org")
    assert "Illegal header value b'Bearer ***" in caplog.text
    assert leaked("no-prefix-of-githubs-0123", caplog.text + shown(caught.value)) == []


def from_callable() -> str:
    return os.environ["GH_TOKEN"]


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
@pytest.mark.parametrize(
    ("variables", "credential", "base_url"),
    [
        pytest.param({"GH_TOKEN": f"{CREDENTIAL} {TOKEN}"}, None, "github.com", id="unusable"),
        pytest.param({"GH_TOKEN": CREDENTIAL}, None, "ghe.example", id="meant for another host"),
        pytest.param({"GH_TOKEN": CREDENTIAL}, None, "http://github.com", id="plain http"),
        pytest.param({"GH_TOKEN": CREDENTIAL, "GH_HOST": f"https://{CREDENTIAL}@ghe.example"}, None, None, id="host"),
        pytest.param({"HTTPS_PROXY": f"http://{CREDENTIAL}@proxy:port"}, from_callable, "github.com", id="proxy"),
        pytest.param({"GH_TOKEN": f"{CREDENTIAL} {TOKEN}"}, from_callable, "http://127.0.0.1:1", id="callable"),
    ],
)
def test_secrets_are_in_no_variable_of_a_refusal(
    kind: Any, variables: dict[str, str], credential: Any, base_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PATH": "", **variables}.items():
        monkeypatch.setenv(name, value)
    for method in ("registration_token", "create_registration_token_for_org"):
        with pytest.raises((rr.CredentialError, ValueError)) as caught:
            asyncio.run(called(kind(credential, base_url=base_url, verify=TRUST), method))
        assert leaked(CREDENTIAL, shown(caught.value)) == []


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
@pytest.mark.parametrize(
    "credential", [UNKNOWN_FORM, UNKNOWN_FORM.encode(), [UNKNOWN_FORM]], ids=["str", "bytes", "list"]
)
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"timeout": 0}, ValueError),
        ({"timeout": float("nan")}, ValueError),
        ({"timeout": "30"}, TypeError),
        ({"timeout": None}, TypeError),
        ({"max_wait": -1}, ValueError),
        ({"max_wait": float("nan")}, ValueError),
        ({"max_wait": float("inf")}, ValueError),
        ({"max_retries": -1}, ValueError),
        ({"max_retries": 1_001}, ValueError),
        ({"max_retries": 10**400}, ValueError),
        ({"max_retries": 1.5}, TypeError),
        ({"api_version": ""}, ValueError),
        ({"api_version": "2022-11-28\r\nX-Evil: 1"}, ValueError),
        ({"user_agent": "é"}, ValueError),
        ({"user_agent": "a\nb"}, ValueError),
        ({"user_agent": ""}, ValueError),
        ({"verify": ""}, ValueError),
        ({"verify": "/does/not/exist"}, ValueError),
        pytest.param({"verify": False, "http_client": httpx.Client(verify=TRUST)}, ValueError, id="two contexts"),
        ({"base_url": ""}, ValueError),
        ({"base_url": "https://user:password@ghes.example"}, ValueError),
        ({"base_url": "http://ghes.example"}, rr.CredentialError),
        ({"allow_http": "yes"}, TypeError),
    ],
    ids=str,
)
def test_a_refused_argument_leaves_the_credential_in_no_variable(
    kind: Any, credential: object, arguments: dict[str, Any], error: type[Exception]
) -> None:
    # A credential of a wrong type may be what is refused.
    with pytest.raises(error if isinstance(credential, str) else (error, TypeError)) as caught:
        kind(credential, **{"base_url": "https://ghes.example", **arguments})
    assert leaked(UNKNOWN_FORM, shown(caught.value)) == []
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def called(client: Any, method: str) -> None:
    token = getattr(client, method)("octo-org")
    if isawaitable(token):
        await token


def test_what_others_log_with_httpx_is_unchanged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rr.Client(CREDENTIAL, base_url=server.url).close()
    server.respond(http(200, headers={"X-Theirs": CREDENTIAL}))
    httpx.post(server.url, timeout=5)
    assert CREDENTIAL in caplog.text


def test_cookies_of_a_server_are_masked_in_the_error(server: Server, make_client: MakeClient) -> None:
    server.respond(
        refusal(404, "Not Found", Set_Cookie="session=SessionOfAProxy", Date="Mon, 21 Sep 2026 14:13:20 GMT")
    )
    with pytest.raises(rr.NotFoundError) as caught:
        make_client(server.url).create_registration_token_for_org("octo-org")
    assert leaked("SessionOfAProxy", shown(caught.value)) == []
    assert caught.value.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_refuses_to_be_pickled_and_copied(
    kind: Any, attempt: Callable[[object], object], server: Server
) -> None:
    client = kind(CREDENTIAL, base_url=server.url)
    with pytest.raises(TypeError, match="holds a credential"):
        attempt(client)
    assert CREDENTIAL not in repr(client)
    if kind is rr.Client:
        client.close()
