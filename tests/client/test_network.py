"""How both clients connect: the proxy they use, and what an unusable environment leads to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import trustme

import runner_registration as rr
from tests.certificates import trusting
from tests.responses import CREDENTIAL, PATH, TOKEN

from .conftest import TRUST, MakeClient
from .loopback import Server, http

PASSWORD = "PasswordOfTheProxy"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Stand-in for all other machines: every name resolves to loopback."""
    resolve = socket.getaddrinfo

    def on_loopback(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if name.endswith(".example") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", on_loopback)
    with Server() as server:
        yield server


@pytest.mark.parametrize("kind", [rr.Client, rr.AsyncClient])
@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"SSL_CERT_FILE": "/nowhere"}, "^SSL_CERT_FILE does not lead to CA certificates: No such file"),
        ({"HTTPS_PROXY": f"http://user:{PASSWORD}@["}, "^HTTPS_PROXY is not a valid proxy address"),
        ({"ALL_PROXY": f"socks5://user:{PASSWORD}@proxy"}, r"^ALL_PROXY names a SOCKS proxy.*httpx\[socks\]"),
    ],
    ids=str,
)
def test_an_unusable_environment_is_a_value_error_that_names_the_variable(
    kind: Any, variables: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=problem) as caught:
        kind(CREDENTIAL, base_url="https://ghe.example")
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_environment_does_not_matter_to_an_http_client_of_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[")
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys")
    with httpx.Client(verify=TRUST, trust_env=False) as http_client:
        rr.Client(CREDENTIAL, http_client=http_client)


def test_a_proxy_of_the_environment_is_used(
    elsewhere: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:{PASSWORD}@proxy.example:{elsewhere.port}")
    client = make_client("http://ghe.example", allow_http=True)
    assert client.create_registration_token_for_org("octo-org").token == TOKEN
    assert [request.path for request in elsewhere.requests] == [
        f"http://ghe.example{PATH.replace('/orgs', '/api/v3/orgs')}"
    ]
    assert elsewhere.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_an_excluded_host_gets_its_requests_directly(
    elsewhere: Server, server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://proxy.example:{elsewhere.port}")
    for no_proxy in ("ghe.corp.example.", "fd00::/8 .corp.example", f"x, corp.example:{server.port}"):
        monkeypatch.setenv("NO_PROXY", no_proxy)
        client = make_client(f"http://ghe.corp.example:{server.port}", allow_http=True)
        client.create_registration_token_for_org("octo-org")
    assert (len(server.requests), elsewhere.connections) == (3, 0)


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "proxy.example:3128", "http://user:pass@192.0.2.1"])
def test_a_request_to_this_machine_goes_to_no_proxy_elsewhere(
    proxy: str, server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert make_client(server.url).create_registration_token_for_org("octo-org").token == TOKEN


def test_a_proxy_on_this_machine_may_be_used_for_this_machine(
    server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    make_client("http://127.0.0.1:1").create_registration_token_for_org("octo-org")
    assert server.requests[0].path == f"http://127.0.0.1:1{PATH}"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_redirect_to_https_on_this_machine_does_not_leave_it(
    variable: str, elsewhere: Server, server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.respond(http(307, headers={"Location": f"{server.url.replace('http', 'https')}/x"}))
    monkeypatch.setenv(variable, f"http://proxy.example:{elsewhere.port}")
    with pytest.raises(rr.APIConnectionError, match="does not speak TLS"):
        make_client(server.url, max_retries=1).create_registration_token_for_org("octo-org")
    assert (server.connections, elsewhere.connections) == (2, 0)


@pytest.mark.usefixtures("elsewhere")
def test_a_proxy_that_is_reached_over_tls_is_verified_like_the_server(
    tls_server: Server, authority: trustme.CA, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", tls_server.url)
    with pytest.raises(rr.APIConnectionError, match="The certificate of the proxy in HTTP_PROXY is not trusted"):
        make_client("http://ghe.example", allow_http=True).create_registration_token_for_org("octo-org")
    client = make_client("http://ghe.example", allow_http=True, verify=trusting(authority))
    assert client.create_registration_token_for_org("octo-org").token == TOKEN
