"""No credential and no token shows anywhere, whatever happens."""

from __future__ import annotations

import asyncio
import base64
import copy
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Generator
from inspect import isawaitable
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration._redaction import Secrets, one_line

from .cases import CASES, Case
from .conftest import TRUST, AnyClient
from .loopback import CREDENTIAL, TOKEN, Server, created, http, refusal

SECRETS = (CREDENTIAL, TOKEN, base64.b64encode(CREDENTIAL.encode()).decode())


def rendered(error: BaseException) -> str:
    """All that a logger or a crash reporter would show of it: local variables too, but for the test's own."""
    frames = error.__traceback__ and error.__traceback__.tb_next
    report = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    shown = [str(error), repr(error), repr(error.args), repr(vars(error)), *report.format()]
    shown += [repr(value) for value in vars(error).values()]
    return "".join(shown) + pickle.dumps(error).decode("latin-1")


@pytest.mark.parametrize(
    "case", [*CASES, Case("success", created(), rr.RunnerRegistrationError, ())], ids=lambda case: case.name
)
def test_secrets_show_in_nothing_that_an_exchange_leaves_behind(
    case: Case,
    server: Server,
    make_client: Callable[..., AnyClient],
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer(case.answer)
    client = make_client(server.url, max_wait=0, timeout=0.5)
    left = [repr(client), str(client)]
    try:
        token = client.create_registration_token_for_org("octo-org")
    except rr.RunnerRegistrationError as error:
        left.append(rendered(error))
    else:
        assert token.token == TOKEN
        left += [repr(token), str(token)]
    assert server.requests[0].headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert {record.name.partition(".")[0] for record in caplog.records} >= {"httpcore"}, (
        "nothing was logged: a vain test"
    )
    left += [record.getMessage() + repr(record.args) + str(record.exc_text) for record in caplog.records]
    left += [str(warning.message) for warning in recwarn]
    for secret in SECRETS:
        assert [text for text in left if secret in text] == []


@pytest.mark.parametrize("secret", [CREDENTIAL, "no-prefix-of-githubs-0123"])
def test_credentials_of_any_kind_are_masked_where_a_server_echoes_them(
    secret: str, server: Server, make_client: Callable[..., AnyClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    basic = base64.b64encode(f"octocat:{secret}".encode()).decode()
    for credential in (secret, lambda: secret, httpx.BasicAuth("octocat", secret)):
        server.answer(http(401, {"message": f"{secret} {basic}"}, headers={"X-Echo": secret}, reason=secret))
        with pytest.raises(rr.AuthenticationError) as caught:
            make_client(server.url, credential, max_retries=0).create_registration_token_for_org("octo-org")
        assert secret not in rendered(caught.value) + caplog.text
        assert caught.value.headers["X-Echo"] == "***"


def test_a_credential_that_an_auth_sends_with_another_request_is_known_too(
    server: Server, make_client: Callable[..., AnyClient]
) -> None:
    class Another(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            headers = {**request.headers, "Authorization": "Bearer no-prefix-of-githubs-0123"}
            yield httpx.Request(request.method, request.url, headers=headers)

    server.answer(http(401, {"message": "no-prefix-of-githubs-0123"}))
    with pytest.raises(rr.AuthenticationError, match=r"Unauthorized\. \*\*\*\."):
        make_client(server.url, Another()).create_registration_token_for_org("octo-org")


def test_a_credential_that_fits_no_header_is_masked_in_the_log(
    server: Server, make_client: Callable[..., AnyClient], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["Authorization"] = "Bearer no-prefix-of-githubs-0123\r\n"
            yield request

    caplog.set_level(logging.DEBUG)
    with pytest.raises(rr.APIConnectionError):
        make_client(server.url, Broken()).create_registration_token_for_org("octo-org")
    assert "Illegal header value b'Bearer ***" in caplog.text
    assert "no-prefix-of-githubs" not in caplog.text


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
def test_secrets_show_in_no_variable_of_a_refusal(
    kind: Any, variables: dict[str, str], credential: Any, base_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PATH": "", **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((rr.CredentialError, ValueError)) as caught:
        asyncio.run(called(kind(credential, base_url=base_url, verify=TRUST)))
    assert CREDENTIAL not in rendered(caught.value)


async def called(client: Any) -> None:
    token = client.registration_token("octo-org")
    if isawaitable(token):
        await token


def test_what_others_log_with_httpx_is_left_alone(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rr.Client(CREDENTIAL, base_url=server.url).close()
    server.answer(http(200, headers={"X-Theirs": CREDENTIAL}))
    httpx.post(server.url, timeout=5)
    assert CREDENTIAL in caplog.text


def test_cookies_of_a_server_are_masked_in_the_error(server: Server, make_client: Callable[..., AnyClient]) -> None:
    server.answer(refusal(404, "Not Found", Set_Cookie="session=SessionOfAProxy", Date="Mon, 21 Sep 2026 14:13:20 GMT"))
    with pytest.raises(rr.NotFoundError) as caught:
        make_client(server.url).create_registration_token_for_org("octo-org")
    assert "SessionOfAProxy" not in rendered(caught.value)
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
        ("ghs_0123456789abcdef and github_pat_11ABC_def", "*** and ***"),
        ("Grüße, 世界 🦄", "Grüße, 世界 🦄"),
        ("", ""),
    ],
)
def test_text_of_a_server_becomes_one_safe_line(text: str, line: str) -> None:
    assert one_line(text, Secrets()) == line
