"""The page of errors matches the code: the classes, what the command line prints, and its exit codes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

import runner_registration as rr
from runner_registration import _cli
from runner_registration.testing import RegistrationServer
from tests.responses import RESPONSES

from .pages import DOCS, ROOT, blocks, table

PAGE = "errors.md"
ADDRESS = "api.github.com"
"""What the page shows for the address of the server."""

ABSTRACT = {"RunnerRegistrationError"}
"""Errors that are never raised themselves."""


class Case(NamedTuple):
    """How an error is caused."""

    scenario: str = ""
    response: str = ""
    """A response from the table, where the harness has no scenario."""
    arguments: tuple[str, ...] = ("octo-org", "--max-wait", "0")
    prepare: Callable[[pytest.MonkeyPatch], None] = lambda _: None


def without_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNNER_REGISTRATION_API_URL", "GITHUB_API_URL", "GH_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "")


def by_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server be its own proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HTTP_PROXY", os.environ["GITHUB_API_URL"])


CASES = {
    "CredentialError": Case(prepare=without_credential),
    "InvalidOrganizationError": Case(arguments=("@octo-org",)),
    "APIConnectionError": Case("hang_up"),
    "APITimeoutError": Case("no_response", arguments=("octo-org", "--timeout", "0.5", "--max-wait", "0")),
    "ProxyError": Case(response="a proxy's own 407", prepare=by_a_proxy),
    "InvalidResponseError": Case("html_body"),
    "APIStatusError": Case(response="taken down"),
    "RedirectError": Case("redirect_to_another_host"),
    "APIVersionError": Case(response="API version retired"),
    "BadRequestError": Case(response="no JSON"),
    "AuthenticationError": Case("bad_credentials"),
    "PermissionDeniedError": Case("missing_role"),
    "SSORequiredError": Case("sso_required"),
    "NotFoundError": Case("not_found"),
    "UnprocessableEntityError": Case("validation_failed"),
    "RateLimitError": Case("secondary_rate_limit"),
    "InternalServerError": Case("service_unavailable"),
}

ERRORS = [
    name
    for name in rr.__all__
    if isinstance(kind := getattr(rr, name), type) and issubclass(kind, rr.RunnerRegistrationError)
]


def codes() -> dict[str, list[str]]:
    """The exit codes of each error, the usual one first, as the page's table has them."""
    return {re.sub(r"\W", "", row[0].partition("]")[0]): re.findall(r"\d+", row[1]) for row in table(PAGE, "error")}


def test_the_table_has_every_error_and_its_exit_code() -> None:
    coded: dict[str, list[str]] = {}
    for name in ERRORS:
        kind = getattr(rr, name)
        coded[name] = [] if name in ABSTRACT else [str(int(_cli.exit_code(kind.__new__(kind, ""))))]
    assert {name: found[:1] for name, found in codes().items()} == coded


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    assert [row[0] for row in table(PAGE, "exit code")] == [str(int(code)) for code in _cli.Exit]


def test_every_error_is_caused() -> None:
    assert CASES.keys() | ABSTRACT == set(ERRORS)


def lines() -> Iterator[tuple[str, str]]:
    for block in blocks(DOCS / PAGE):
        if block.language == "text" and block.heading in ERRORS:
            yield block.heading, block.text.rstrip("\n")


@pytest.mark.parametrize("name", CASES)
def test_the_line_is_what_is_printed(
    name: str,
    registration_server: RegistrationServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    registration_server.use(case.scenario or "created")
    if case.response:
        response = RESPONSES[case.response]
        body = response.body if isinstance(response.body, str | bytes) else json.dumps(response.body)
        registration_server.respond(response.status, body=body, headers=response.headers)
    url = registration_server.url
    case.prepare(monkeypatch)
    exit_code = _cli.main(["token", *case.arguments])
    printed = capsys.readouterr().err.splitlines()[-1]
    assert str(int(exit_code)) in codes()[name]
    printed = printed.replace(url, f"https://{ADDRESS}").replace(url.partition("://")[2], ADDRESS)
    printed = re.sub(r"(?<=due in )[01](\.\d)?(?= s)", "0.7", printed)
    printed = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-25T12:00:00Z", printed)
    printed = printed.replace("422 Unprocessable Content", "422 Unprocessable Entity")  # its phrase from Python 3.13 on
    assert printed == dict(lines())[name]


def test_the_json_is_what_is_printed(
    registration_server: RegistrationServer, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = (
        json.loads(block.text)
        for block in blocks(DOCS / PAGE)
        if block.language == "text" and block.heading == "Exit codes"
    )
    registration_server.use("secondary_rate_limit")
    assert _cli.main(["token", "octo-org", "--max-wait", "0", "--error-format", "json"]) == shown["exit_code"]
    printed = json.loads(capsys.readouterr().err)
    assert list(printed) == list(shown)
    assert printed["message"].startswith("POST ")
    assert datetime.fromisoformat(printed["resets_at"]).tzinfo == UTC
    varying = ("message", "resets_at")
    assert printed == shown | {name: printed[name] for name in varying}


def test_readme_shows_a_line_that_is_on_the_page() -> None:
    (shown,) = (block.text.rstrip("\n") for block in blocks(ROOT / "README.md") if block.language == "text")
    assert shown in dict(lines()).values()
