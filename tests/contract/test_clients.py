"""Both clients have a working method for every operation of the contract."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from runner_registration_api.api import OPERATIONS, Operation

import runner_registration as rr
from runner_registration.testing import PrismServer

from .described import CASES, Case, same, written

SUCCESSES = [case for case in CASES if 200 <= case.status < 300]


@pytest.mark.parametrize("case", SUCCESSES, ids=str)
def test_client_returns_the_documented_success(prism: PrismServer, case: Case) -> None:
    with rr.Client("t0ken", base_url=prism.url) as client:
        result: Any = getattr(client, case.described.generated.name)(**case.described.arguments)
    assert same(written(result), case.body)


@pytest.mark.anyio
@pytest.mark.parametrize("case", SUCCESSES, ids=str)
async def test_async_client_returns_the_documented_success(prism: PrismServer, case: Case) -> None:
    async with rr.AsyncClient("t0ken", base_url=prism.url) as client:
        result: Any = await getattr(client, case.described.generated.name)(**case.described.arguments)
    assert same(written(result), case.body)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_both_clients_accept_the_same_arguments(operation: Operation) -> None:
    sync, asyncio = getattr(rr.Client, operation.name), getattr(rr.AsyncClient, operation.name)
    assert inspect.signature(sync) == inspect.signature(asyncio)
    assert inspect.iscoroutinefunction(asyncio)
