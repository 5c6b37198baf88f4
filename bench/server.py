"""A server that responds as GitHub does and costs as little as possible: `python -m bench.server [CERTIFICATE]`.

It prints its address, and runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from .bodies import token

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TOKEN = token(datetime.now(UTC) + timedelta(hours=1))


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


_RESPONSES = {
    b"POST /orgs/octo-org/actions/runners/registration-token HTTP/1.1": _response("201 Created", _TOKEN),
    # The sign-in of a GitHub App.
    b"GET /orgs/octo-org/installation HTTP/1.1": _response("200 OK", b'{"id":1,"app_id":1}'),
    b"POST /app/installations/1/access_tokens HTTP/1.1": _response("201 Created", _TOKEN),
}
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serving(certificate: Path | None = None) -> Generator[str]:
    """Run the server, with TLS if there is a certificate, and yield its URL."""
    command = [sys.executable, "-m", "bench.server", *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        yield process.stdout.readline().strip()
        process.stdin.close()


class _Connection(asyncio.Protocol):
    """Responds with a token, or with 404 to a request that has no credential or another path: that fails the run."""

    _received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and len(body) >= (int(length[1]) if length else 0):
            self._received = b""
            response = _RESPONSES.get(head.partition(b"\r\n")[0])
            is_signed = b"\r\nauthorization: " in head.lower()
            self._transport.write(response if response and is_signed else _NOT_FOUND)


async def _serve(certificate: str | None) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
    if tls and certificate:
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, ssl=tls)
    print(f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1] if sys.argv[1:] else None))
