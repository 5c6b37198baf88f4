"""Each cause of a failed attempt has its own advice and is retried only if that can help."""

from __future__ import annotations

import asyncio
import errno
import pickle
import re
import socket
import ssl
import sys
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import runner_registration as rr
from runner_registration._call import RequestInfo
from runner_registration._connection_errors import connection_error
from runner_registration._redaction import Secrets
from tests.certificates import server_context, trusting
from tests.responses import CREDENTIAL, RESPONSES, TOKEN

from .conftest import TRUST, MakeClient
from .loopback import Server, created, cut, http

REQUEST = RequestInfo("POST", "/x", "https://ghe.example", "2022-11-28")


def caused(exception: BaseException, *causes: BaseException) -> Any:
    """Chain exceptions as the HTTP libraries do: some by cause, some by context alone."""
    for effect, cause in zip((exception, *causes), causes, strict=False):
        effect.__cause__, effect.__context__, effect.__suppress_context__ = None, cause, True
    return exception


def certificate_error(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, f"certificate verify failed: {message}")
    error.verify_code, error.verify_message = code, message
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, reason)
    error.reason = reason
    return error


def connect(*causes: BaseException) -> Any:
    return caused(httpx.ConnectError("x"), *causes)


def refused(code: int) -> Any:
    return connect(certificate_error(code))


def failed(reason: str) -> Any:
    return connect(tls_error(reason))


def status_error(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "https://login.example")
    return httpx.HTTPStatusError("x", request=request, response=httpx.Response(status))


CLOSED = "ghe.example closed the connection before the response was complete"

RETRIED: list[tuple[Exception, str]] = [
    (httpx.ReadTimeout("x"), "Timed out: no complete response from ghe.example within 30 s."),
    (httpx.ConnectTimeout("x"), "Timed out: no complete response from ghe.example within 30 s."),
    (TimeoutError(), "Timed out: no complete response from ghe.example within 30 s."),
    (connect(OSError(errno.ECONNREFUSED, "x")), "Cannot connect to ghe.example: Connection refused."),
    (connect(OSError("x"), ExceptionGroup("x", [OSError(errno.EHOSTUNREACH, "x")])), "No route to host."),
    (OSError(errno.ENETUNREACH, "x"), "Cannot connect to ghe.example: Network is unreachable."),
    (OSError(10**30, "x"), "Cannot connect to ghe.example."),
    (OSError("x", "x"), "Cannot connect to ghe.example."),
    (connect(socket.gaierror(socket.EAI_AGAIN, "x")), "Cannot resolve ghe.example: DNS failed."),
    (connect(ssl.SSLEOFError(8, "x")), f"{CLOSED}."),
    (failed("TLSV1_ALERT_INTERNAL_ERROR"), "TLS with ghe.example failed (TLSV1_ALERT_INTERNAL_ERROR)."),
    (connect(ssl.SSLError("x")), "TLS with ghe.example failed."),
    (caused(httpx.ReadError("x"), OSError(errno.ECONNRESET, "x")), f"{CLOSED}: Connection reset by peer."),
    (httpx.WriteError("x"), f"{CLOSED}."),
    (httpx.RemoteProtocolError("Server disconnected."), "ghe.example closed the connection before responding."),
    (httpx.RemoteProtocolError("peer closed connection without sending complete message body (x)"), f"{CLOSED}."),
    (httpx.RemoteProtocolError("<ConnectionTerminated error_code:0, additional_data:None>"), f"{CLOSED}."),
    (httpx.RemoteProtocolError("illegal status line: x"), "ghe.example sent a response that is not valid HTTP."),
    (httpx.ProxyError("503 Busy"), "The proxy did not connect to ghe.example: 503 Service Unavailable."),
    (status_error(503), "a request of the httpx.Auth got 503 Service Unavailable."),
    (httpx.ProxyError("599 x"), "The proxy did not connect to ghe.example: 599."),
    (httpx.ProxyError("Proxy Server could not connect: x."), "The proxy did not connect to ghe.example."),
]

