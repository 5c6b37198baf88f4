"""A server on loopback that responds by path, and a package registry made from it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from urllib.parse import unquote

from pipeline.upstream import MEMBER, PACKAGE, Pin
from runner_registration.testing._http import Fault, HTTPRequest, HTTPResponse, HTTPServer


class Server(HTTPServer):
    """Responds with the body in `responses` for the path, or 404. If the body is None, it never responds."""

    def __init__(self) -> None:
        self.responses: dict[str, bytes | None] = {}
        super().__init__(self._find)

    def _find(self, request: HTTPRequest) -> HTTPResponse:
        body = self.responses.get(unquote(request.path), b"")
        if body is None:
            return HTTPResponse(200, {}, fault=Fault.SILENCE)
        return HTTPResponse(200 if body else 404, {}, body)


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
