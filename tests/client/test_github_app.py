"""Signing in as a GitHub App: keys, clocks, installations, replication, revocation, and many callers at once."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

import runner_registration as rr
from runner_registration import _private_keys
from runner_registration._credentials import resolve_credential
from runner_registration._github_app import GitHubApp
from runner_registration.testing import RegistrationServer

from .conftest import TRUST, AnyClient, MakeClient

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = serialization.Encoding.PEM
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()

PKCS1_TEXT = KEY.private_bytes(PEM, PKCS1, PLAIN).decode()
PKCS8_TEXT = KEY.private_bytes(PEM, PKCS8, PLAIN).decode()
PUBLIC_TEXT = KEY.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

NOW = 1790000000.0

GET_INSTALLATION = "GET /orgs/octo-org/installation"
CREATE_TOKEN = "POST /app/installations/1001/access_tokens"
CREATE_REGISTRATION_TOKEN = "POST /orgs/octo-org/actions/runners/registration-token"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistrationServer]:
    """GitHub's side, which verifies the signatures."""
    monkeypatch.setenv("RUNNER_REGISTRATION_BACKOFF", "0.002")
    with RegistrationServer(app_public_key=PUBLIC_TEXT) as server:
        yield server


@pytest.fixture
def app() -> GitHubApp:
    return GitHubApp("Iv23liABCDEFGHIJKLMN", PKCS1_TEXT)


@pytest.fixture
def app_client(app: GitHubApp, github: RegistrationServer, make_client: MakeClient) -> AnyClient:
    return make_client(github.url, app)


def lines(server: RegistrationServer) -> list[str]:
    return [f"{request.method} {request.path}" for request in server.requests]


# Keys


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


KEY_FORMS: dict[str, Any] = {
    "PKCS#1": PKCS1_TEXT,
    "PKCS#8": PKCS8_TEXT,
    "literal \\n": PKCS1_TEXT.replace("\n", "\\n"),
    "literal \\r\\n": PKCS1_TEXT.replace("\n", "\\r\\n"),
    "CRLF": PKCS1_TEXT.replace("\n", "\r\n"),
    "double quotes": f'"{PKCS1_TEXT}"',
    "single quotes and literal \\n": "'" + PKCS8_TEXT.replace("\n", "\\n") + "'",
    "BOM": "\ufeff" + PKCS1_TEXT,
    "indentation": indented(PKCS8_TEXT),
    "blank lines around": f"\n\n{PKCS1_TEXT}\n\n",
    "no line break at the end": PKCS1_TEXT.strip(),
    "base64": base64.b64encode(PKCS1_TEXT.encode()).decode(),
    "wrapped base64": base64.encodebytes(PKCS1_TEXT.encode()).decode(),
    "base64 of literal \\n": base64.b64encode(PKCS1_TEXT.replace("\n", "\\n").encode()).decode(),
    "quoted base64": f'"{base64.b64encode(PKCS8_TEXT.encode()).decode()}"',
    "bytes": PKCS1_TEXT.encode(),
    "a callable": lambda: PKCS1_TEXT,
    "a callable of bytes": PKCS8_TEXT.encode,
}


@pytest.mark.parametrize("form", KEY_FORMS)
def test_accepts_a_key_in_every_form_in_which_keys_are_kept(form: str) -> None:
    token = GitHubApp("Iv1.1234", KEY_FORMS[form]).jwt(NOW)
    pyjwt.decode(token, PUBLIC_TEXT, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})


def test_reads_a_key_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "app.private-key.pem"
    path.write_text(PKCS1_TEXT)
    for key in (path, str(path)):
        assert GitHubApp(123456, key).jwt(NOW).count(".") == 2


def encrypted(form: serialization.PrivateFormat) -> str:
    return KEY.private_bytes(PEM, form, serialization.BestAvailableEncryption(b"secret")).decode()


EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
OPENSSH = serialization.PrivateFormat.OpenSSH

