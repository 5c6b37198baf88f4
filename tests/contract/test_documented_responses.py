"""Every documented response and named example of every operation, sync and async, against Prism."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
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
        self.responses: list[httpx.Response] = []

    async def note(self, response: httpx.Response) -> None:
        self.responses.append(response)

    def client(self, prism: PrismServer, case: Case, hook: Any) -> AuthenticatedClient:
        hooks = {"event_hooks": {"response": [hook]}}
        return AuthenticatedClient(prism.url, token="t0ken", headers=case.prefer, httpx_args=hooks)


def sync(prism: PrismServer, case: Case, wire: Wire) -> Any:
    with wire.client(prism, case, wire.responses.append) as client:
        return case.described.module.sync_detailed(**case.described.arguments, client=client)


def by_asyncio(prism: PrismServer, case: Case, wire: Wire) -> Any:
    async def main() -> Any:
        async with wire.client(prism, case, wire.note) as client:
            return await case.described.module.asyncio_detailed(**case.described.arguments, client=client)

    return asyncio.run(main())


@pytest.mark.parametrize("call", [sync, by_asyncio])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_reads_or_raises_the_documented_response(
    prism: PrismServer, case: Case, call: Callable[[PrismServer, Case, Wire], Any]
) -> None:
    wire = Wire()
    try:
        outcome = call(prism, case, wire)
        parsed = outcome.parsed
        assert 200 <= case.status < 300
    except UnexpectedStatus as error:
        outcome, parsed = error, error.error
        assert not 200 <= case.status < 300
    (response,) = wire.responses
    assert "sl-violations" not in response.headers, response.headers["sl-violations"]
    assert response.request.method == case.described.method
    assert case.described.url.fullmatch(response.request.url.path)
    assert response.request.headers["Authorization"] == "Bearer t0ken"
    assert response.status_code == outcome.status_code == case.status
    # Without an example, Prism generates a body.
    body = case.body if case.example else response.content and response.json()
    assert same(written(parsed), body or None)


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
