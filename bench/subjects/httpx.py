"""httpx alone, with json.loads: what everything else is compared with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from bench.bodies import PATH

NAME = "httpx"
DISTRIBUTION = "httpx"
IMPORT = "import httpx"
FIRST_CALL = f"""
import json, sys, httpx
with httpx.Client(base_url=sys.argv[1], headers={{"Authorization": "Bearer secret"}}) as client:
    json.loads(client.post("{PATH}").content)["token"]
"""
POST = f"""
import sys, httpx
httpx.post(sys.argv[1] + "{PATH}", headers={{"Authorization": "Bearer secret"}}).json()
"""

_HEADERS = {"Authorization": "Bearer secret"}


def call(url: str) -> Callable[[], Any]:
    """Ask for a token."""
    import httpx

    client = httpx.Client(base_url=url, headers=_HEADERS)
    return lambda: json.loads(client.post(PATH).content)


def async_call(url: str) -> Callable[[], Awaitable[Any]]:
    """The same, for asyncio."""
    import httpx

    client = httpx.AsyncClient(base_url=url, headers=_HEADERS)

    async def call() -> Any:
        return json.loads((await client.post(PATH)).content)

    return call
