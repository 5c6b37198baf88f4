"""Other clients work with `registration_server` as with GitHub: they get their token, and report its errors."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner_registration.testing import RegistrationServer
from runner_registration.testing._node import find_node, node_modules

HERE = Path(__file__).parent


class Outcome(NamedTuple):
    """What a client makes of a response."""

    token: str | None = None
    status: int | None = None
    message: str = ""


def pygithub(server: RegistrationServer) -> Outcome:
    github: Any = import_module("github")
    auth = github.Auth.Token(os.environ["GH_TOKEN"])
    # Without retries: it would wait for a rate limit to end. Lazy: it does not request the organization first.
    client = github.Github(auth=auth, base_url=server.url, retry=None, lazy=True)
    try:
        return Outcome(client.get_organization("octo-org").create_self_hosted_runner_registration_token().token)
    except github.GithubException as error:
        return Outcome(status=error.status, message=str(error.data))


def githubkit(server: RegistrationServer) -> Outcome:
    kit: Any = import_module("githubkit")
    errors: Any = import_module("githubkit.exception")
    try:
        with kit.GitHub(os.environ["GH_TOKEN"], base_url=server.url, auto_retry=False) as client:
            return Outcome(client.rest.actions.create_registration_token_for_org("octo-org").parsed_data.token)
    except errors.RequestFailed as error:
        return Outcome(status=error.response.status_code, message=error.response.text)


def octokit(server: RegistrationServer) -> Outcome:
    done = subprocess.run(
        [find_node().executable, HERE / "octokit.cjs", server.url],
        env={**os.environ, "NODE_PATH": str(node_modules(HERE))},
        check=True,
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout)
    return Outcome(result.get("token"), result["status"], result.get("message", ""))


each_peer = pytest.mark.parametrize("request_token", [pygithub, githubkit, octokit])


@each_peer
@pytest.mark.parametrize("name", ["created", "time_with_microseconds"])
def test_the_token(
    name: str, request_token: Callable[[RegistrationServer], Outcome], registration_server: RegistrationServer
) -> None:
    registration_server.use(name)
    assert [request_token(registration_server).token] == registration_server.tokens()
    (request,) = registration_server.requests
    assert request.headers["authorization"].endswith(" ***")


@each_peer
@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("bad_credentials", 401, "Bad credentials"),
        ("secondary_rate_limit", 403, "secondary rate limit"),
        ("validation_failed", 422, "Validation Failed"),
        ("bad_gateway_html", 502, "502 Bad Gateway"),
    ],
)
def test_an_error(
    name: str,
    status: int,
    says: str,
    request_token: Callable[[RegistrationServer], Outcome],
    registration_server: RegistrationServer,
) -> None:
    registration_server.use(name)
    outcome = request_token(registration_server)
    assert outcome.status == status
    assert says in outcome.message
