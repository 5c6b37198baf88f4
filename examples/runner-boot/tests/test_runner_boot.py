"""The tool against GitHub's API on loopback."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from runner_boot import TRY_AGAIN, main, report

import runner_registration as rr
from runner_registration.testing import RegistrationServer, scenarios


def printed_tokens(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """The organizations and tokens in the printed user data."""
    return re.findall(r"--url https://github.com/(\S+) --token (\w+)", capsys.readouterr().out)


def test_a_machine_gets_a_token(registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["octo-org", "--labels", "gpu,large"]) == 0
    (token,) = registration_server.tokens()
    assert f"--url https://github.com/octo-org --token {token} --labels gpu,large\n" in capsys.readouterr().out
    (request,) = registration_server.requests
    assert request.headers["authorization"] == "Bearer ***"


def test_the_tokens_of_two_organizations_are_not_mixed_up(
    registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["one-org", "two-org"]) == 0
    (one,), (two,) = registration_server.tokens("one-org"), registration_server.tokens("two-org")
    assert printed_tokens(capsys) == [("one-org", one), ("two-org", two)]


def test_a_token_is_reused_and_renewed_when_it_would_expire_during_the_boot(
    registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use("created")
    assert main(["octo-org", "octo-org"]) == 0
    registration_server.assert_requested(1)
    registration_server.clear()
    registration_server.use("expires_soon", "created")
    assert main(["octo-org", "octo-org", "octo-org"]) == 0
    registration_server.assert_requested(2, org="octo-org")
    first, second = registration_server.tokens()
    assert [token for _, token in printed_tokens(capsys)][-3:] == [first, second, second]


def test_one_organization_fails_while_another_works(
    registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use("not_found", org="two-org")
    assert main(["one-org", "two-org", "three-org"]) == 1
    assert [org for org, _ in printed_tokens(capsys)] == ["one-org", "three-org"]
    registration_server.assert_requested(3)


@pytest.mark.parametrize("name", ["bad_gateway_once", "reset_once", "secondary_rate_limit_once"])
def test_a_short_problem_is_waited_out(name: str, registration_server: RegistrationServer) -> None:
    registration_server.use(name, retry_after=1)
    assert main(["octo-org", "--patience", "10"]) == 0
    registration_server.assert_requested(2)


@pytest.mark.parametrize("name", [name for name in scenarios() if "rate_limit" in name])
def test_a_rate_limit_says_when_to_try_again(
    name: str, registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use(name)
    assert main(["octo-org"]) == TRY_AGAIN
    assert capsys.readouterr().err == "runner-boot: try again in 60 s\n"


@pytest.mark.parametrize("name", ["reset", "hang_up", "garbage", "bad_gateway_html", "service_unavailable"])
def test_an_outage_is_worth_another_try(name: str, registration_server: RegistrationServer) -> None:
    registration_server.use(name)
    assert main(["octo-org"]) == TRY_AGAIN


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad_credentials", "Bad credentials"),
        ("missing_permission", "organization_self_hosted_runners: write"),
        ("sso_required", "https://github.com/orgs/octo-org/sso"),
        ("html_body", "HTML"),
        ("redirect_to_another_host", "another host"),
    ],
)
def test_a_lasting_problem_is_reported_and_not_retried(
    name: str, message: str, registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use(name)
    assert main(["octo-org"]) == 1
    assert message in capsys.readouterr().err
    registration_server.assert_requested(1)


def test_a_response_that_no_scenario_has(
    registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.respond(451, json={"message": "Unavailable for legal reasons"})
    assert main(["octo-org"]) == 1
    assert "Unavailable for legal reasons" in capsys.readouterr().err


def test_an_error_can_be_made_without_any_request(capsys: pytest.CaptureFixture[str]) -> None:
    error = rr.NotFoundError("no such organization", status_code=404)
    assert report(error) == 1
    assert "no such organization" in capsys.readouterr().err


def test_it_runs_as_a_program_too(registration_server: RegistrationServer) -> None:
    done = subprocess.run([sys.executable, "-m", "runner_boot", "octo-org"], capture_output=True, check=True)
    assert done.stdout.startswith(b"#!/bin/sh\n")
    registration_server.assert_requested(org="octo-org")