UNUSABLE_KEYS = {
    "empty": ("", "is empty"),
    "white space": (" \n ", "is empty"),
    "only the first line": (PKCS1_TEXT.splitlines()[0], "its last line is missing"),
    "the last line is missing": ("\n".join(PKCS1_TEXT.splitlines()[:-1]), "its last line is missing"),
    "public key": (PUBLIC_TEXT, "is a public key"),
    "certificate": ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "is a certificate"),
    "encrypted PKCS#1": (encrypted(PKCS1), "is encrypted"),
    "encrypted PKCS#8": (encrypted(PKCS8), "is encrypted"),
    "OpenSSH": (KEY.private_bytes(PEM, OPENSSH, PLAIN).decode(), "is in OpenSSH's format"),
    "elliptic curve": (EC_KEY.private_bytes(PEM, PKCS1, PLAIN).decode(), "is an elliptic-curve key"),
    "not PEM": ("hunter2hunter2", "is not PEM text"),
    "a fingerprint": ("SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCD=", "is not PEM text"),
    "a missing file": (Path("missing.pem"), "cannot be read: No such file or directory"),
    "a missing file as text": ("/nowhere/app.pem", "cannot be read: No such file or directory"),
    "a folder": (Path("/"), "cannot be read: Is a directory"),
    "a number": (42, "is int, not a string, bytes or a path"),
}


@pytest.mark.parametrize("case", UNUSABLE_KEYS)
def test_says_what_is_wrong_with_a_key_before_any_request(case: str) -> None:
    key, says = UNUSABLE_KEYS[case]
    with pytest.raises(rr.CredentialError) as caught:
        GitHubApp("Iv1.1234", key)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - wrong on purpose
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(key)) < 8 or str(key) not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        pytest.param(
            EC_KEY.private_bytes(PEM, PKCS8, PLAIN).decode(), "is not an RSA key", id="elliptic curve, PKCS#8"
        ),
        pytest.param(ED_KEY.private_bytes(PEM, PKCS8, PLAIN).decode(), "is not an RSA key", id="Ed25519"),
        pytest.param(PKCS1_TEXT.replace("M", "N", 40), "is damaged", id="damaged"),
        pytest.param(lambda: "", "is empty", id="a callable that returns nothing"),
        pytest.param(lambda: None, "is NoneType, not a string", id="a callable that returns None"),
    ],
)
def test_says_what_is_wrong_with_a_key_that_only_signing_shows(
    key: Any, says: str, github: RegistrationServer, make_client: MakeClient
) -> None:
    client = make_client(github.url, GitHubApp("Iv1.1234", key))
    with pytest.raises(rr.CredentialError, match=says):
        client.registration_token("octo-org")
    assert github.requests == []


def test_a_callable_is_called_at_each_sign_in(github: RegistrationServer, make_client: MakeClient) -> None:
    calls: list[str] = []

    def key() -> str:
        calls.append("called")
        return PKCS1_TEXT

    client = make_client(github.url, GitHubApp("Iv1.1234", key, installation_id=1001))
    client.create_registration_token_for_org("octo-org")
    client.create_registration_token_for_org("octo-org")
    assert calls == ["called"]
    github.use("app_token_revoked")
    client.create_registration_token_for_org("octo-org")
    assert calls == ["called"] * 2


def test_cryptography_is_needed_only_for_a_private_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        return None

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    with pytest.raises(rr.CredentialError, match=r"pip install 'runner-registration\[app\]'"):
        GitHubApp("Iv1.1234", PKCS1_TEXT)
    GitHubApp("Iv1.1234", sign=bytes)


@pytest.mark.parametrize("client_id", ["", " ", 0, -1, "two words", "app/1"])
def test_refuses_what_cannot_be_a_client_id(client_id: str | int) -> None:
    with pytest.raises(rr.CredentialError, match="The client ID of the GitHub App is empty or not valid"):
        GitHubApp(client_id, PKCS1_TEXT)


def test_a_key_is_loaded_again_only_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [PKCS1_TEXT, PKCS1_TEXT, PKCS8_TEXT]
    loaded: list[str] = []
    load = _private_keys.load

    def noted(text: str, name: str) -> Any:
        loaded.append(text)
        return load(text, name)

    monkeypatch.setattr(_private_keys, "load", noted)
    app = GitHubApp("Iv1.1234", lambda: keys.pop(0))
    for _ in range(3):
        app.jwt(NOW)
    assert len(loaded) == 2


# The JWT