NOT_RETRIED: list[tuple[Exception, str]] = [
    (connect(socket.gaierror(socket.EAI_NONAME, "x")), "Cannot resolve ghe.example: the host name is unknown."),
    (refused(10), "The certificate of ghe.example has expired. Renew it on the server, or correct the clock"),
    (refused(9), "ghe.example is not valid yet. Correct the clock of this machine, which shows 20"),
    (refused(62), "ghe.example is for another host name. Use a name that the certificate contains"),
    (refused(64), "ghe.example is for another host name."),
    (refused(18), "is not trusted: it is self-signed. Pass it as verify or in SSL_CERT_FILE."),
    (refused(19), "is not trusted: its CA is unknown. Pass the CA's certificate as verify or in SSL_CERT_FILE."),
    (refused(20), "is not trusted: its CA is unknown"),
    (refused(21), "is not trusted: its CA is unknown"),
    (refused(66), "has a key or a signature that is too weak"),
    (refused(85), "Python 3.13 and later check: it has no Authority Key Identifier. Issue it again"),
    (refused(92), "Issue it again, or pass an ssl.SSLContext without ssl.VERIFY_X509_STRICT as verify."),
    (refused(23), "was not accepted (X.509 error 23)."),
    (connect(ssl.SSLCertVerificationError("x")), "The certificate of ghe.example was not accepted (X.509 error 0)."),
    (failed("WRONG_VERSION_NUMBER"), "ghe.example does not speak TLS. Check the port and https:// in the URL."),
    (failed("TLSV1_ALERT_PROTOCOL_VERSION"), "have no version of TLS in common"),
    (failed("SSL/TLS_ALERT_HANDSHAKE_FAILURE"), "refused the TLS handshake. If it requires a client certificate"),
    (failed("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "requires a client certificate"),
    (failed("TLSV1_ALERT_UNKNOWN_CA"), "did not accept the client certificate"),
    (failed("UNSAFE_LEGACY_RENEGOTIATION_DISABLED"), "supports only TLS settings that are not safe enough"),
    (failed("TLSV1_UNRECOGNIZED_NAME"), "has no certificate for this host name"),
    (httpx.ProxyError("407 Who are you"), "407 Proxy Authentication Required. The proxy requires credentials."),
    (httpx.ProxyError("403 No"), "The proxy did not connect to ghe.example: 403 Forbidden."),
    (httpx.ProxyError("Invalid username/password"), "The proxy did not accept the login."),
    (httpx.RemoteProtocolError("Invalid URL in location header: x."), "redirects to an address that cannot be read"),
    (UnicodeError("x"), "ghe.example redirects to an address that cannot be read"),
    (status_error(403), "a request of the httpx.Auth got 403 Forbidden."),
    (httpx.LocalProtocolError("x"), "The request cannot be sent to ghe.example (LocalProtocolError)."),
]


CAUSES = [(*row, True) for row in RETRIED] + [(*row, False) for row in NOT_RETRIED]


@pytest.mark.parametrize(
    ("exception", "message", "retryable"), CAUSES, ids=[f"{number}. {row[1]}" for number, row in enumerate(CAUSES)]
)
def test_each_cause_has_its_own_message(
    exception: Exception,
    message: str,
    retryable: bool,  # noqa: FBT001 - a column
) -> None:
    attempt = connection_error(exception, REQUEST, Secrets(), 30.0)
    assert message in str(attempt.error)
    assert str(attempt.error).startswith("POST /x: ")
    assert re.search(r"[^.]\.$", str(attempt.error))
    assert attempt.retryable is retryable
    again = pickle.loads(pickle.dumps(attempt.error))  # noqa: S301 - our own
    assert again._retryable is retryable
    assert type(again) is type(attempt.error)


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        (connect(OSError(errno.ECONNREFUSED, "x")), "Cannot connect to the proxy in HTTPS_PROXY: Connection refused."),
        (connect(socket.gaierror(socket.EAI_NONAME, "x")), "Cannot resolve the proxy in HTTPS_PROXY: the host name"),
        (httpx.ReadTimeout("x"), "from ghe.example (through the proxy in HTTPS_PROXY) within 30 s"),
        (refused(19), "A proxy that inspects TLS, as the proxy in HTTPS_PROXY may, uses its own CA."),
        (failed("WRONG_VERSION_NUMBER"), "Check the port and https:// in the URL, and in HTTPS_PROXY."),
        (httpx.ProxyError("407 x"), "Put them into the proxy's URL: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."),
    ],
    ids=str,
)
def test_a_proxy_is_named_where_it_may_be_the_cause(exception: Exception, message: str) -> None:
    request = REQUEST._replace(proxy="HTTPS_PROXY")
    assert message in str(connection_error(exception, request, Secrets(), 30.0).error)


