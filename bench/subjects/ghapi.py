"""ghapi."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from bench.bodies import ORG

NAME = DISTRIBUTION = "ghapi"
IMPORT = "import ghapi.all"
FIRST_CALL = f"""
import sys
from ghapi.all import GhApi
GhApi(token="secret", gh_host=sys.argv[1], sync=True).actions.create_registration_token_for_org("{ORG}").token
"""


def call(url: str) -> Callable[[], Any]:
    """Ask for a token. With a client that is kept, as it makes one for each call otherwise."""
    api = _api(url, "Client", sync=True)
    return lambda: api.actions.create_registration_token_for_org(ORG)


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    api = _api(url, "AsyncClient", sync=False)
    return lambda: api.actions.create_registration_token_for_org(ORG)


def _api(url: str, client: str, *, sync: bool) -> Any:
    api = import_module("ghapi.all").GhApi(token="secret", gh_host=url, sync=sync)  # noqa: S106 - none
    api.transport.client = getattr(import_module("httpx2"), client)(timeout=60, follow_redirects=True)
    return api


def read(body: bytes) -> Callable[[], Any]:
    """Read an answer, as its transport does."""
    to_objects: Any = import_module("fastcore.all").dict2obj
    return lambda: to_objects(json.loads(body)).repositories
