"""Every operation x every documented answer x every named example x sync and async, against Prism."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from runner_registration_api import AuthenticatedClient
from runner_registration_api.errors import UnexpectedStatus

from runner_registration.testing import PrismServer

from .described import CASES, OPERATIONS, Case, Described, same, written


class Wire:
    """What went over the wire, as httpx's event hooks saw it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []

    def client(self, prism: PrismServer, case: Case, *, is_async: bool) -> AuthenticatedClient:
        async def seen(response: httpx.Response) -> None:
            self.note(response)

        hooks: dict[str, Any] = {"event_hooks": {"response": [seen if is_async else self.note]}}
        return AuthenticatedClient(prism.url, token="t0ken", headers=case.prefer, httpx_args=hooks)

    def note(self, response: httpx.Response) -> None:
        self.requests.append(response.request)
        self.answers.append(response)


def check(case: Case, wire: Wire, outcome: Any) -> None:
    (request,), (answer,) = wire.requests, wire.answers
    assert "sl-violations" not in answer.headers, answer.headers["sl-violations"]
    assert request.method == case.described.method
    assert case.described.url.fullmatch(request.url.path)
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert answer.status_code == case.status
    if 200 <= case.status < 300:
        assert outcome.status_code == case.status
        parsed = outcome.parsed
    else:
        assert isinstance(outcome, UnexpectedStatus)
        assert outcome.status_code == case.status
        parsed = outcome.error
    # Without an example of its own, an answer's body is made up by Prism.
    body = case.body if case.example else answer.content and answer.json()
    assert same(written(parsed), body or None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_documented_answer_is_read_or_raised(prism: PrismServer, case: Case) -> None:
    wire = Wire()
    outcome: Any
    with wire.client(prism, case, is_async=False) as client:
        try:
            outcome = case.described.module.sync_detailed(**case.described.arguments, client=client)
        except UnexpectedStatus as error:
            outcome = error
    check(case, wire, outcome)


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_documented_answer_is_read_or_raised_by_asyncio(prism: PrismServer, case: Case) -> None:
    wire = Wire()
    outcome: Any
    async with wire.client(prism, case, is_async=True) as client:
        try:
            outcome = await case.described.module.asyncio_detailed(**case.described.arguments, client=client)
        except UnexpectedStatus as error:
            outcome = error
    check(case, wire, outcome)


@pytest.mark.parametrize("described", OPERATIONS, ids=lambda described: described.name)
def test_without_a_credential_the_answer_is_401(prism: PrismServer, described: Described) -> None:
    request = described.module.build_request(**described.arguments)
    with httpx.Client(base_url=prism.url) as client:
        answer = client.request(**request)
    with pytest.raises(UnexpectedStatus) as raised:
        described.module.parse(answer)
    assert raised.value.status_code == 401


def test_the_contract_has_a_success_and_an_error_for_every_operation() -> None:
    for described in OPERATIONS:
        statuses = {case.status for case in CASES if case.described is described}
        assert any(200 <= status < 300 for status in statuses)
        assert {401, 403, 404, 422, 429, 500, 502, 503, 504} <= statuses