def test_the_jwt_is_as_github_requires_it() -> None:
    app = GitHubApp(123456, PKCS1_TEXT)
    tokens = [app.jwt(NOW) for _ in range(2)]
    decoded = [
        pyjwt.decode_complete(
            token, PUBLIC_TEXT, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
        for token in tokens
    ]
    claims = decoded[0]["payload"]
    assert (claims["iss"], claims["iat"], claims["exp"]) == ("123456", NOW - 60, NOW + 540)
    assert decoded[0]["header"] == {"alg": "RS256", "typ": "JWT"}
    assert decoded[0]["payload"]["jti"] != decoded[1]["payload"]["jti"]


def test_a_sign_that_returns_text_is_an_error(github: RegistrationServer, make_client: MakeClient) -> None:
    wrong: Any = str  # its type is wrong on purpose
    client = make_client(github.url, GitHubApp("Iv1.1234", sign=wrong))
    with pytest.raises(rr.CredentialError, match="sign returned str"):
        client.registration_token("octo-org")


# The sign-in


def test_signs_in_once_for_each_organization(app_client: AnyClient, github: RegistrationServer) -> None:
    for org in ("octo-org", "Octo-Org", "github"):
        app_client.create_registration_token_for_org(org)
    assert [line for line in lines(github) if "registration-token" not in line] == [
        GET_INSTALLATION,
        CREATE_TOKEN,
        "GET /orgs/github/installation",
        "POST /app/installations/1002/access_tokens",
    ]
    assert json.loads(github.requests[1].body) == {"permissions": {"organization_self_hosted_runners": "write"}}


@pytest.mark.parametrize("scenario", ["app_clock_skew", "app_clock_skew_behind"])
def test_corrects_its_clock_once_by_the_servers_date(
    scenario: str, app_client: AnyClient, github: RegistrationServer
) -> None:
    github.use(scenario)
    app_client.create_registration_token_for_org("octo-org")
    app_client.create_registration_token_for_org("github")
    assert lines(github)[:2] == [GET_INSTALLATION] * 2
    assert lines(github).count("GET /orgs/github/installation") == 1


def test_waits_until_a_new_token_is_replicated(app_client: AnyClient, github: RegistrationServer) -> None:
    github.use("app_token_not_replicated")
    app_client.registration_token("octo-org")
    assert lines(github) == [GET_INSTALLATION, CREATE_TOKEN, CREATE_REGISTRATION_TOKEN, CREATE_REGISTRATION_TOKEN]


def test_waits_for_replication_no_longer_than_max_wait(
    app: GitHubApp, github: RegistrationServer, make_client: MakeClient
) -> None:
    github.use("bad_credentials")
    with pytest.raises(rr.AuthenticationError):
        make_client(github.url, app, max_wait=0).registration_token("octo-org")
    assert lines(github).count(CREATE_REGISTRATION_TOKEN) == 1


@pytest.mark.parametrize("scenario", ["bad_credentials", "missing_app_permission"])
def test_has_the_same_patience_with_a_callable_that_returns_a_new_installation_token(
    scenario: str, github: RegistrationServer, make_client: MakeClient
) -> None:
    github.use(scenario, "created")
    client = make_client(github.url, lambda: "ghs_" + "a" * 36)
    client.registration_token("octo-org")
    assert lines(github) == [CREATE_REGISTRATION_TOKEN] * 2


def test_signs_in_again_when_the_token_is_revoked(app_client: AnyClient, github: RegistrationServer) -> None:
    app_client.create_registration_token_for_org("octo-org")
    github.use("app_token_revoked")
    app_client.create_registration_token_for_org("octo-org")
    # It is still new, so the first refusals may mean that it is not replicated.
    assert lines(github)[3:] == [CREATE_REGISTRATION_TOKEN] * 3 + [CREATE_TOKEN, CREATE_REGISTRATION_TOKEN]


REFUSALS = {
    "app_not_installed": (rr.NotFoundError, "The GitHub App is not installed on the organization octo-org."),
    "app_suspended": (rr.PermissionDeniedError, "of the GitHub App for the organization octo-org is suspended"),
    "app_permission_missing": (rr.UnprocessableEntityError, '"Self-hosted runners: Read and write"'),
    "app_jwt_invalid": (rr.AuthenticationError, "the client ID and the private key belong to the same GitHub App"),
    "bad_gateway": (rr.InternalServerError, "502 Bad Gateway"),
    "sso_required": (rr.SSORequiredError, "single sign-on"),
}


@pytest.mark.parametrize("scenario", REFUSALS)
def test_says_what_is_wrong_with_the_app(scenario: str, app_client: AnyClient, github: RegistrationServer) -> None:
    error, says = REFUSALS[scenario]
    github.use(scenario)
    with pytest.raises(error) as caught:
        app_client.registration_token("octo-org")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_installation_that_was_replaced_is_looked_up_again(app: GitHubApp) -> None:
    installations = iter((1, 2))
    tokens = iter(("first", "second"))
    now = "2030-01-01T00:00:00Z"

    def github(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"id": next(installations)})
        if request.url.path.endswith("/1/access_tokens") and calls:
            return httpx.Response(404, json={"message": "Not Found"})
        if request.url.path.endswith("access_tokens"):
            return httpx.Response(201, json={"token": f"ghs_{next(tokens)}", "expires_at": now})
        calls.append(request.headers["authorization"])
        return httpx.Response(201, json={"token": "TOKEN", "expires_at": now})

    calls: list[str] = []
    transport = httpx.MockTransport(github)
    client = rr.Client(app, http_client=httpx.Client(transport=transport))
    client.create_registration_token_for_org("octo-org")
    client._app._tokens.clear()  # type: ignore[union-attr] # pyright: ignore[reportOptionalMemberAccess] - as an hour later
    client.create_registration_token_for_org("octo-org")
    assert calls == ["Bearer ghs_first", "Bearer ghs_second"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": "1001"}', b'{"id": true}', b'{"id": null}', b"<html></html>"]
)
def test_an_installation_that_breaks_the_contract_is_an_error(body: bytes, app: GitHubApp) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = rr.Client(app, http_client=httpx.Client(transport=transport))
    with pytest.raises(rr.InvalidResponseError, match="GET /orgs/octo-org/installation"):
        client.registration_token("octo-org")


