"""The sign-in of a GitHub App against Prism, which serves GitHub's description of its two requests.

The call that follows is in the same contract, so one Prism responds to all three requests.
"""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import runner_registration as rr
from pipeline import documents
from pipeline.layout import HERE
from runner_registration.testing import PrismServer

from .described import CONTRACT, resolved

APP = documents.load(HERE.app.contract)
PERMISSION = "organization_self_hosted_runners"
TOKEN_PATH = "/app/installations/{installation_id}/access_tokens"

GET_INSTALLATION = ("GET", "/orgs/octo-org/installation")
CREATE_TOKEN = ("POST", "/app/installations/1/access_tokens")
CREATE_REGISTRATION_TOKEN = ("POST", "/orgs/octo-org/actions/runners/registration-token")

TRUST = ssl.create_default_context()  # one for all tests, as it takes long to make
KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    .decode()
)


def combined() -> dict[str, Any]:
    """Return both contracts as one that accepts only the request fields and values in GitHub's description."""
    contract = copy.deepcopy(APP)
    described = copy.deepcopy(CONTRACT)
    contract["paths"] |= described["paths"]
    for kind, components in described["components"].items():
        contract["components"].setdefault(kind, {})
        for name, component in components.items():
            assert contract["components"][kind].setdefault(name, component) == component
    # The contract has no enums, so that new values can be read. A value that is sent has to be one of GitHub's.
    permissions = copy.deepcopy(documents.load(HERE.app.slice)["components"]["schemas"]["app-permissions"])
    assert permissions["properties"][PERMISSION]["enum"] == ["read", "write"]
    contract["components"]["schemas"]["app-permissions"] = permissions
    (media,) = contract["paths"][TOKEN_PATH]["post"]["requestBody"]["content"].values()
    for schema in (media["schema"], permissions):
        assert schema.setdefault("additionalProperties", False) is False
    return contract


def example(name: str) -> dict[str, Any]:
    """Return GitHub's own example of a response."""
    return dict(APP["components"]["examples"][name]["value"])


@pytest.fixture(scope="module")
def _prism_session(prism_mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrismServer]:
    contract = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    contract.write_text(json.dumps(combined()), encoding="utf-8")  # JSON is YAML
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PRISM_URL", raising=False)  # a Prism that is running already serves another contract
        with PrismServer(contract, mode=prism_mode if prism_mode in {"docker", "node"} else "auto") as server:
            yield server


class Exchange(NamedTuple):
    request: httpx.Request
    response: httpx.Response

    @property
    def violations(self) -> list[Any]:
        """What Prism finds wrong with the request, or with its own response."""
        return list(json.loads(self.response.headers.get("sl-violations", "[]")))


class Wire:
    """What a client sends and receives, recorded by httpx's event hooks."""

    def __init__(self, prefer: dict[tuple[str, str], str] | None = None) -> None:
        self._prefer = prefer or {}
        self.exchanges: list[Exchange] = []

    def sends(self, request: httpx.Request) -> None:
        """Have Prism choose a response, as the test wants it."""
        chosen = self._prefer.get((request.method, request.url.path))
        if chosen:
            request.headers["Prefer"] = chosen

    def receives(self, response: httpx.Response) -> None:
        """Drop the headers that GitHub sends for a person's token only: Prism sends all that a status documents."""
        if response.is_error:
            for name in ("X-GitHub-SSO", "X-OAuth-Scopes", "X-Accepted-OAuth-Scopes"):
                response.headers.pop(name, None)
        self.exchanges.append(Exchange(response.request, response))

    async def asends(self, request: httpx.Request) -> None:
        self.sends(request)

    async def areceives(self, response: httpx.Response) -> None:
        self.receives(response)

    @property
    def requests(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.path) for request, _ in self.exchanges]


def call_sync(prism: PrismServer, wire: Wire) -> rr.AuthenticationToken:
    hooks: dict[str, list[Any]] = {"request": [wire.sends], "response": [wire.receives]}
    app = rr.GitHubApp("Iv23liABCDEFGHIJKLMN", KEY)
    with (
        httpx.Client(event_hooks=hooks, verify=TRUST) as http,
        rr.Client(app, base_url=prism.url, http_client=http, max_retries=0) as client,
    ):
        return client.registration_token("octo-org")


def call_async(prism: PrismServer, wire: Wire) -> rr.AuthenticationToken:
    async def call() -> rr.AuthenticationToken:
        hooks: dict[str, list[Any]] = {"request": [wire.asends], "response": [wire.areceives]}
        app = rr.GitHubApp("Iv23liABCDEFGHIJKLMN", KEY)
        async with (
            httpx.AsyncClient(event_hooks=hooks, verify=TRUST) as http,
            rr.AsyncClient(app, base_url=prism.url, http_client=http, max_retries=0) as client,
        ):
            return await client.registration_token("octo-org")

    return asyncio.run(call())


MakeCall = Callable[[PrismServer, Wire], rr.AuthenticationToken]
both_clients = pytest.mark.parametrize(
    "call", [pytest.param(call_sync, id="Client"), pytest.param(call_async, id="AsyncClient")]
)


@both_clients
def test_signs_in_with_requests_that_github_describes(prism: PrismServer, call: MakeCall) -> None:
    wire = Wire()
    token = call(prism, wire)
    assert wire.requests == [GET_INSTALLATION, CREATE_TOKEN, CREATE_REGISTRATION_TOKEN]
    assert [(one.response.status_code, one.violations) for one in wire.exchanges] == [(200, []), (201, []), (201, [])]
    assert json.loads(wire.exchanges[1].request.content) == {"permissions": {PERMISSION: "write"}}
    assert token.token == CONTRACT["components"]["examples"]["authentication-token"]["value"]["token"]