KINDS: list[Callable[[str], BaseException]] = [
    *(httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, httpx.LocalProtocolError, httpx.ProxyError),
    *(httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.StreamError, httpx.DecodingError, httpx.ReadTimeout),
    *(OSError, ConnectionResetError, UnicodeError, ssl.SSLError, ssl.SSLEOFError, ssl.SSLCertVerificationError),
    *(partial(OSError, errno.ECONNRESET), partial(socket.gaierror, socket.EAI_NONAME), tls_error),
    *(partial(certificate_error, code) for code in (10, 19, 62, 85, 99)),
]
STARTS = [
    "",
    "407 ",
    "503 ",
    "Proxy Server could not connect: ",
    "Requested ",
    "peer closed ",
    "<",
    "Server disconnected ",
]


@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    start=st.sampled_from(STARTS),
    text=st.text(max_size=9),
)
def test_no_text_of_an_exception_is_shown(kinds: list[Callable[[str], Any]], start: str, text: str) -> None:
    exception = caused(*(kind(f"{start}{text}{TOKEN}{text}") for kind in kinds))
    assert TOKEN not in str(connection_error(exception, REQUEST, Secrets(), 30.0).error)


def test_waiting_for_data_is_not_a_cause() -> None:
    exception = caused(httpx.ReadError("x"), OSError(errno.ECONNRESET, "x"), ssl.SSLWantReadError())
    assert "Connection reset by peer" in str(connection_error(exception, REQUEST, Secrets(), 30.0).error)


def test_what_the_caller_handles_meanwhile_is_not_a_cause() -> None:
    try:
        raise certificate_error(10)
    except ssl.SSLError as handled:
        exception = connect(OSError(errno.ECONNREFUSED, "x"), handled)
        assert "Connection refused" in str(connection_error(exception, REQUEST, Secrets(), 30.0).error)


# The same on the wire, with both clients


BODY = b'{"token": "%b", "expires_at": "2030-01-22T12:13:35Z"}\n' % TOKEN.encode()
HEAD = b"HTTP/1.1 201 Created\r\n"


@pytest.mark.parametrize(
    "response",
    [
        BODY + b"\r\n\r\n",
        HEAD + BODY + b"\r\n",
        HEAD + b"X-Copy : " + BODY + b"\r\n",
        HEAD + b"X-Copy: \x00" + BODY + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + BODY + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx" + BODY,
        HEAD + b"Transfer-Encoding: " + BODY + b"\r\n",
        HEAD + b"Content-Length: " + BODY + b"\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n" + BODY + b"\r\n",
        b"HTTP/1.1 2O1 " + BODY + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://[" + TOKEN.encode() + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://xn--" + TOKEN.encode() + b"/\r\n\r\n",
    ],
    ids=lambda response: repr(response)[:75],
)
def test_a_response_that_is_nearly_http_is_not_quoted(response: bytes, server: Server, make_client: MakeClient) -> None:
    server.respond(cut(response, at=len(response)))
    with pytest.raises(rr.RunnerRegistrationError, match=r"127\.0\.0\.1|redirect") as caught:
        make_client(server.url, max_retries=0).create_registration_token_for_org("octo-org")
    assert TOKEN not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@pytest.mark.usefixtures("quick")
def test_a_refused_connection_is_retried(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(rr.APIConnectionError, match=f"Cannot connect to 127.0.0.1:{port}: Connection refused"):
        make_client(f"http://127.0.0.1:{port}").create_registration_token_for_org("octo-org")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (socket.EAI_NONAME, "the host name is unknown"),
        (socket.EAI_AGAIN, "DNS failed"),
        (socket.EAI_FAIL, "DNS failed"),
    ],
)
def test_a_host_name_that_cannot_be_resolved(
    code: int, message: str, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "text of the OS")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(rr.APIConnectionError, match=rf"Cannot resolve ghe\.example: {message}"):
        make_client("https://ghe.example", max_retries=0).create_registration_token_for_org("octo-org")


