"""The client that the generator makes of the same contract with its own templates."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from bench.bodies import ORG

PACKAGE = "unmodified_client"
_OPERATION = f"{PACKAGE}.api.actions.create_registration_token_for_org"

NAME = "generator"
DISTRIBUTION = "openapi-python-client"
IMPORT = f"import {PACKAGE}"
FIRST_CALL = f"""
import sys
from {PACKAGE} import AuthenticatedClient
from {PACKAGE}.api.actions.create_registration_token_for_org import sync
with AuthenticatedClient(base_url=sys.argv[1], token="secret") as client:
    sync("{ORG}", client=client).token
"""


def call(url: str) -> Callable[[], Any]:
    """Ask for a token."""
    operation: Any = import_module(_OPERATION)
    client = import_module(PACKAGE).AuthenticatedClient(base_url=url, token="secret")  # noqa: S106 - none
    return lambda: operation.sync(ORG, client=client)


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    operation: Any = import_module(_OPERATION)
    client = import_module(PACKAGE).AuthenticatedClient(base_url=url, token="secret")  # noqa: S106 - none
    return lambda: operation.asyncio(ORG, client=client)


def read(body: bytes) -> Callable[[], Any]:
    """Read an answer."""
    models: Any = import_module(f"{PACKAGE}.models")
    return lambda: models.AuthenticationToken.from_dict(json.loads(body)).repositories