@both_clients
def test_reads_githubs_own_examples(prism: PrismServer, call: MakeCall) -> None:
    wire = Wire()
    call(prism, wire)
    create_token, create_registration_token = wire.exchanges[1].request, wire.exchanges[2].request
    assert create_token.url.path.split("/")[3] == str(example("installation")["id"])
    assert create_registration_token.headers["Authorization"] == f"Bearer {example('installation-token')['token']}"


@pytest.mark.parametrize(
    ("schema", "field", "kind"),
    [
        ("installation", "id", {"type": "integer"}),
        ("installation-token", "token", {"type": "string"}),
        ("installation-token", "expires_at", {"type": "string"}),
    ],
)
def test_the_fields_that_it_reads_are_in_every_response(schema: str, field: str, kind: dict[str, str]) -> None:
    described = APP["components"]["schemas"][schema]
    assert field in described["required"]
    assert described["properties"][field].items() >= kind.items()


def test_expires_at_is_what_it_is_read_as() -> None:
    assert datetime.fromisoformat(example("installation-token")["expires_at"]).tzinfo is not None


# What this Prism refuses. If one of these were accepted, the tests above would say less than they seem to.

MISTAKES: dict[str, tuple[tuple[str, str], dict[str, Any], int]] = {
    "another path": (GET_INSTALLATION, {"path": "/orgs/octo-org/installation_id"}, 404),
    "no JWT": (GET_INSTALLATION, {"headers": {"Authorization": ""}}, 401),
    "name in place of the installation's id": (CREATE_TOKEN, {"path": "/app/installations/o/access_tokens"}, 422),
    "another field": (CREATE_TOKEN, {"json": {"permission": {PERMISSION: "write"}}}, 422),
    "another permission": (CREATE_TOKEN, {"json": {"permissions": {"self_hosted_runners": "write"}}}, 422),
    "another level": (CREATE_TOKEN, {"json": {"permissions": {PERMISSION: "admin"}}}, 422),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_this_prism_refuses_a_request_with_one_mistake(prism: PrismServer, mistake: str) -> None:
    wire = Wire()
    call_sync(prism, wire)
    sent, change, status = MISTAKES[mistake]
    request = next(one.request for one in wire.exchanges if (one.request.method, one.request.url.path) == sent)
    kept = {name: value for name, value in request.headers.items() if name not in {"content-length", "host"}}
    content = json.dumps(change["json"]).encode() if "json" in change else request.content
    response = httpx.request(
        request.method,
        prism.url + change.get("path", request.url.path),
        headers={**kept, **{name.lower(): value for name, value in change.get("headers", {}).items()}},
        content=content,
    )
    assert response.status_code == status, response.text


# Errors


class Error(NamedTuple):
    """A documented error of one of the two requests."""

    request: tuple[str, str]
    status: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.request[0]}-{self.status}-{self.name}"


ERRORS = [
    Error(request, status, name, resolved(body, APP)["value"]["message"])
    for request, operation in (
        (GET_INSTALLATION, APP["paths"]["/orgs/{org}/installation"]["get"]),
        (CREATE_TOKEN, APP["paths"][TOKEN_PATH]["post"]),
    )
    for status, response in operation["responses"].items()
    if int(status) >= 400
    for name, body in resolved(response, APP)["content"]["application/json"]["examples"].items()
]

KINDS: dict[str, type[rr.APIStatusError]] = {
    "401": rr.AuthenticationError,
    "403": rr.PermissionDeniedError,
    "404": rr.NotFoundError,
    "422": rr.UnprocessableEntityError,
    "429": rr.RateLimitError,
    "primary_rate_limit": rr.RateLimitError,
    "secondary_rate_limit": rr.RateLimitError,
    "sso_required": rr.SSORequiredError,
}


NOT_GRANTED = "The installation 1 for the organization octo-org does not have the organization permission "
MEANS = {
    "GET-401-bad_credentials": "The server does not accept the app's JWT: ",
    "POST-401-bad_credentials": "The server does not accept the app's JWT: ",
    "GET-404-not_found": "The GitHub App is not installed on the organization octo-org. ",
    "POST-404-not_found": "The GitHub App has no installation 1. ",
    "POST-403-installation_suspended": (
        "The installation 1 of the GitHub App for the organization octo-org is suspended. "
    ),
    "POST-403-missing_app_permission": NOT_GRANTED,
    "POST-422-invalid_request": NOT_GRANTED,
}
"""How the message starts: with what the error means for the app."""


def test_each_meaning_is_of_a_documented_error() -> None:
    assert MEANS.keys() <= set(map(str, ERRORS))


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_every_documented_error_is_raised_as_what_it_is(prism: PrismServer, error: Error) -> None:
    wire = Wire({error.request: f"code={error.status}, example={error.name}"})
    kind = KINDS.get(error.name) or KINDS.get(error.status, rr.InternalServerError)
    with pytest.raises(kind) as caught:
        call_sync(prism, wire)
    assert type(caught.value) is kind
    assert wire.requests[-1] == error.request
    failed = wire.exchanges[-1]
    assert failed.violations == []
    assert str(caught.value.status_code) == error.status
    assert " ".join(error.request) in str(caught.value)
    assert error.message in str(caught.value)
    assert str(caught.value).startswith(MEANS.get(str(error), ""))
    assert str(error) not in MEANS or "scope" not in str(caught.value)  # a JWT has none
    assert failed.request.headers["Authorization"].removeprefix("Bearer ") not in str(caught.value)
