"""Every scenario has its documented outcome: for the SDK, sync and async, for curl, and for the mock."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration.testing import RegistrationServer, scenarios

from .outcomes import OUTCOMES, Outcome

RETRY_AFTER = 45
PATIENCE = 0.7
"""Seconds: longer than the pauses of a trickled response, so that only a deadline for the whole attempt helps."""

# Other operations of the contract have scenarios of their own, such as status_409.
each_scenario = pytest.mark.parametrize("name", OUTCOMES)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNNER_REGISTRATION_BACKOFF", "0.001")


def options(outcome: Outcome) -> dict[str, Any]:
    timeout = PATIENCE if outcome.error is rr.APITimeoutError else 30.0
    return {"max_retries": len(outcome.statuses) - 1, "timeout": timeout}


def announced(name: str) -> AbstractContextManager[object]:
    return (
        pytest.warns(FutureWarning, match="will be withdrawn") if name == "api_version_closing_down" else nullcontext()
    )


def check(outcome: Outcome, server: RegistrationServer, result: rr.AuthenticationToken | Exception) -> None:
    deadline = time.monotonic() + 10
    while len(server.requests) < len(outcome.statuses) and time.monotonic() < deadline:
        time.sleep(0.01)  # on a busy machine, the client may give up before the server has read the request
    server.assert_requested(len(outcome.statuses))
    if outcome.error is None:
        assert isinstance(result, rr.AuthenticationToken), result
        assert result.token
        assert abs(result.expires_at - datetime.now(UTC) - outcome.lifetime) < timedelta(seconds=30)
    else:
        assert type(result) is outcome.error
        assert outcome.says in str(result)
    assert {name: getattr(result, name) for name in outcome.has} == outcome.has


def test_every_scenario_has_an_outcome() -> None:
    assert [name for name in scenarios() if not name.startswith("status_")] == [*OUTCOMES]


@each_scenario
def test_the_sdk(name: str, registration_server: RegistrationServer) -> None:
    outcome = OUTCOMES[name]
    registration_server.use(name, retry_after=RETRY_AFTER if outcome.error else 0)
    result: rr.AuthenticationToken | Exception
    with rr.Client(**options(outcome)) as client, announced(name):
        try:
            result = client.create_registration_token_for_org("octo-org")
        except rr.RunnerRegistrationError as error:
            result = error
    check(outcome, registration_server, result)


@pytest.mark.anyio
@each_scenario
async def test_the_sdk_by_asyncio(name: str, registration_server: RegistrationServer) -> None:
    outcome = OUTCOMES[name]
    registration_server.use(name, retry_after=RETRY_AFTER if outcome.error else 0)
    result: rr.AuthenticationToken | Exception
    async with rr.AsyncClient(**options(outcome)) as client:
        with announced(name):
            try:
                result = await client.create_registration_token_for_org("octo-org")
            except rr.RunnerRegistrationError as error:
                result = error
    check(outcome, registration_server, result)


@pytest.fixture(scope="session")
def curl() -> str:
    return shutil.which("curl") or pytest.fail("these tests need curl, the program", pytrace=False)


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    command = [sys.executable, "-m", "runner_registration.testing._mock", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        yield mock.stdout.readline().strip()
        mock.terminate()


@pytest.fixture(params=["fixture", "mock"])
def server_url(request: pytest.FixtureRequest, name: str) -> str:
    """The URL of a server that responds with the scenario: the fixture's, or that of the program."""
    if request.param == "fixture":
        server: RegistrationServer = request.getfixturevalue("registration_server")
        server.use(name)
        return server.url
    url: str = request.getfixturevalue("mock_url")
    httpx.post(f"{url}/_mock/use", json={"scenarios": [name]}, trust_env=False).raise_for_status()
    return url


@pytest.mark.slow
@each_scenario
def test_curl(name: str, curl: str, server_url: str, tmp_path: Path) -> None:
    outcome = OUTCOMES[name]
    url = f"{server_url}/orgs/octo-org/actions/runners/registration-token"
    seen: list[tuple[int, int]] = []
    for _ in outcome.statuses:
        done = subprocess.run(
            [
                *(curl, "--silent", "--max-time", "1", "--output", str(tmp_path / "body")),
                *("--write-out", "%{http_code}", "--header", "Authorization: Bearer of-no-account"),
                *("--request", "POST", url),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        seen.append((done.returncode, int(done.stdout)))
    first, *others = outcome.statuses
    assert seen == [(outcome.curl, first), *((0, status) for status in others)]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("app_not_installed", rr.NotFoundError, "is not installed on the organization octo-org"),
        ("app_suspended", rr.PermissionDeniedError, "suspended"),
        ("app_permission_missing", rr.UnprocessableEntityError, "organization_self_hosted_runners"),
        ("app_jwt_invalid", rr.AuthenticationError, "private key"),
        ("app_clock_skew", None, ""),
        ("app_clock_skew_behind", None, ""),
        ("app_token_not_replicated", None, ""),
        ("app_token_revoked", None, ""),
    ],
)
def test_the_sdk_as_a_github_app(
    name: str, error: type[rr.APIStatusError] | None, message: str, registration_server: RegistrationServer
) -> None:
    app = rr.GitHubApp("Iv1.app", sign=lambda data: data[:16])
    with rr.Client(app) as client:
        client.registration_token("other-org")
        registration_server.use(name, org="octo-org")
        if error is None:
            token = client.registration_token("octo-org").token
            assert registration_server.tokens("octo-org") == [token]
        else:
            with pytest.raises(error, match=message):
                client.registration_token("octo-org")
        client.registration_token("Other-Org", min_valid=timedelta(hours=2))  # still works
