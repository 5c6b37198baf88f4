"""A server whose tokens tell for which organization they were requested."""

from __future__ import annotations

import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner_registration.testing._http import HTTPRequest, HTTPServer

from .loopback import created

if TYPE_CHECKING:
    import ssl


def organization(request: HTTPRequest) -> str:
    found = re.search(r"/orgs/([^/]+)/", request.target)
    assert found is not None
    return found[1]


def token_of(org: str) -> str:
    return f"TOKENOF{org.upper().replace('-', '')}"


@contextmanager
def organization_server(*, tls: ssl.SSLContext | None = None, delay: float = 0.0) -> Generator[HTTPServer]:
    """Respond to each request, after some seconds, with a token that contains the organization's name."""

    def respond(request: HTTPRequest) -> bytes:
        time.sleep(delay)
        return created(token=token_of(organization(request)))

    server = HTTPServer(respond, tls=tls)
    try:
        yield server
    finally:
        server.close()
