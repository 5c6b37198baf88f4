"""Which certificates are trusted, and what unusable ones lead to."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509

import runner_registration as rr
from runner_registration import _tls
from tests.responses import CREDENTIAL, TOKEN

from .conftest import MakeClient
from .loopback import Server

URL = "https://ghe.example"


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The CA, as a file by itself and in a folder of CAs."""
    path = tmp_path / hashed_name(authority)
    authority.cert_pem.write_to_path(path)
    return path


@pytest.mark.parametrize("way", ["path", "text", "folder", "context", "none"])
def test_verify_takes_a_path_a_context_or_false(
    way: str, tls_server: Server, ca_file: Path, make_client: MakeClient
) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    ways = {"path": ca_file, "text": str(ca_file), "folder": ca_file.parent, "context": context, "none": False}
    verify = ways[way]
    assert make_client(tls_server.url, verify=verify).create_registration_token_for_org("octo-org").token == TOKEN


@pytest.mark.parametrize(
    "setting", ["SSL_CERT_FILE={0}", "SSL_CERT_FILE={0.parent}", "SSL_CERT_DIR=/nowhere:{0.parent}"]
)
def test_the_environment_names_the_certificates_to_trust(
    setting: str, tls_server: Server, ca_file: Path, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, path = setting.format(ca_file).partition("=")
    monkeypatch.setenv(name, path)
    assert make_client(tls_server.url, verify=True).create_registration_token_for_org("octo-org").token == TOKEN


@pytest.mark.parametrize("verify", ["", " ", "\n", ".", "./", Path()])
def test_an_empty_path_is_not_the_working_directory(
    verify: Any, make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in (URL, "http://127.0.0.1:1"):
        with pytest.raises(ValueError, match=r"^verify is empty"):
            make_client(url, verify=verify)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_an_empty_variable_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    default = _tls.ssl_context(verify=True, base_url=URL).cert_store_stats()
    monkeypatch.setenv(name, "")
    assert _tls.ssl_context(verify=True, base_url=URL).cert_store_stats() == default
    assert default["x509_ca"] > 0


@pytest.mark.parametrize("verify", [None, 0, 1, b"ca.pem", ["ca.pem"], object()])
def test_verify_of_another_type_is_a_type_error(verify: Any, make_client: MakeClient) -> None:
    with pytest.raises(TypeError, match=r"^verify is not"):
        make_client(URL, verify=verify)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/nowhere/ca.pem", "verify does not lead to CA certificates: No such file or directory"),
        ("x" * 300, "verify does not lead to CA certificates: File name too long"),
        (__file__, "verify contains no certificate that can be read"),
        ("/dev/null", "verify contains no certificate that can be read"),
        ("ca\0.pem", "verify is not a valid path"),
    ],
)
def test_certificates_that_cannot_be_read_are_a_value_error(path: str, problem: str, make_client: MakeClient) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        make_client(URL, verify=path)


@pytest.mark.parametrize("source", ["verify", "SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize(
    ("key_log", "reason"), [("nowhere/keys", "No such file or directory"), (".", "Is a directory")]
)
def test_a_key_log_that_cannot_be_written_is_not_blamed_on_the_certificates(
    source: str, key_log: str, reason: str, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ca_file.parent)
    monkeypatch.setenv("SSLKEYLOGFILE", key_log)
    path = str(ca_file.parent if source == "SSL_CERT_DIR" else ca_file)
    if source != "verify":
        monkeypatch.setenv(source, path)
    with pytest.raises(ValueError, match=f"^SSLKEYLOGFILE cannot be written: {reason}"):
        _tls.ssl_context(path if source == "verify" else True, URL)


def test_a_key_log_is_written(
    tls_server: Server, ca_file: Path, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    make_client(tls_server.url, verify=ca_file).create_registration_token_for_org("octo-org")
    assert "TRAFFIC_SECRET" in (tmp_path / "keys.log").read_text()


def test_folders_that_do_not_exist_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere:/neither")
    with rr.Client(CREDENTIAL) as client:
        assert repr(client) == "<Client https://api.github.com>"


def test_a_context_from_before_truststore_replaced_the_class_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.create_default_context()

    class Injected:
        """What truststore.inject_into_ssl() puts in the place of ssl.SSLContext; older contexts are not of its kind."""

    monkeypatch.setattr(ssl, "SSLContext", Injected)
    assert _tls.ssl_context(context, URL) is context


def status(url: str, context: ssl.SSLContext) -> int:
    return httpx.post(url, verify=context).status_code


def async_status(url: str, context: ssl.SSLContext) -> int:
    async def post() -> int:
        async with httpx.AsyncClient(verify=context) as http_client:
            return (await http_client.post(url)).status_code

    return asyncio.run(post())


@pytest.mark.parametrize("post", [status, async_status])
def test_certificates_are_read_for_plain_http_when_tls_begins(
    post: Callable[[str, ssl.SSLContext], int],
    tls_server: Server,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))  # does not exist yet
    context = _tls.ssl_context(verify=True, base_url="http://ghe.example")
    # The oldest httpcore does not wrap the error.
    with pytest.raises(
        (httpx.ConnectError, ssl.SSLError),
        match=r"SSL_CERT_FILE does not lead to CA certificates: No such file or directory( \(_ssl.*)?$",
    ):
        post(tls_server.url, context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert post(tls_server.url, context) == 201


def hashed_name(authority: trustme.CA) -> str:
    """Compute the file name under which OpenSSL looks for a CA in a folder: a hash of its subject in lower case."""
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    encoded = subject.public_bytes()
    for attribute in subject:
        value = str(attribute.value).encode()
        encoded = encoded.replace(value, value.lower())
    digest = hashlib.sha1(encoded[2:], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}.0"
