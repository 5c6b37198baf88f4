"""The harness's HTTP server, with GitHub's headers. It runs in the process that does nothing but wait for a client."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ssl import SSLContext

from runner_registration.testing._http import HTTPRequest, HTTPResponse, HTTPServer

from .bodies import token


def _response(status: str, body: bytes) -> bytes:
    head = f"""HTTP/1.1 {status}
Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}
Content-Type: application/json; charset=utf-8
Content-Length: {len(body)}
Cache-Control: no-store
X-GitHub-Media-Type: github.v3; format=json
X-GitHub-Api-Version-Selected: 2022-11-28
X-RateLimit-Limit: 5000
X-RateLimit-Remaining: 4987
X-RateLimit-Reset: {datetime.now(UTC).timestamp() + 3600:.0f}
X-RateLimit-Used: 13
X-RateLimit-Resource: core
Server: github.com
X-GitHub-Request-Id: D0E4:3B7E0F:2A9F1C3:5C1D2E7:67C1A2B3

"""
    return head.replace("\n", "\r\n").encode() + body


@contextmanager
def serving(tls: SSLContext | None = None) -> Generator[str]:
    """Run the server, and yield its URL. What it does not know, or lacks a credential, gets 404: that fails the run."""
    body = token(datetime.now(UTC) + timedelta(hours=1))
    responses = {
        ("POST", "/orgs/octo-org/actions/runners/registration-token"): _response("201 Created", body),
        # The sign-in of a GitHub App.
        ("GET", "/orgs/octo-org/installation"): _response("200 OK", b'{"id":1,"app_id":1}'),
        ("POST", "/app/installations/1/access_tokens"): _response("201 Created", body),
    }

    def respond(request: HTTPRequest) -> HTTPResponse | bytes:
        response = responses.get((request.method, request.path))
        return response if response and request.header("authorization") else HTTPResponse(404, {})

    with HTTPServer(respond, tls=tls) as server:
        yield server.url
