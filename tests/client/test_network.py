"""How a client gets to the server, as arguments and environment say; and what is told where that makes no sense."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration import _network

from .conftest import TRUST, AnyClient
from .loopback import CREDENTIAL, Server, created

PASSWORD = "PasswordOfTheProxy"


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"SSL_CERT_FILE": "/nowhere"}, "SSL_CERT_FILE names no certificates to trust: No such file"),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE names no certificates to trust: the file holds none"),
        ({"HTTPS_PROXY": f"http://user:{PASSWORD}@["}, "HTTPS_PROXY is no address"),
        ({"HTTPS_PROXY": f"http://user:{PASSWORD}@proxy:port"}, "HTTPS_PROXY is no address"),
        ({"HTTPS_PROXY": f"http://user:{PASSWORD}@proxy:99999"}, "HTTPS_PROXY is no address"),
        ({"http_proxy": f"gopher://user:{PASSWORD}@proxy"}, "HTTP_PROXY is no address"),
        ({"ALL_PROXY": "http://"}, "ALL_PROXY is no address"),
        ({"ALL_PROXY": f"socks5://user:{PASSWORD}@proxy"}, r"httpx\[socks\]"),
        ({"NO_PROXY": "localhost,[::1]"}, "NO_PROXY cannot be read.*without brackets"),
    ],
    ids=str,
)
def test_an_environment_that_makes_no_sense_is_a_value_error_that_names_the_variable(
    kind: Any, variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=told) as caught:
        kind(CREDENTIAL, base_url="https://ghe.example")
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
def test_certificates_that_are_not_there_are_a_value_error(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^verify names no certificates to trust: No such file or directory$"):
        kind(CREDENTIAL, verify=tmp_path / "ca.pem")


def test_the_callers_own_http_client_is_nothing_of_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    with httpx.Client(verify=TRUST, trust_env=False) as http_client:
        rr.Client(CREDENTIAL, http_client=http_client)


@pytest.mark.parametrize(
    ("base_url", "variables", "named"),
    [
        ("https://ghe.example", {}, None),
        ("https://ghe.example", {"HTTPS_PROXY": "http://proxy:3128"}, "HTTPS_PROXY"),
        ("https://ghe.example", {"ALL_PROXY": "proxy:3128"}, "ALL_PROXY"),
        ("https://ghe.example", {"HTTP_PROXY": "http://proxy:3128"}, None),
        ("https://ghe.example", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "ghe.example"}, None),
        ("https://ghe.example", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".example"}, None),
        ("http://127.0.0.1:4010", {"HTTP_PROXY": "http://proxy:3128"}, None),
        ("https://localhost", {"HTTPS_PROXY": "http://proxy:3128"}, None),
        ("http://127.0.0.1:4010", {"HTTP_PROXY": "http://127.0.0.1:3128"}, "HTTP_PROXY"),
    ],
)
def test_a_proxy_on_the_way_is_known_by_its_variable(
    base_url: str, variables: dict[str, str], named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _network.proxy_variable(base_url) == named


def test_what_is_meant_for_this_machine_goes_to_no_proxy_elsewhere_over_tls_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere.example:3128")
    for base_url, proxies in (("https://localhost", 0), ("https://ghe.example", 1)):
        with _network.connect(httpx.Client, TRUST, base_url) as http_client:
            assert len(http_client._mounts) == proxies


@pytest.mark.usefixtures("quick")
def test_a_proxy_that_cannot_be_reached_is_not_mistaken_for_the_server(
    make_client: Callable[..., AnyClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(
        rr.APIConnectionError, match=r"no connection to ghe\.example.*Or it is the proxy that HTTPS_PROXY"
    ):
        make_client("https://ghe.example").create_registration_token_for_org("octo-org")


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # each loop ends with its connection open
def test_a_client_forgets_the_connections_of_loops_that_are_closed(server: Server) -> None:
    server.answer(created())
    client = rr.AsyncClient(CREDENTIAL, base_url=server.url, verify=TRUST)
    for _ in range(3):
        asyncio.run(client.create_registration_token_for_org("octo-org"))
    assert len(client._https) == 1
    del client
    gc.collect()


def test_folders_of_certificates_that_are_not_there_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere:/neither")
    with rr.Client(CREDENTIAL) as client:
        assert repr(client) == "<Client https://api.github.com>"
