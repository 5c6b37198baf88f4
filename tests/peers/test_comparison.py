"""The comparison in the README: every row is measured with each client in its default settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration.testing import RegistrationServer

README = Path(__file__).parents[2] / "README.md"

RequestToken = Callable[[], Any]
"""Requests a token, like a program that does so again and again with one client. Returns what the client returns."""


@contextmanager
def this_package(server: RegistrationServer) -> Generator[RequestToken]:
    with rr.Client() as client:
        yield lambda: client.registration_token("octo-org")


@contextmanager
def plain_httpx(server: RegistrationServer) -> Generator[RequestToken]:
    with httpx.Client(headers={"Authorization": f"Bearer {os.environ['GH_TOKEN']}"}) as client:
        yield lambda: client.post(f"{server.url}/orgs/octo-org/actions/runners/registration-token").json()


@contextmanager
def githubkit(server: RegistrationServer) -> Generator[RequestToken]:
    with import_module("githubkit").GitHub(os.environ["GH_TOKEN"], base_url=server.url) as github:
        yield lambda: github.rest.actions.create_registration_token_for_org("octo-org").parsed_data


@contextmanager
def pygithub(server: RegistrationServer) -> Generator[RequestToken]:
    module: Any = import_module("github")
    with module.Github(auth=module.Auth.Token(os.environ["GH_TOKEN"]), base_url=server.url, lazy=True) as github:
        yield lambda: github.get_organization("octo-org").create_self_hosted_runner_registration_token()


CLIENTS = {"this package": this_package, "httpx": plain_httpx, "githubkit": githubkit, "PyGithub": pygithub}


def outcome(request_token: RequestToken) -> str:
    try:
        given = request_token()
    except Exception as error:  # noqa: BLE001 - whatever it is, its name is what is compared
        return f"`{type(error).__name__}`"
    token = given.token if hasattr(given, "token") else given.get("token")  # httpx returns a dictionary
    return "a token" if token else "no error"


def gives_a_token(scenario: str) -> Callable[[RequestToken, RegistrationServer], str]:
    def probe(request_token: RequestToken, server: RegistrationServer) -> str:
        server.use(scenario, retry_after=1)
        return "yes" if outcome(request_token) == "a token" else "no"

    return probe


def requests_for_two_tokens(request_token: RequestToken, server: RegistrationServer) -> str:
    server.use("created")
    request_token()
    request_token()
    return str(len(server.requests))


def shows_the_token(request_token: RequestToken, server: RegistrationServer) -> str:
    server.use("created")
    shown = repr(request_token())
    return "yes" if server.tokens()[-1] in shown else "no"


def error_for(scenario: str) -> Callable[[RequestToken, RegistrationServer], str]:
    def probe(request_token: RequestToken, server: RegistrationServer) -> str:
        server.use(scenario)
        return outcome(request_token)

    return probe


PROBES: dict[str, Callable[[RequestToken, RegistrationServer], str]] = {
    "missing permission": error_for("missing_admin"),
    "a login page instead of a token": error_for("html_body"),
    "retries a dropped connection": gives_a_token("reset_once"),
    "retries a 502": gives_a_token("bad_gateway_once"),
    "waits for a short rate limit to end": gives_a_token("secondary_rate_limit_once"),
    "accepts an unknown enum value": gives_a_token("unknown_fields"),
    "requests for two tokens within an hour": requests_for_two_tokens,
    "`repr` shows the token": shows_the_token,
}


def table() -> dict[str, dict[str, str]]:
    """The comparison in the README, by row and column."""
    lines = README.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| | this package |"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:] if line.startswith("|")]
    header, _, *body = rows
    return {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in body}


def test_the_readme_has_every_row_that_is_measured_here() -> None:
    assert PROBES.keys() <= table().keys()
    assert all(row.keys() == CLIENTS.keys() for row in table().values())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # some peers leave connections open
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("row", PROBES)
def test_the_readme_says_what_happens(row: str, client: str, registration_server: RegistrationServer) -> None:
    with CLIENTS[client](registration_server) as request_token:
        happened = PROBES[row](request_token, registration_server)
    assert happened == table()[row][client]