# Many at once


def test_50_threads_over_two_organizations_sign_in_once_for_each(app: GitHubApp, github: RegistrationServer) -> None:
    start = threading.Barrier(50)

    def call(number: int) -> str:
        start.wait()
        return client.create_registration_token_for_org(f"org-{number % 2}").token

    with rr.Client(app, base_url=github.url, verify=TRUST) as client, ThreadPoolExecutor(50) as pool:
        assert len(set(pool.map(call, range(50)))) == 50
    assert len([line for line in lines(github) if "access_tokens" in line]) == 2
    assert len([line for line in lines(github) if line.endswith("/installation")]) == 2


@pytest.mark.parametrize("seed", range(3))
def test_tasks_that_are_cancelled_at_random_points_leave_one_sign_in_for_the_others(
    seed: int, app: GitHubApp, github: RegistrationServer
) -> None:
    source = random.Random(seed)  # noqa: S311 - not a secret

    async def main() -> None:
        async with rr.AsyncClient(app, base_url=github.url, verify=TRUST) as client:

            async def call() -> rr.AuthenticationToken:
                await asyncio.sleep(source.random() / 100)
                return await client.create_registration_token_for_org("octo-org")

            async def cancel(task: asyncio.Task[rr.AuthenticationToken]) -> None:
                await asyncio.sleep(source.random() / 50)
                task.cancel()

            tasks = [asyncio.create_task(call()) for _ in range(50)]
            await asyncio.gather(*map(cancel, tasks[:40]))
            assert len({token.token for token in await asyncio.gather(*tasks[40:])}) == 10
            await client.create_registration_token_for_org("octo-org")

    asyncio.run(main())
    assert lines(github).count(GET_INSTALLATION) == 1
    assert lines(github).count(CREATE_TOKEN) == 1


def test_a_thread_that_is_interrupted_while_signing_in_leaves_it_to_another(github: RegistrationServer) -> None:
    interrupted: list[int] = []

    def sign(message: bytes) -> bytes:
        if not interrupted:
            interrupted.append(threading.get_ident())
            raise KeyboardInterrupt
        return KEY.sign(message, PKCS1v15(), SHA256())

    def call(_: int) -> str:
        start.wait()
        try:
            return client.create_registration_token_for_org("octo-org").token
        except KeyboardInterrupt:
            return "interrupted"

    start = threading.Barrier(20)
    app = GitHubApp("Iv1.1234", sign=sign)
    with rr.Client(app, base_url=github.url, verify=TRUST) as client, ThreadPoolExecutor(20) as pool:
        results = list(pool.map(call, range(20)))
    assert results.count("interrupted") == 1
    assert len(set(results)) == 20
    assert lines(github).count(CREATE_TOKEN) == 1


# Secrets


def test_no_repr_shows_the_key(app: GitHubApp) -> None:
    client = rr.Client(app, base_url="https://ghes.example")
    assert repr(app) == "<GitHubApp Iv23liABCDEFGHIJKLMN>"
    assert "PRIVATE" not in repr(client)
    with pytest.raises(TypeError, match="cannot be pickled"):
        __import__("pickle").dumps(app)


