"""GitHub as fast as it can be: canned bytes over keep-alive connections, in a process of its own.

`python -m bench.server` prints its address, and lives until its standard input ends.
`GET /count` tells how many tokens were asked for.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from subprocess import PIPE, Popen
from urllib.request import urlopen

from . import bodies

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Server:
    """The server, to those who start it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def count(self) -> int:
        """How many tokens were asked for until now."""
        with urlopen(f"{self.url}/count") as response:  # noqa: S310 - http to loopback
            return int(response.read())


@contextmanager
def serving() -> Generator[Server]:
    """Run the server."""
    with Popen([sys.executable, "-m", "bench.server"], stdin=PIPE, stdout=PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        try:
            yield Server(process.stdout.readline().strip())
        finally:
            process.stdin.close()


class _Answers:
    def __init__(self, now: datetime) -> None:
        self.count = 0
        self._created = _answer("201 Created", bodies.token(now), now)

    def to(self, head: bytes) -> bytes:
        """Answer a request."""
        line, _, headers = head.partition(b"\r\n")
        if line == f"POST {bodies.PATH} HTTP/1.1".encode() and b"authorization: " in headers.lower():
            self.count += 1
            return self._created
        if line.startswith(b"GET /count "):
            return _answer("200 OK", str(self.count).encode(), datetime.now(UTC))
        # What a subject must not ask for: it fails then, in place of being measured.
        return _answer("404 Not Found", b'{"message":"Not Found","status":"404"}', datetime.now(UTC))


class _Connection(asyncio.Protocol):
    def __init__(self, answers: _Answers) -> None:
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_END)
        if not end:
            return
        length = _LENGTH.search(head)
        if length is None or len(body) >= int(length[1]):
            self._received = b""
            self._transport.write(self._answers.to(head))


def _answer(status: str, body: bytes, now: datetime) -> bytes:
    """The headers are those that every answer of GitHub's API has and that some client reads."""
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4987",
        "X-RateLimit-Reset": str(int(now.timestamp()) + 3600),
        "X-RateLimit-Used": "13",
        "X-RateLimit-Resource": "core",
        "Server": "github.com",
        "X-GitHub-Request-Id": "D0E4:3B7E0F:2A9F1C3:5C1D2E7:67C1A2B3",
    }
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + _END + body


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    answers = _Answers(datetime.now(UTC))
    server = await loop.create_server(lambda: _Connection(answers), "127.0.0.1", 0)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
