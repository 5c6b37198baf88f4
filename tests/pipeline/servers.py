"""A server on loopback that responds by path, and a package registry made from it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import unquote, urlsplit

from pipeline.upstream import MEMBER, PACKAGE, Pin


class Server(ThreadingHTTPServer):
    """Responds with the body in `responses` for the path, or 404. If the body is None, it waits until it is closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.responses: dict[str, bytes | None] = {}
        self.closed = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = cast("Server", self.server)
        body = server.responses.get(unquote(urlsplit(self.path).path), b"")
        if body is None:
            server.closed.wait(60)
            return
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""


@contextmanager
def serving() -> Generator[Server]:
    """Run a server until the context ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closed.set()
            server.shutdown()
            thread.join()


def pack(member: bytes, name: str = MEMBER) -> bytes:
    """Return a tarball with that member."""
    tarball = io.BytesIO()
    with tarfile.open(fileobj=tarball, mode="w:gz") as archive:
        manifest = json.dumps({"name": PACKAGE, "version": "1.2.3"}).encode()
        for path, content in (("package/package.json", manifest), (name, member)):
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return tarball.getvalue()


def integrity(tarball: bytes) -> str:
    """Return the hash of a tarball in npm's notation."""
    return f"sha512-{base64.b64encode(hashlib.sha512(tarball).digest()).decode()}"


def publish(registry: Server, version: str, tarball: bytes) -> Pin:
    """Publish one version of the package in the registry."""
    path = f"/{PACKAGE}/-/openapi-{version}.tgz"
    dist = {"tarball": f"{registry.url}{path}", "integrity": integrity(tarball)}
    manifest = {"name": PACKAGE, "version": version, "dist": dist}
    packument = {"name": PACKAGE, "dist-tags": {"latest": version}, "versions": {version: manifest}}
    registry.responses = {f"/{PACKAGE}": json.dumps(packument).encode(), path: tarball}
    return Pin(version, dist["integrity"])
