"""The tool against GitHub's API on loopback."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from runner_boot import TRY_AGAIN, main

from runner_registration.testing import RegistrationServer, scenarios

ARGUMENTS = ["octo-org", "--labels", "gpu,large"]


def test_the_machine_gets_a_token(registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ARGUMENTS) == 0
    printed = capsys.readouterr().out
    assert re.search(r"--url https://github.com/octo-org --token \w+ --labels gpu,large$", printed, re.MULTILINE)
    (request,) = registration_server.requests
    assert request.headers["authorization"] == "Bearer ***"


@pytest.mark.parametrize("name", ["reset_once", "secondary_rate_limit_once"])
def test_what_passes_is_waited_out(name: str, registration_server: RegistrationServer) -> None:
    registration_server.use(name, retry_after=1)
    assert main([*ARGUMENTS, "--patience", "10"]) == 0
    assert len(registration_server.requests) == 2


@pytest.mark.parametrize("name", [name for name in scenarios() if "rate_limit" in name])
def test_a_rate_limit_says_when_to_try_again(
    name: str, registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use(name)
    assert main(ARGUMENTS) == TRY_AGAIN
    assert capsys.readouterr().err == "runner-boot: try again in 60 s\n"


@pytest.mark.parametrize("name", ["reset", "hang_up", "garbage", "bad_gateway_html", "service_unavailable"])
def test_an_outage_is_worth_another_try(name: str, registration_server: RegistrationServer) -> None:
    registration_server.use(name)
    assert main(ARGUMENTS) == TRY_AGAIN


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bad_credentials", "Bad credentials"),
        ("missing_permission", "organization_self_hosted_runners: write"),
        ("sso_required", "https://github.com/orgs/octo-org/sso"),
        ("not_found", "no such organization"),
        ("html_body", "HTML"),
        ("redirect_to_another_host", "another host"),
    ],
)
def test_what_stays_is_told_and_given_up(
    name: str, says: str, registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    registration_server.use(name)
    assert main(ARGUMENTS) == 1
    assert says in capsys.readouterr().err
    assert len(registration_server.requests) == 1


def test_it_runs_as_a_program_too(registration_server: RegistrationServer) -> None:
    registration_server.use("expires_soon")
    done = subprocess.run([sys.executable, "-m", "runner_boot", "octo-org"], capture_output=True, check=True)
    assert done.stdout.startswith(b"#!/bin/sh\n")
