"""The pytest plugin, as another team's tests use it. Each test here is a pytest run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner_registration.testing import PrismServer, _contract
from runner_registration.testing._http import HTTPRequest, HTTPResponse
from runner_registration.testing._responses import PrismSource
from tests.responses import PATH

pytest_plugins = ["pytester"]

# Each run is a process of its own: one in this process would import modules a second time, classes and all.

README = """
import pytest
import runner_registration as rr

def test_a_rate_limit_is_reported(registration_server):
    registration_server.use("secondary_rate_limit")
    with rr.Client(max_wait=0) as client, pytest.raises(rr.RateLimitError, match="ends in 60 s"):
        client.registration_token("octo-org")
"""

SUITE = """
import os
import subprocess
import sys

import httpx
import pytest
import runner_registration as rr

@pytest.fixture
def anyio_backend():
    return "asyncio"

def test_success(registration_server):
    with rr.Client() as client:
        first = client.registration_token("octo-org")
        assert client.registration_token("octo-org").token == first.token
    assert [request.headers["authorization"] for request in registration_server.requests] == ["Bearer ***"]

@pytest.mark.anyio
async def test_async(registration_server):
    registration_server.use("bad_gateway_once")
    async with rr.AsyncClient() as client:
        assert (await client.registration_token("octo-org")).token
    assert len(registration_server.requests) == 2

@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("sso_required", rr.SSORequiredError),
        ("reset", rr.APIConnectionError),
        ("html_body", rr.InvalidResponseError),
        ("unknown_fields", None),
        ("full_body", None),
        ("redirect", None),
    ],
)
def test_scenarios(registration_server, name, error):
    registration_server.use(name)
    with rr.Client(max_wait=0) as client:
        try:
            assert client.registration_token("octo-org").expires_at
        except rr.RunnerRegistrationError as raised:
            assert type(raised) is error
        else:
            assert error is None

def test_command_line(registration_server):
    registration_server.use("not_found")
    command = [sys.executable, "-m", "runner_registration", "token", "octo-org"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 4
    assert "404 Not Found" in done.stderr

def test_refusals(registration_server):
    url = f"{registration_server.url}/orgs/octo-org"
    assert httpx.post(f"{url}/actions/runners/registration-token").status_code == 401
    assert httpx.post(url, headers={"Authorization": "token x"}).json()["message"] == "Not Found"
"""
SUITE_LENGTH = 10
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
"""Where Prism is installed. `pytester` changes HOME, and Prism would be installed there again."""


def test_the_readmes_test_fits_in_eight_lines_and_passes(pytester: pytest.Pytester) -> None:
    assert len(README.strip().splitlines()) <= 8
    pytester.makepyfile(README)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--numprocesses=2"], id="the contract itself, under xdist"),
        pytest.param(["--registration-backend=prism"], id="Prism"),
    ],
)
def test_a_suite_passes_on_either_backend(
    options: list[str], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", CACHE)
    pytester.makepyfile(SUITE)
    pytester.runpytest_subprocess("-W", "error", *options).assert_outcomes(passed=SUITE_LENGTH)


def test_one_line_says_why_prism_is_not_available(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_URL", "http://127.0.0.1:9")
    pytester.makepyfile("def test(registration_server): pass")
    result = pytester.runpytest_subprocess("--registration-backend=prism")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["Prism is not available: nothing responds at http://127.0.0.1:9"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_request_that_breaks_the_contract_gets_prisms_response() -> None:
    (operation,) = (each for each in _contract.operations() if each.match("POST", PATH))
    with PrismServer() as prism:
        response = PrismSource(prism).example(operation, 201, "default", HTTPRequest("GET", PATH, [], b""))
    assert isinstance(response, HTTPResponse)
    assert response.status in {404, 405}
    assert b"NO_METHOD_MATCHED_ERROR" in response.body


def test_loading_the_plugin_imports_nothing_else() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import runner_registration.testing._plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [
        "runner_registration",
        "runner_registration.testing",
        "runner_registration.testing._plugin",
    ]