def serve_tls(certificate: Callable[[ssl.SSLContext], object]) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(context)
    return Server(tls=context)


NOW, DAY = datetime.now(UTC), timedelta(days=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"begins": NOW - 9 * DAY, "ends": NOW - DAY}, "has expired"),
        ({"begins": NOW + DAY, "ends": NOW + 9 * DAY}, "is not valid yet. Correct the clock"),
        ({"names": ["127.0.0.2"]}, "is for another host name"),
        ({"names": ["ghe.example"]}, "is for another host name"),
        ({"issuer": trustme.CA()}, "is not trusted: its CA is unknown"),
    ],
    ids=["expired", "not yet valid", "another address", "another name", "unknown CA"],
)
def test_a_certificate_that_is_refused_says_why_and_is_not_retried(
    options: dict[str, Any], message: str, authority: trustme.CA, make_client: MakeClient
) -> None:
    names, issuer = options.get("names", ["127.0.0.1"]), options.get("issuer", authority)
    issued = issuer.issue_cert(*names, not_before=options.get("begins"), not_after=options.get("ends"))
    with serve_tls(issued.configure_cert) as server:
        with pytest.raises(rr.APIConnectionError, match=f"The certificate of 127.0.0.1:{server.port} {message}"):
            make_client(server.url, verify=trusting(authority)).create_registration_token_for_org("octo-org")
        assert (server.connections, server.requests) == (1, [])


