"""Stand-ins for what recipes use: GitHub behind TLS, AWS KMS, Vault, a runner, other commands."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from runner_registration.testing import RegistrationServer
from runner_registration.testing._http import HTTPRequest, HTTPResponse, HTTPServer
from tests.certificates import server_context

NOTE = """#!/bin/sh
{ printf '%s\\n' "$(basename "$0")" "$@"; } > "$(dirname "$0")/$(basename "$0").arguments"
printf '%s' "${ACTIONS_RUNNER_INPUT_TOKEN-}" > "$(dirname "$0")/$(basename "$0").token"
"""
"""A command that records how it was called, and then runs what follows."""


def command(path: Path, then: str = "") -> Path:
    """Write a command that records its arguments and the token in its environment."""
    path.write_text(NOTE + then)
    path.chmod(0o755)
    return path


def arguments(path: Path) -> list[str]:
    return Path(f"{path}.arguments").read_text().splitlines()[1:]


def token(path: Path) -> str:
    return Path(f"{path}.token").read_text()


BOTO3 = """
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class client:
    def __init__(self, service):
        assert service == "kms"
        self.key = load_pem_private_key(Path("app.private-key.pem").read_bytes(), None)

    def sign(self, *, KeyId, Message, MessageType, SigningAlgorithm):
        assert (KeyId, MessageType, SigningAlgorithm) == ("alias/runners-app", "RAW", "RSASSA_PKCS1_V1_5_SHA_256")
        return {"Signature": self.key.sign(Message, PKCS1v15(), SHA256())}
"""
"""AWS KMS, as far as the recipe needs it."""


@contextlib.contextmanager
def vault(key: rsa.RSAPrivateKey) -> Generator[str]:
    """Vault's transit engine, as far as the recipe needs it."""

    def respond(request: HTTPRequest) -> HTTPResponse:
        assert request.target == "/v1/transit/sign/runners-app/sha2-256"
        assert request.header("x-vault-token") == "hvs.token"
        body = json.loads(request.body)
        assert body["signature_algorithm"] == "pkcs1v15"
        signature = key.sign(base64.b64decode(body["input"]), PKCS1v15(), SHA256())
        data = {"data": {"signature": f"vault:v1:{base64.b64encode(signature).decode()}"}}
        return HTTPResponse(200, {"Content-Type": "application/json"}, json.dumps(data).encode())

    with HTTPServer(respond) as server:
        yield server.url


@contextlib.contextmanager
def host(
    name: str, server: RegistrationServer, ca_file: Path, monkeypatch: pytest.MonkeyPatch, credentials: str = ""
) -> Generator[str]:
    """Let the harness be a host with a certificate, behind a proxy. Write its CA's certificate to a file.

    Args:
        name: The name of the host.
        server: The harness, which the environment then no longer leads to.
        ca_file: The file for the certificate.
        monkeypatch: Changes the environment.
        credentials: `USER:PASSWORD` that the proxy requires, if any.
    """
    for variable in ("GITHUB_API_URL", "RUNNER_REGISTRATION_API_URL"):
        monkeypatch.delenv(variable)
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    context = certified(name, ca_file)
    required = f"Basic {base64.b64encode(credentials.encode()).decode()}"

    def respond(request: HTTPRequest) -> HTTPResponse | Callable[[socket.socket], None]:
        accepted = not credentials or request.header("proxy-authorization") == required
        return tunnel if accepted else HTTPResponse(407, {})

    def tunnel(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            contextlib.suppress(OSError),  # a client may end the connection whenever it likes
            context.wrap_socket(connection, server_side=True) as client,
            socket.create_connection(address) as harness,
        ):
            threading.Thread(target=pump, args=(harness, client), daemon=True).start()
            pump(client, harness)

    with HTTPServer(respond) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield proxy.url


def certified(name: str, ca_file: Path) -> ssl.SSLContext:
    """Return a server's SSL context for this host, with a new CA, whose certificate is written to the file."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(ca_file))
    return server_context(ca, name)


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
