"""Every documented response and named example of every operation, sync and async, against Prism."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from runner_registration_api import AuthenticatedClient
from runner_registration_api.errors import UnexpectedStatus

from runner_registration.testing import PrismServer

from .described import CASES, OPERATIONS, Case, Described, same, written


class Wire:
    """The requests and responses, recorded by httpx's event hooks."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: list[httpx.Response] = []

    def client(self, prism: PrismServer, case: Case, *, is_async: bool) -> AuthenticatedClient:
        async def seen(response: httpx.Response) -> None:
            self.note(response)

        hooks: dict[str, Any] = {"event_hooks": {"response": [seen if is_async else self.note]}}
        return AuthenticatedClient(prism.url, token="t0ken", headers=case.prefer, httpx_args=hooks)

    def note(self, response: httpx.Response) -> None:
        self.requests.append(response.request)
        self.responses.append(response)


def check(case: Case, wire: Wire, outcome: Any) -> None:
    (request,), (response,) = wire.requests, wire.responses
    assert "sl-violations" not in response.headers, response.headers["sl-violations"]
    assert request.method == case.described.method
    assert case.described.url.fullmatch(request.url.path)
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert response.status_code == case.status
    if 200 <= case.status < 300:
        assert outcome.status_code == case.status
        parsed = outcome.parsed
    else:
        assert isinstance(outcome, UnexpectedStatus)
        assert outcome.status_code == case.status
        parsed = outcome.error
    # Prism makes up a body if there is no example.
    body = case.body if case.example else response.content and response.json()
    assert same(written(parsed), body or None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reads_or_raises_the_documented_response(prism: PrismServer, case: Case) -> None:
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
async def test_reads_or_raises_the_documented_response_by_asyncio(prism: PrismServer, case: Case) -> None:
    wire = Wire()
    outcome: Any
    async with wire.client(prism, case, is_async=True) as client:
        try:
            outcome = await case.described.module.asyncio_detailed(**case.described.arguments, client=client)
        except UnexpectedStatus as error:
            outcome = error
    check(case, wire, outcome)


@pytest.mark.parametrize("described", OPERATIONS, ids=lambda described: described.name)
def test_responds_401_without_a_credential(prism: PrismServer, described: Described) -> None:
    request = described.module.build_request(**described.arguments)
    with httpx.Client(base_url=prism.url) as client:
        response = client.request(**request)
    with pytest.raises(UnexpectedStatus) as raised:
        described.module.parse(response)
    assert raised.value.status_code == 401


def test_documents_a_success_and_the_common_errors_of_every_operation() -> None:
    for described in OPERATIONS:
        statuses = {case.status for case in CASES if case.described is described}
        assert any(200 <= status < 300 for status in statuses)
        assert {401, 403, 404, 422, 429, 500, 502, 503, 504} <= statuses
