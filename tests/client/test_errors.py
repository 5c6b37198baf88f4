"""Every error of the tree, raised by both clients after a real exchange."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
import re
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration import _errors
from tests.responses import CREDENTIAL, PATH, RESPONSES, TOKEN, Response

from .conftest import MakeClient
from .loopback import Server, http
from .shown import leaked, shown


@pytest.mark.parametrize("case", RESPONSES.values(), ids=RESPONSES)
def test_a_response_leads_to_its_error(
    case: Response, server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.respond(http(case.status, case.body, headers=dict(case.headers), reason=CREDENTIAL))

    with pytest.raises(rr.RunnerRegistrationError) as caught:
        make_client(server.url, max_wait=0).create_registration_token_for_org("octo-org")

    error = caught.value
    assert type(error) is case.error
    assert (error.__cause__, error.__context__) == (None, None)
    assert error.message == str(error)
    assert str(error).startswith(f"POST {PATH}: {case.status}")
    assert str(error).isprintable()
    assert len(str(error)) < 1200
    for text in case.says:
        assert text in str(error)
    for text in case.never_says:
        assert text not in f"{error} {vars(error)}"
    assert {name: getattr(error, name) for name in case.has} == case.has
    assert server.requests[0].headers["authorization"] == f"Bearer {CREDENTIAL}"
    logged = [record.getMessage() for record in caplog.records]
    assert any("receive_response_headers" in message for message in logged), "httpcore logs what it received"
    for secret in (CREDENTIAL, TOKEN):
        assert leaked(secret, shown(error) + "".join(logged)) == []


# --- The classes ------------------------------------------------------------------------------------------------------


def pickled(protocol: int) -> Callable[[rr.RunnerRegistrationError], rr.RunnerRegistrationError]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own


COPIES: dict[str, Callable[[rr.RunnerRegistrationError], rr.RunnerRegistrationError]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}
MADE: list[rr.RunnerRegistrationError] = [
    rr.CredentialError("No credential"),
    rr.InvalidOrganizationError("Not a valid name"),
    rr.APIConnectionError("Closed"),
    rr.APIConnectionError("Not trusted", retryable=False),
    rr.APITimeoutError("Timed out"),
    rr.ProxyError("Rejected"),
    rr.InvalidResponseError("Not JSON"),
    rr.NotFoundError("Not Found", status_code=404),
    rr.BadRequestError("Bad", status_code=400, headers={"X-Any": "thing"}, documentation_url="https://docs.github.com"),
    rr.PermissionDeniedError("No", status_code=403, accepted_scopes=("admin:org",), accepted_permissions=("a=write",)),
    rr.SSORequiredError(
        "No sign-on", status_code=403, sso_url="https://github.com/sso", accepted_scopes=("admin:org",)
    ),
    rr.RateLimitError("Wait", status_code=429, retry_after=60, secondary=True, request_id="1:2"),
]


@pytest.mark.parametrize("error", MADE, ids=str)
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_equals_its_original(
    error: rr.RunnerRegistrationError, copied: Callable[[rr.RunnerRegistrationError], rr.RunnerRegistrationError]
) -> None:
    error.add_note("a note")
    again = copied(error)
    assert type(again) is type(error)
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_an_error_can_be_made_with_its_required_arguments_alone() -> None:
    error = rr.RateLimitError("Wait", status_code=429, retry_after=60)
    assert (error.headers, error.documentation_url, error.request_id) == (httpx.Headers(), None, None)
    assert (error.resets_at.tzinfo is not None, error.secondary) == (True, False)
    assert error.headers.get("X-Not-There") is None


@pytest.mark.parametrize(
    ("kind", "keywords", "named"),
    [
        (rr.NotFoundError, {}, "status_code"),
        (rr.SSORequiredError, {"sso_url": "https://github.com/sso"}, "status_code"),
        (rr.RateLimitError, {"status_code": 429}, "retry_after"),
        (rr.BadRequestError, {"status_code": 400, "sso_url": "https://github.com/sso"}, "sso_url"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_a_wrong_keyword_is_a_type_error_that_names_it(
    kind: Callable[..., object], keywords: dict[str, Any], named: str
) -> None:
    with pytest.raises(TypeError, match=named):
        kind("text", **keywords)


@pytest.mark.parametrize("name", [name for name in rr.__all__ if name.endswith("Error")])
def test_an_error_shows_where_it_is_imported_from(name: str) -> None:
    kind = getattr(rr, name)
    assert kind.__module__ == "runner_registration"
    error = kind.__new__(kind, "text")
    assert traceback.format_exception_only(error) == [f"runner_registration.{name}: text\n"]
    assert b"_errors" not in pickle.dumps(error)


def test_the_documented_tree_is_complete() -> None:
    drawn = re.findall(r"^([│├└─ ]*)(\w+Error)", _errors.__doc__ or "", re.MULTILINE)
    errors = [
        value
        for value in vars(_errors).values()
        if inspect.isclass(value) and issubclass(value, rr.RunnerRegistrationError)
    ]
    depths = {error.__name__: sum(issubclass(error, other) for other in errors) - 1 for error in errors}
    assert {name: len(indent) // 4 for indent, name in drawn} == depths
    assert set(depths) < set(rr.__all__)
