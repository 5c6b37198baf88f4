"""Every scenario has its documented outcome: for the clients, sync and async, for curl, and for the mock."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration.testing import RegistrationServer, scenarios
from tests.client.shown import leaked, shown
from tests.responses import OUTCOMES, PATH, Outcome

RETRY_AFTER = 45
PATIENCE = 0.7
"""Seconds: longer than the pauses of a trickled response, so that only a deadline for the whole attempt helps."""

TIMED_OUT = 28
"""curl's exit status. https://curl.se/docs/manpage.html#EXIT"""

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


def request_token(options: dict[str, Any]) -> rr.AuthenticationToken:
    with rr.Client(**options) as client:
        return client.create_registration_token_for_org("octo-org")


def request_token_by_asyncio(options: dict[str, Any]) -> rr.AuthenticationToken:
    async def request() -> rr.AuthenticationToken:
        async with rr.AsyncClient(**options) as client:
            return await client.create_registration_token_for_org("octo-org")

    return asyncio.run(request())


def test_every_scenario_has_an_outcome() -> None:
    assert [name for name in scenarios() if not name.startswith("status_")] == [*OUTCOMES]


@each_scenario
@pytest.mark.parametrize("request_token", [request_token, request_token_by_asyncio])
def test_the_sdk(
    name: str,
    request_token: Callable[[dict[str, Any]], rr.AuthenticationToken],
    registration_server: RegistrationServer,
) -> None:
    outcome = OUTCOMES[name]
    registration_server.use(name, retry_after=RETRY_AFTER if outcome.error else 0)
    result: rr.AuthenticationToken | rr.RunnerRegistrationError
    with announced(name):
        try:
            result = request_token(options(outcome))
        except rr.RunnerRegistrationError as error:
            result = error
    eventually(lambda: len(registration_server.requests) >= len(outcome.statuses))
    registration_server.assert_requested(len(outcome.statuses))
    if isinstance(result, rr.AuthenticationToken):
        assert outcome.error is None
        assert result.token
        assert abs(result.expires_at - datetime.now(UTC) - outcome.lifetime) < timedelta(seconds=30)
    else:
        assert type(result) is outcome.error
        assert str(result).startswith(f"POST {PATH}: ")
        assert str(result).isprintable()
        assert [text for text in outcome.says if text not in str(result)] == []
        for secret in (os.environ["GH_TOKEN"], *registration_server.tokens()):
            assert leaked(secret, shown(result)) == []
    assert {name: getattr(result, name) for name in outcome.has} == outcome.has


def eventually(condition: Callable[[], bool]) -> None:
    """On a busy machine, a client may give up before the server has read its request."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


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


@pytest.mark.slow
@each_scenario
def test_curl(name: str, curl: str, mock_url: str, tmp_path: Path) -> None:
    """Other programs see the same. The mock has the server of the fixture, so this one is enough."""
    httpx.post(f"{mock_url}/_mock/use", json={"scenarios": [name]}, trust_env=False).raise_for_status()
    outcome = OUTCOMES[name]
    patience = "2" if outcome.curl == TIMED_OUT else "30"
    seen: list[tuple[int, int]] = []
    for _ in outcome.statuses:
        done = subprocess.run(
            [
                *(curl, "--silent", "--max-time", patience, "--output", str(tmp_path / "body")),
                *("--write-out", "%{http_code}", "--header", "Authorization: Bearer of-no-account"),
                *("--request", "POST", f"{mock_url}{PATH}"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        seen.append((done.returncode, int(done.stdout)))
    first, *others = outcome.statuses
    assert seen == [(outcome.curl, first), *((0, status) for status in others)]
