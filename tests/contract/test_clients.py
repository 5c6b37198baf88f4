"""Both clients have a working method for every operation of the contract."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from runner_registration_api.api import OPERATIONS, Operation

import runner_registration as rr
from runner_registration.testing import PrismServer

from .described import CASES, Case, same, written

SUCCESSES = [case for case in CASES if 200 <= case.status < 300]


def call(url: str, case: Case) -> Any:
    with rr.Client("t0ken", base_url=url) as client:
        return getattr(client, case.described.generated.name)(**case.described.arguments)


def call_by_asyncio(url: str, case: Case) -> Any:
    async def main() -> Any:
        async with rr.AsyncClient("t0ken", base_url=url) as client:
            return await getattr(client, case.described.generated.name)(**case.described.arguments)

    return asyncio.run(main())


@pytest.mark.parametrize("call", [call, call_by_asyncio])
@pytest.mark.parametrize("case", SUCCESSES, ids=str)
def test_a_client_returns_the_documented_success(
    prism: PrismServer, case: Case, call: Callable[[str, Case], Any]
) -> None:
    assert same(written(call(prism.url, case)), case.body)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_both_clients_accept_the_same_arguments(operation: Operation) -> None:
    sync, asyncio = getattr(rr.Client, operation.name), getattr(rr.AsyncClient, operation.name)
    assert inspect.signature(sync) == inspect.signature(asyncio)
    assert inspect.iscoroutinefunction(asyncio)
