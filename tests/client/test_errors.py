"""Every row of the error tree, by a real exchange, from both clients alike."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from inspect import isclass
from typing import Any

import pytest

import runner_registration as rr
from runner_registration import _errors

from .cases import CASES, PATH, Case
from .conftest import AnyClient
from .loopback import CREDENTIAL, TOKEN, Server


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_way_to_fail_has_its_error_and_says_what_to_do(
    case: Case, server: Server, make_client: Callable[..., AnyClient]
) -> None:
    server.answer(case.answer)
    timeout = 0.5 if case.error is rr.APITimeoutError else 5
    client = make_client(server.url, max_wait=0, timeout=timeout)

    with pytest.raises(rr.RunnerRegistrationError) as caught:
        client.create_registration_token_for_org("octo-org")

    error = caught.value
    assert type(error) is case.error
    assert error.message == str(error)
    assert str(error).startswith(f"POST {PATH}: ")
    for text in case.says:
        assert text in str(error)
    for text in (*case.never_says, "\n", CREDENTIAL, TOKEN):
        assert text not in str(error)
    assert {name: getattr(error, name) for name in case.has} == case.has
    assert error.__cause__ is None
    assert error.__context__ is None
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


@pytest.mark.parametrize("org", [None, "", ".", "..", "octo/org", "octo\norg", "@octo-org", "a" * 70_000])
def test_what_cannot_be_an_organization_is_refused_before_any_request(
    org: Any, server: Server, make_client: Callable[..., AnyClient]
) -> None:
    client = make_client(server.url)
    for ask in (client.create_registration_token_for_org, client.registration_token):
        with pytest.raises(rr.InvalidOrganizationError, match="organization") as caught:
            ask(org)
        assert isinstance(caught.value, ValueError)
        assert str(caught.value).isprintable()
    assert server.connections == 0


@pytest.mark.parametrize("retryable", [True, False])
def test_whether_another_attempt_may_succeed_survives_copying(*, retryable: bool) -> None:
    error = rr.APITimeoutError("Timed out")
    error._retryable = retryable
    for copied in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own
        assert copied._retryable is retryable


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = re.findall(r"^([│├└─ ]*)(\w+Error)", _errors.__doc__ or "", re.MULTILINE)
    errors = [
        value for value in vars(_errors).values() if isclass(value) and issubclass(value, rr.RunnerRegistrationError)
    ]
    depths = {error.__name__: sum(issubclass(error, other) for other in errors) - 1 for error in errors}
    assert {name: len(indent) // 4 for indent, name in drawn} == depths
    assert set(depths) < set(rr.__all__)
