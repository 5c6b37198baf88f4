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
    """Ask for a token."""
    api = import_module("ghapi.all").GhApi(token="secret", gh_host=url, sync=True)  # noqa: S106 - none
    return lambda: api.actions.create_registration_token_for_org(ORG)


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    api = import_module("ghapi.all").GhApi(token="secret", gh_host=url)  # noqa: S106 - none
    return lambda: api.actions.create_registration_token_for_org(ORG)


def read(body: bytes) -> Callable[[], Any]:
    """Read an answer, as its transport does."""
    to_objects: Any = import_module("fastcore.all").dict2obj
    return lambda: to_objects(json.loads(body)).repositories