# The environment

KEY_VARIABLE = {"GITHUB_APP_PRIVATE_KEY": PKCS1_TEXT}


ID = {"GITHUB_APP_ID": "1"}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        (ID, "Missing: GITHUB_APP_PRIVATE_KEY or GITHUB_APP_PRIVATE_KEY_PATH. Found: GITHUB_APP_ID."),
        (KEY_VARIABLE, "Missing: GITHUB_APP_CLIENT_ID or GITHUB_APP_ID. Found: GITHUB_APP_PRIVATE_KEY."),
        ({"GITHUB_APP_INSTALLATION_ID": "7"}, "GITHUB_APP_PRIVATE_KEY_PATH. Found: GITHUB_APP_INSTALLATION_ID."),
        ({**ID, **KEY_VARIABLE, "GITHUB_APP_INSTALLATION_ID": "x"}, "must be the number"),
        ({**ID, **KEY_VARIABLE, "GITHUB_APP_INSTALLATION_ID": "0"}, "must be the number"),
        ({**ID, **KEY_VARIABLE, "GITHUB_APP_INSTALLATION_ID": "9" * 5000}, "must be the number"),
        ({**ID, "GITHUB_APP_PRIVATE_KEY_PATH": "/nowhere.pem"}, "GITHUB_APP_PRIVATE_KEY_PATH cannot be read: No such"),
        ({**ID, "GITHUB_APP_PRIVATE_KEY": PUBLIC_TEXT}, "private key in GITHUB_APP_PRIVATE_KEY is a public key"),
        ({**ID, "GITHUB_APP_PRIVATE_KEY_PATH": PKCS1_TEXT}, "KEY_PATH is the key itself, not a path"),
        ({"GITHUB_APP_ID": "1 2", **KEY_VARIABLE}, "The client ID in GITHUB_APP_ID is empty or not valid"),
    ],
)
def test_half_a_configuration_is_an_error_and_never_a_fallback(environ: dict[str, str], says: str) -> None:
    environ = {"GH_TOKEN": "ghp_other", **environ}
    with pytest.raises(rr.CredentialError, match=says):
        resolve_credential(None, base_url="https://api.github.com", allow_http=False, environ=environ)


def test_quotes_around_variables_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "app.pem"
    path.write_text(PKCS1_TEXT)
    environ = {
        "GITHUB_APP_CLIENT_ID": "'Iv1.1234'",
        "GITHUB_APP_PRIVATE_KEY_PATH": f'"{path}"',
        "GITHUB_APP_INSTALLATION_ID": '"7"',
    }
    found = resolve_credential(None, base_url="https://api.github.com", allow_http=False, environ=environ)
    assert isinstance(found, GitHubApp)
    assert found.identity == ("Iv1.1234", "7")


def test_names_the_variable_of_a_key_that_only_signing_shows_to_be_wrong(
    github: RegistrationServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_APP_ID", "1")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY", PKCS1_TEXT.replace("M", "N", 40))
    client = make_client(github.url, None)
    with pytest.raises(rr.CredentialError, match="The private key in GITHUB_APP_PRIVATE_KEY is damaged"):
        client.registration_token("octo-org")


COMPLETE = {"GITHUB_APP_CLIENT_ID": "Iv1.1234", **KEY_VARIABLE, "GH_TOKEN": "ghp_other", "GH_ENTERPRISE_TOKEN": "other"}


@pytest.mark.parametrize(
    ("base_url", "environ", "is_used"),
    [
        ("https://api.github.com", {}, True),
        ("https://api.acme.ghe.com", {}, True),
        ("http://127.0.0.1:8080", {}, True),
        ("https://ghes.example/api/v3", {"GITHUB_API_URL": "https://ghes.example/api/v3"}, True),
        ("https://ghes.example/api/v3", {}, False),
        ("https://api.github.com.evil.example/api/v3", {}, False),
    ],
)
def test_an_app_is_used_for_the_hosts_that_it_is_meant_for(
    base_url: str,
    environ: dict[str, str],
    is_used: bool,  # noqa: FBT001 - a column of the table
) -> None:
    found = resolve_credential(None, base_url=base_url, allow_http=False, environ={**COMPLETE, **environ})
    assert isinstance(found, GitHubApp) is is_used
