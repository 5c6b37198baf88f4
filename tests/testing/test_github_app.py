"""The two requests of a GitHub App's sign-in: what `RegistrationServer` responds, and how it checks a JWT."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runner_registration.testing import RegistrationServer

from . import conftest

PERMISSIONS = {"organization_self_hosted_runners": "write"}
CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "openapi/app/openapi.yaml").read_bytes())


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class App(NamedTuple):
    """A GitHub App, as a client."""

    http: httpx.Client

    def sign(
        self, key: Any = KEY, algorithm: str = "RS256", *, iat: float = -60, exp: float = 540, **claims: Any
    ) -> str:
        """Sign a JWT; ``iat`` and ``exp`` are seconds from now."""
        now = int(time.time())
        valid = {"iss": "Iv1.app", "iat": now + iat, "exp": now + exp, "jti": str(uuid4())}
        return jwt.encode({**valid, **claims}, key, algorithm)

    def installation(self, org: str = "octo-org", token: str | None = None) -> httpx.Response:
        return self.http.get(f"/orgs/{org}/installation", headers={"Authorization": f"Bearer {token or self.sign()}"})

    def access_token(self, number: object, token: str | None = None, json: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.sign()}"}
        return self.http.post(f"/app/installations/{number}/access_tokens", headers=headers, json=json)

    def sign_in(self, org: str = "octo-org") -> str:
        number = self.installation(org).json()["id"]
        return str(self.access_token(number, json={"permissions": PERMISSIONS}).json()["token"])

    def register(self, token: str, org: str = "octo-org") -> httpx.Response:
        path = f"/orgs/{org}/actions/runners/registration-token"
        return self.http.post(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def server() -> Iterator[RegistrationServer]:
    with RegistrationServer(app_public_key=public_pem(KEY)) as server:
        yield server


@pytest.fixture
def app(server: RegistrationServer) -> Iterator[App]:
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        yield App(http)


def violations(schema: str, value: Any) -> list[str]:
    return conftest.violations({"$ref": f"#/components/schemas/{schema}"}, value, CONTRACT["components"])


def test_the_responses_are_those_that_github_documents(app: App) -> None:
    installation = app.installation()
    assert installation.status_code == 200
    assert violations("installation", installation.json()) == []
    assert installation.json()["account"]["login"] == "octo-org"
    assert "x-github-request-id" in installation.headers
    created = app.access_token(installation.json()["id"], json={"permissions": PERMISSIONS})
    assert created.status_code == 201
    assert violations("installation-token", created.json()) == []
    assert created.json()["permissions"] == PERMISSIONS
    left = datetime.fromisoformat(created.json()["expires_at"]) - parsedate_to_datetime(created.headers["Date"])
    assert timedelta(hours=1) <= left < timedelta(hours=1, seconds=1)


def test_each_token_is_its_own_and_works_for_its_organization_only(server: RegistrationServer, app: App) -> None:
    one, two, again = app.sign_in("one"), app.sign_in("two"), app.sign_in("one")
    assert len({one, two, again}) == 3
    assert [app.register(one, "one").status_code, app.register(again, "ONE").status_code] == [201, 201]
    assert [app.register(one, "two").status_code, app.register(two, "one").status_code] == [404, 404]
    assert app.register("ghp_a-personal-token", "two").status_code == 201
    assert len(server.tokens()) == 3  # registration tokens, not installation tokens
    server.assert_requested(5)
    assert all(token not in repr(server.requests) for token in (one, two, again))
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer ***"}


def test_an_installation_id_that_the_client_knows_from_elsewhere_works(app: App) -> None:
    token = app.access_token(7).json()["token"]
    assert app.register(token, "one").status_code == app.register(token, "two").status_code == 201


@pytest.mark.parametrize(
    ("signed", "message"),
    [
        pytest.param("not-a-jwt", "could not be decoded", id="not a JWT"),
        pytest.param("a.b.c", "could not be decoded", id="not base64"),
        pytest.param("e30.e30.e30", "could not be decoded", id="no algorithm"),
        pytest.param({"key": OTHER_KEY}, "could not be decoded", id="another key"),
        pytest.param({"key": "s" * 32, "algorithm": "HS256"}, "could not be decoded", id="another algorithm"),
        pytest.param({"key": None, "algorithm": "none"}, "could not be decoded", id="no signature"),
        pytest.param({"iat": -60.5}, "'iat'", id="iat with a fraction"),
        pytest.param({"iat": 90}, "'iat'", id="iat in the future"),
        pytest.param({"exp": -1}, "future time", id="expired"),
        pytest.param({"exp": 660}, "too far in the future", id="exp too late"),
        pytest.param({"iss": ""}, "'iss'", id="no issuer"),
    ],
)
def test_a_wrong_jwt_is_refused_with_githubs_message(signed: str | dict[str, Any], message: str, app: App) -> None:
    tokens = [signed if isinstance(signed, str) else app.sign(**signed) for _ in range(2)]
    for response in (app.installation(token=tokens[0]), app.access_token(7, token=tokens[1])):
        assert response.status_code == 401
        assert message in response.json()["message"]


def test_a_jwt_cannot_be_used_twice_for_the_same_request(app: App) -> None:
    token = app.sign()
    assert app.installation(token=token).status_code == 200
    assert app.access_token(7, token=token).status_code == 201
    assert app.installation(token=token).status_code == 404
    assert app.access_token(7, token=token).status_code == 404


def test_without_a_public_key_any_signature_is_accepted() -> None:
    with RegistrationServer() as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        app = App(http)
        assert app.installation(token=app.sign(OTHER_KEY)).status_code == 200
        assert app.installation(token=app.sign(OTHER_KEY, exp=-1)).status_code == 401
        server.app_public_key = public_pem(KEY)
        assert app.installation(token=app.sign(OTHER_KEY)).status_code == 401
        assert app.installation().status_code == 200


@pytest.mark.parametrize(
    ("scenario", "installation", "access_token"),
    [
        ("created", 200, 201),
        ("not_found", 200, 201),
        ("app_not_installed", 404, 404),
        ("app_suspended", 200, 403),
        ("app_permission_missing", 200, 422),
        ("app_jwt_invalid", 401, 401),
        ("app_clock_skew", 401, 401),
        ("app_clock_skew_behind", 401, 401),
        ("app_token_not_replicated", 200, 201),
        ("app_token_revoked", 200, 201),
    ],
)
def test_scenarios_of_the_sign_in(
    scenario: str, installation: int, access_token: int, server: RegistrationServer, app: App
) -> None:
    number = app.installation().json()["id"]
    other = app.installation("other-org").json()["id"]
    server.use(scenario, org="octo-org")
    assert app.installation().status_code == installation
    assert app.access_token(number, json={"permissions": PERMISSIONS}).status_code == access_token
    assert app.access_token(other, json={"permissions": PERMISSIONS}).status_code == 201
    server.use("created", org="octo-org")
    assert app.access_token(number).status_code == 201


def test_a_suspended_installation_says_so_in_both_responses(server: RegistrationServer, app: App) -> None:
    token = app.sign_in()
    server.use("app_suspended")
    installation = app.installation().json()
    assert installation["suspended_at"] is not None
    assert violations("installation", installation) == []
    assert "suspended" in app.access_token(7).json()["message"]
    assert "suspended" in app.register(token).json()["message"]


def test_without_the_permission_a_token_does_not_register(server: RegistrationServer, app: App) -> None:
    server.use("app_permission_missing")
    assert app.installation().json()["permissions"] == {"metadata": "read"}
    response = app.access_token(7, json={"permissions": PERMISSIONS})
    assert response.json()["message"] == "The permissions requested are not granted to this installation."
    assert app.register(app.access_token(7).json()["token"]).status_code == 403


@pytest.mark.parametrize(("scenario", "hours"), [("app_clock_skew", 1), ("app_clock_skew_behind", -1)])
def test_a_client_that_corrects_its_clock_gets_a_token(
    scenario: str, hours: int, server: RegistrationServer, app: App
) -> None:
    server.use(scenario)
    refused = app.installation()
    assert refused.status_code == 401
    skew = parsedate_to_datetime(refused.headers["Date"]).timestamp() - time.time()
    assert abs(skew - hours * 3600) < 60
    iat, exp = round(skew) - 60, round(skew) + 540
    assert app.installation(token=app.sign(iat=iat, exp=exp)).status_code == 200
    token = app.access_token(7, token=app.sign(iat=iat, exp=exp)).json()["token"]
    assert app.register(token).status_code == 201


def test_a_revoked_token_is_refused_and_a_new_one_is_not(server: RegistrationServer, app: App) -> None:
    before, other = app.sign_in(), app.sign_in("other-org")
    server.use("app_token_revoked", org="octo-org")
    assert [app.register(before).status_code, app.register(before).status_code] == [401, 401]
    assert app.register(app.sign_in()).status_code == 201
    assert app.register(other, "other-org").status_code == 201


def test_a_token_that_is_not_replicated_is_refused_once(server: RegistrationServer, app: App) -> None:
    server.use("app_token_not_replicated")
    token = app.sign_in()
    assert [app.register(token).status_code for _ in range(3)] == [401, 201, 201]


def test_any_scenario_can_be_one_of_the_sign_in(server: RegistrationServer, app: App) -> None:
    server.use("bad_gateway", "created", sign_in=True)
    assert [app.installation().status_code, app.installation().status_code] == [502, 200]
    server.use("expires_soon", sign_in=True)
    body = app.access_token(7).json()
    assert (
        timedelta(0) < datetime.fromisoformat(body["expires_at"]) - datetime.now().astimezone() < timedelta(minutes=6)
    )
    server.use("secondary_rate_limit", sign_in=True, org="other-org", retry_after=5)
    assert app.installation("other-org").headers["Retry-After"] == "5"
    assert app.installation().status_code == 200
    assert app.register("ghp_a-personal-token").status_code == 201


@pytest.mark.parametrize("body", ["[1]", "{", '{"permissions": []}', '{"permissions": {"contents": "write"}}'])
def test_a_wrong_body_is_refused(body: str, app: App) -> None:
    headers = {"Authorization": f"Bearer {app.sign()}"}
    assert app.http.post("/app/installations/7/access_tokens", headers=headers, content=body).status_code == 422


def test_a_sign_in_without_a_credential_is_refused(app: App) -> None:
    assert app.http.get("/orgs/octo-org/installation").status_code == 401
    assert app.http.post("/app/installations/7/access_tokens").status_code == 401


def test_two_scenarios_of_the_sign_in_are_refused(server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match="one scenario of a GitHub App's sign-in at a time"):
        server.use("app_suspended", "app_not_installed")


@pytest.mark.parametrize(
    "key",
    ["", "not PEM", public_pem(ec.generate_private_key(ec.SECP256R1()))],
    ids=["empty", "not PEM", "not RSA"],  # not the random key, as each worker of pytest makes another one
)
def test_what_is_not_a_public_rsa_key_is_refused(key: str, server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match="app_public_key is not"):
        RegistrationServer(app_public_key=key)
    with pytest.raises(ValueError, match="app_public_key is not"):
        server.app_public_key = key


def test_without_cryptography_a_key_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(RuntimeError, match="pip install cryptography"):
        RegistrationServer(app_public_key=public_pem(KEY))