def test_a_certificate_that_strict_verification_refuses_says_so(make_client: MakeClient) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - DAY, NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    authority = trustme.CA.from_pem(certificate.public_bytes(pem[0]), key.private_bytes(*pem))
    context = trusting(authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default since Python 3.13
    with Server(tls=server_context(authority)) as server:
        with pytest.raises(rr.APIConnectionError, match=r"RFC 5280 .* a CA without Key Usage\..*VERIFY_X509_STRICT"):
            make_client(server.url, verify=context).create_registration_token_for_org("octo-org")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        assert make_client(server.url, verify=context).create_registration_token_for_org("octo-org").token == TOKEN


def test_a_server_that_does_not_speak_tls_gets_no_request(server: Server, make_client: MakeClient) -> None:
    with pytest.raises(rr.APIConnectionError, match=r"127\.0\.0\.1:\d+ does not speak TLS"):
        make_client(server.url.replace("http", "https"), timeout=2).create_registration_token_for_org("octo-org")
    assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_requires_credentials_gets_the_same_advice_for_http_and_https(
    scheme: str, server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{scheme}_proxy".upper()
    monkeypatch.setenv(variable, server.url)
    server.respond(http(407, reason=f"Hello {TOKEN}"))
    with pytest.raises(rr.ProxyError) as caught:
        make_client(f"{scheme}://ghe.example", allow_http=True).create_registration_token_for_org("octo-org")
    advice = (
        f"The proxy requires credentials. Put them into the proxy's URL: {variable}=http://USER:PASSWORD@HOST:PORT."
    )
    assert str(caught.value).partition(": ")[2] == f"407 Proxy Authentication Required. {advice}"
    assert caught.value._retryable is False
    assert len(server.requests) == 1


def test_a_proxy_that_refuses_to_connect_is_named_and_gets_no_credential(
    server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.respond(http(403, reason=f"Hello {TOKEN}"))
    with pytest.raises(rr.ProxyError, match=r"The proxy did not connect to ghe\.example: 403 Forbidden") as caught:
        make_client("https://ghe.example").create_registration_token_for_org("octo-org")
    assert TOKEN not in str(caught.value)
    (request,) = server.requests
    assert (request.method, request.path) == ("CONNECT", "ghe.example:443")
    assert "authorization" not in request.headers


CallWithHook = Callable[..., rr.AuthenticationToken]


@pytest.fixture(params=["sync", "async"])
def call_with_hook(request: pytest.FixtureRequest, server: Server) -> CallWithHook:
    """Return a function that makes a call with an HTTP client whose event hook raises an exception.

    The hook is that of https://www.python-httpx.org/advanced/event-hooks/: with or without `response.read()`.
    """
    options: dict[str, Any] = {"params": {"x": "y"}, "verify": TRUST}

    def call(*, reads: bool, credential: Any = CREDENTIAL, **limits: Any) -> rr.AuthenticationToken:
        def hook(response: httpx.Response) -> None:
            if reads:
                response.read()
            response.raise_for_status()

        with httpx.Client(event_hooks={"response": [hook]}, **options) as http_client:
            client = rr.Client(credential, base_url=server.url, http_client=http_client, **limits)
            return client.create_registration_token_for_org("octo-org")

    async def call_async(*, reads: bool, credential: Any = CREDENTIAL, **limits: Any) -> rr.AuthenticationToken:
        async def hook(response: httpx.Response) -> None:
            if reads:
                await response.aread()
            response.raise_for_status()

        async with httpx.AsyncClient(event_hooks={"response": [hook]}, **options) as http_client:
            client = rr.AsyncClient(credential, base_url=server.url, http_client=http_client, **limits)
            return await client.create_registration_token_for_org("octo-org")

    def call_by_asyncio(**arguments: Any) -> rr.AuthenticationToken:
        return asyncio.run(call_async(**arguments))

    return call if request.param == "sync" else call_by_asyncio


with_and_without_reading = pytest.mark.parametrize("reads", [False, True], ids=["unread", "read"])


@with_and_without_reading
@pytest.mark.parametrize("name", ["redirect to another host", "credential repeated", "secondary, 429", "server error"])
def test_a_response_that_an_event_hook_refuses_is_read(
    name: str, *, reads: bool, server: Server, call_with_hook: CallWithHook
) -> None:
    response = RESPONSES[name]
    server.respond(http(response.status, response.body, headers=dict(response.headers)))
    with pytest.raises(rr.APIStatusError) as caught:
        call_with_hook(reads=reads, max_wait=0)
    assert type(caught.value) is response.error
    assert caught.value.status_code == response.status
    if reads:  # otherwise the body is lost
        assert [text for text in response.says if text not in str(caught.value)] == []
    assert CREDENTIAL not in str(caught.value)


@pytest.mark.usefixtures("quick")
@with_and_without_reading
def test_a_response_that_an_event_hook_refuses_is_retried_like_any_other(
    *, reads: bool, server: Server, call_with_hook: CallWithHook
) -> None:
    credentials = iter(["first-credential", "second-credential"])
    server.respond(http(503), http(401), http(429, headers={"Retry-After": "0"}), created())
    assert call_with_hook(reads=reads, credential=lambda: next(credentials)).token == TOKEN
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer first-credential"] * 2 + ["Bearer second-credential"] * 2


@with_and_without_reading
def test_a_response_to_a_request_of_the_callers_auth_is_not_taken_for_ours(
    *, reads: bool, server: Server, call_with_hook: CallWithHook
) -> None:
    class Login(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            yield httpx.Request("POST", f"{server.url}/login")
            yield request

    server.respond(http(404))
    with pytest.raises(rr.APIConnectionError, match=r"a request of the httpx\.Auth got 404 Not Found"):
        call_with_hook(reads=reads, credential=Login())
    assert [request.path for request in server.requests] == ["/login"]


def test_an_error_of_the_socks_library_is_a_proxy_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class ProtocolError(Exception):
        __module__ = "socksio.exceptions"

    def fail(_: httpx.Request) -> httpx.Response:
        raise ProtocolError(TOKEN)

    socksio = ModuleType("socksio")
    monkeypatch.setattr(socksio, "ProtocolError", ProtocolError, raising=False)
    monkeypatch.setitem(sys.modules, "socksio", socksio)
    with httpx.Client(transport=httpx.MockTransport(fail)) as http_client:
        client = rr.Client(CREDENTIAL, base_url="https://ghe.example", http_client=http_client, max_retries=0)
        with pytest.raises(rr.ProxyError, match="did not respond as a SOCKS5 proxy does") as caught:
            client.create_registration_token_for_org("octo-org")
    assert TOKEN not in str(caught.value)
