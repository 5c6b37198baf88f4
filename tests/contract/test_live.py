"""`nox -s live`, with the harness instead of GitHub."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runner_registration.testing import RegistrationServer


def live(server: RegistrationServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    server.use("not_found", org="octo-org-without-access")
    server.use("bad_credentials", org="octo-org-bad-credential")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--confcutdir=tests/live", "tests/live", "-p", "no:cacheprovider"),
            *(f"--upstream={server.url}", *arguments),
        ],
        # The override for tests would lead around the proxy.
        env={name: value for name, value in {**os.environ, **server.environ}.items() if "API_URL" not in name},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_passes_if_the_api_is_as_described() -> None:
    with RegistrationServer() as server:
        done = live(server, "--org=octo-org")
        assert done.returncode == 0, done.stdout
        assert "3 passed" in done.stdout
        paths = {request.path for request in server.requests}
    assert paths == {
        f"/orgs/{org}/actions/runners/registration-token"
        for org in ("octo-org", "octo-org-without-access", "octo-org-bad-credential")
    }


@pytest.mark.slow
def test_fails_if_a_response_is_not_as_described() -> None:
    with RegistrationServer() as server:
        server.respond(201, json={"token": 1, "expires_at": "2030-01-01T00:00:00Z"}, org="octo-org")
        done = live(server, "--org=octo-org")
    assert done.returncode == 1
    assert "1 failed, 2 passed" in done.stdout


@pytest.mark.slow
def test_requires_an_organization() -> None:
    with RegistrationServer() as server:
        done = live(server)
    assert "--org is required" in done.stdout
    assert done.returncode != 0
