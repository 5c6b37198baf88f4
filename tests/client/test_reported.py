"""What people were really answered is an error that helps them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import runner_registration as rr

from .conftest import AnyClient
from .loopback import Server, http
from .reported import REPORTED, Reported


@pytest.mark.parametrize("reported", REPORTED.values(), ids=REPORTED)
def test_a_reported_answer_is_understood(
    reported: Reported, server: Server, make_client: Callable[..., AnyClient]
) -> None:
    server.answer(http(reported.status, reported.body, headers=reported.headers))
    client = make_client(server.url, max_wait=0)
    with pytest.raises(rr.RunnerRegistrationError) as caught:
        client.create_registration_token_for_org("octo-org")
    error = caught.value
    assert type(error) is reported.error
    for text in reported.says:
        assert text in str(error)
    assert {name: getattr(error, name) for name in reported.has} == reported.has
    assert str(error).isprintable()
    assert len(str(error)) < 1000
