"""What stands where a recipe meets the world: GitHub behind TLS or in front of an App, a runner, other commands."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import trustme

NOTE = """#!/bin/sh
{ printf '%s\\n' "$(basename "$0")" "$@"; } > "$(dirname "$0")/$(basename "$0").arguments"
printf '%s' "${ACTIONS_RUNNER_INPUT_TOKEN-}" > "$(dirname "$0")/$(basename "$0").token"
"""
"""A command that notes how it was called, and does what follows."""


def command(path: Path, then: str = "") -> Path:
    """Put a command there that notes its arguments and the token in its environment."""
    path.write_text(NOTE + then)
    path.chmod(0o755)
    return path


def arguments(path: Path) -> list[str]:
    return Path(f"{path}.arguments").read_text().splitlines()[1:]


def token(path: Path) -> str:
    return Path(f"{path}.token").read_text()


class AppServer:
    """Makes installation tokens for one App, and passes on what comes with the last of them."""

    def __init__(self, upstream: str, public_key: str) -> None:
        self.upstream = upstream
        self.made: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self._public_key = public_key

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        bearer = headers["Authorization"].removeprefix("Bearer ")
        if path == "/app/installations/7/access_tokens":
            jwt.decode(bearer, self._public_key, algorithms=["RS256"], issuer="Iv1.app")
            self.asked.append(json.loads(body))
            self.made.append(f"ghs_installation{len(self.made)}")
            expires_at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            return 201, json.dumps({"token": self.made[-1], "expires_at": expires_at}).encode()
        if bearer != self.made[-1]:
            return 401, b'{"message": "Bad credentials"}'
        passed_on = httpx.post(self.upstream + path, headers={"Authorization": headers["Authorization"]})
        return passed_on.status_code, passed_on.content


@contextlib.contextmanager
def http_server(answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes]]) -> Generator[str]:
    """An HTTP server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, content = answer(self.path, dict(self.headers), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def certified(host: str, ca_file: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for this host of a new CA, whose own is put into the file."""
    ca: Any = trustme.CA()
    ca.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(host).configure_cert(context)
    return context


@contextlib.contextmanager
def tls_proxy(port: int, context: ssl.SSLContext) -> Generator[str]:
    """An HTTP proxy by which every host that is asked for over TLS is the server on this port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), connection:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(1)
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with (
                    context.wrap_socket(connection, server_side=True) as client,
                    socket.create_connection(("127.0.0.1", port)) as server,
                ):
                    threading.Thread(target=pump, args=(server, client), daemon=True).start()
                    pump(client, server)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
