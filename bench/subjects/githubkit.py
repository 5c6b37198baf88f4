"""githubkit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from bench.bodies import ORG

NAME = DISTRIBUTION = "githubkit"
IMPORT = "import githubkit"
FIRST_CALL = f"""
import sys
from githubkit import GitHub
with GitHub("secret", base_url=sys.argv[1]) as github:
    github.rest.actions.create_registration_token_for_org("{ORG}").parsed_data.token
"""


def call(url: str) -> Callable[[], Any]:
    """Ask for a token. Entered as a context, as it connects anew for each call otherwise."""
    github = import_module("githubkit").GitHub("secret", base_url=url).__enter__()
    return lambda: github.rest.actions.create_registration_token_for_org(ORG).parsed_data


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    github: Any = import_module("githubkit").GitHub("secret", base_url=url)
    entered = False

    async def call() -> Any:
        nonlocal entered
        if not entered:
            await github.__aenter__()
            entered = True
        return (await github.rest.actions.async_create_registration_token_for_org(ORG)).parsed_data

    return call


def read(body: bytes) -> Callable[[], Any]:
    """Read an answer, as its responses do."""
    httpx: Any = import_module("httpx")
    response: Any = import_module("githubkit.response").Response
    model: Any = import_module("githubkit_schemas.latest.models").AuthenticationToken
    return lambda: response(httpx.Response(201, content=body), model).parsed_data.repositories
