"""This package."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bench.bodies import ORG

NAME = "runner-registration"
DISTRIBUTION = "runner-registration"
IMPORT = "import runner_registration"
FIRST_CALL = f"""
import sys, runner_registration
with runner_registration.Client("secret", base_url=sys.argv[1]) as client:
    client.create_registration_token_for_org("{ORG}").token
"""
FIRST_CALL_WITH_CERTIFICATES = FIRST_CALL.replace(
    "base_url=sys.argv[1]", "base_url=sys.argv[1], verify=__import__('certifi').where()"
)

TASKS = 10_000


def call(url: str) -> Callable[[], Any]:
    """Ask anew each time."""
    from runner_registration import Client

    client = Client("secret", base_url=url)
    return lambda: client.create_registration_token_for_org(ORG)


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    from runner_registration import AsyncClient

    client = AsyncClient("secret", base_url=url)
    return lambda: client.create_registration_token_for_org(ORG)


def read(body: bytes) -> Callable[[], Any]:
    """Read a response, and every repository in it."""
    import httpx
    from runner_registration_api.api.actions.create_registration_token_for_org import parse

    return lambda: parse(httpx.Response(201, content=body)).repositories


def loads(body: bytes) -> Callable[[], Any]:
    """Read the same by `json.loads` alone: here, as how its large buffers fare differs from process to process."""
    import json

    return lambda: json.loads(body)["repositories"]


def reuse(url: str) -> Callable[[], Any]:
    """Ask for a token that is there and good."""
    from runner_registration import Client

    client = Client("secret", base_url=url)
    return lambda: client.registration_token(ORG)


def async_reuse(url: str) -> Callable[[], Awaitable[Any]]:
    """Ten thousand tasks want the token of one organization, which nobody has asked for yet."""
    from runner_registration import AsyncClient

    async def tasks() -> Any:
        async with AsyncClient("secret", base_url=url) as client:
            return (await asyncio.gather(*(client.registration_token(ORG) for _ in range(TASKS))))[-1]

    return tasks
