"""Nothing escapes the harness: not a URL, not a credential of the developer, not a retry that sleeps, not a proxy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

import runner_registration as rr
from runner_registration.testing import RegistrationServer
from runner_registration.testing._environment import CREDENTIAL, REMOVED, environment_for
from runner_registration.testing._http import HTTPRequest, HTTPServer

pytest_plugins = ["pytester"]

DEVELOPER = {
    "GH_TOKEN": "mine",
    "GITHUB_TOKEN": "mine",
    "GH_ENTERPRISE_TOKEN": "mine",
    "GITHUB_ENTERPRISE_TOKEN": "mine",
    "GH_HOST": "ghes.example",
    "GITHUB_API_URL": "https://ghes.example/api/v3",
    "GITHUB_APP_CLIENT_ID": "Iv1.mine",
    "GITHUB_APP_PRIVATE_KEY_PATH": "/users/me/key.pem",
    "RUNNER_REGISTRATION_STORE": "/users/me/store",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "::1/128,[::1],ghe.corp.example",
}
"""The environment of a developer who uses other credentials, another host, and proxies."""


@pytest.fixture(autouse=True)
def _developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEVELOPER.items():
        monkeypatch.setenv(name, value)
    for name in ("no_proxy", "all_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("arguments", [["https://ghes.example/octo-org"], ["octo-org", "--base-url", "ghes.example"]])
def test_the_command_line_leads_to_the_server_whatever_its_arguments(
    arguments: list[str], server: RegistrationServer
) -> None:
    done = command_line({**os.environ, **server.environ}, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == server.tokens("octo-org")


def command_line(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runner_registration", "token", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("base_url", [None, "acme.ghe.com", "https://ghes.example/api/v3"])
def test_a_client_leads_to_the_server_whatever_its_base_url(
    base_url: str | None, registration_server: RegistrationServer
) -> None:
    with rr.Client(base_url=base_url) as client:
        token = client.registration_token("octo-org").token
    assert registration_server.tokens("octo-org") == [token]


def test_no_credential_of_the_developer_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials: list[str | None] = []

    def handle(request: HTTPRequest) -> bytes:
        credentials.append(request.header("authorization"))
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    with HTTPServer(handle) as server:
        environment = {**os.environ, **environment_for(server.url, os.environ)}
        for org in ("octo-org", "https://ghes.example/octo-org"):
            assert command_line(environment, org).returncode == 4
    assert credentials == [f"Bearer {CREDENTIAL}"] * 2


def test_what_is_removed_is_empty_in_environ_and_gone_under_the_fixture(
    server: RegistrationServer, registration_server: RegistrationServer
) -> None:
    assert {server.environ[name] for name in REMOVED} == {""}
    assert os.environ.keys().isdisjoint(REMOVED)


@pytest.mark.parametrize(
    ("before", "upper", "lower"),
    [
        ({}, "127.0.0.1,localhost", None),
        ({"no_proxy": "ghe.corp.example, .internal"}, "ghe.corp.example,.internal,127.0.0.1,localhost", None),
        ({"NO_PROXY": "localhost"}, "localhost,127.0.0.1", None),
        ({"NO_PROXY": "*"}, "*", None),
        ({"NO_PROXY": "", "no_proxy": "a"}, "a,127.0.0.1,localhost", None),
        ({"NO_PROXY": "a", "no_proxy": "b"}, "a,127.0.0.1,localhost", "b,127.0.0.1,localhost"),
    ],
)
def test_no_proxy_is_extended(before: dict[str, str], upper: str, lower: str | None) -> None:
    environment = environment_for("http://127.0.0.1:1", before)
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (upper, lower or upper)


def test_retries_wait_milliseconds(registration_server: RegistrationServer) -> None:
    # Without the fixture, three back-offs fit into 0.1 s about once in 4,000 times.
    registration_server.use("bad_gateway", "reset", "service_unavailable", "created")
    with rr.Client(max_wait=0.1) as client:
        client.registration_token("octo-org")
    registration_server.use("bad_gateway", "reset", "service_unavailable", "created")
    assert command_line(os.environ, "octo-org", "--max-wait", "0.1").returncode == 0
    registration_server.assert_requested(8)


def test_after_a_test_the_environment_is_as_before(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(
        f"""
        import os

        BEFORE = {dict(os.environ)!r}

        def test_with(registration_server):
            assert os.environ["RUNNER_REGISTRATION_API_URL"] == registration_server.url
            assert os.environ["GH_TOKEN"] != "mine"
            assert "GITHUB_TOKEN" not in os.environ

        def test_without():
            for name in {[*DEVELOPER]!r}:
                assert os.environ[name] == BEFORE[name]
            assert "RUNNER_REGISTRATION_API_URL" not in os.environ
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
