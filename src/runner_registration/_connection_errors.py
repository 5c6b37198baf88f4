"""Which error a failed attempt is, and whether another attempt can help.

Messages of httpx, httpcore, h11 and ssl may quote what came over the wire: a registration token, for example.
So no text of an exception is shown. The messages are our own, and details come from ``errno`` and from OpenSSL's codes.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, cast

import httpx

from runner_registration._errors import APIConnectionError, APITimeoutError, ProxyError
from runner_registration._redaction import status_line
from runner_registration._tls import UnusableCertificatesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner_registration._call import RequestInfo
    from runner_registration._redaction import Secrets


class FailedAttempt(NamedTuple):
    """An attempt that got no response."""

    error: APIConnectionError
    retryable: bool


class _Cause(NamedTuple):
    """What went wrong, in one or more sentences."""

    problem: str
    retryable: bool = False
    kind: type[APIConnectionError] = APIConnectionError


class _Route(NamedTuple):
    """Where the request was to go, as messages call it."""

    scheme: str
    server: str
    proxy: str | None
    """The variable that names the proxy."""

    @property
    def first_hop(self) -> str:
        """The machine that this one connects to."""
        return f"the proxy in {self.proxy}" if self.proxy else self.server

    @property
    def tls_peer(self) -> str:
        """The machine that TLS is spoken with. For https through a proxy it may be either of the two."""
        return self.first_hop if self.scheme == "http" else str(self)

    def __str__(self) -> str:
        return f"{self.server} (through the proxy in {self.proxy})" if self.proxy else self.server


def connection_error(exception: Exception, request: RequestInfo, secrets: Secrets, timeout: float) -> FailedAttempt:
    """Turn an exception into the error that the caller sees. It holds no reference to the exception."""
    url = httpx.URL(request.base_url)
    route = _Route(url.scheme, url.netloc.decode("ascii"), request.proxy)
    cause = _timeout(exception, route, timeout) or _proxy(exception, route) or _below(exception, route)
    cause = cause or _connection(exception, route) or _protocol(exception, route)
    error = cause.kind(secrets.mask(f"{request}: {cause.problem}"), retryable=cause.retryable)
    return FailedAttempt(error, cause.retryable)


def proxy_credentials(proxy: str | None) -> str:
    """Return the advice for a proxy that requires credentials, by the variable that names it."""
    where = f": {proxy}=http://USER:PASSWORD@HOST:PORT" if proxy else ""
    return f"The proxy requires credentials. Put them into the proxy's URL{where}."


def _timeout(exception: Exception, route: _Route, timeout: float) -> _Cause | None:
    if isinstance(exception, (httpx.TimeoutException, TimeoutError)):
        problem = f"Timed out: no complete response from {route} within {timeout:g} s."
        return _Cause(problem, retryable=True, kind=APITimeoutError)
    return None


def _proxy(exception: Exception, route: _Route) -> _Cause | None:
    """Tell why a proxy did not connect to the server: a status for CONNECT, or a text of httpcore's for SOCKS."""
    if type(exception).__module__.startswith("socksio"):
        where = f" in {route.proxy}" if route.proxy else ""
        problem = f"The proxy did not respond as a SOCKS5 proxy does. Check its address{where}."
        return _Cause(problem, retryable=True, kind=ProxyError)
    if not isinstance(exception, httpx.ProxyError):
        return None
    text = str(exception)
    status = int(text[:3]) if re.match(r"[1-9][0-9]{2}\b", text, re.ASCII) else None
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _Cause(f"407 Proxy Authentication Required. {proxy_credentials(route.proxy)}", kind=ProxyError)
    if status is None and text.startswith(("Invalid username/password", "Requested ")):
        return _Cause(f"The proxy did not accept the login. {proxy_credentials(route.proxy)}", kind=ProxyError)
    retryable = status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    reason = "" if status is None else f": {status_line(status)}"
    return _Cause(f"The proxy did not connect to {route.server}{reason}.", retryable, ProxyError)


def _below(exception: Exception, route: _Route) -> _Cause | None:
    """Find a cause in what the HTTP libraries wrapped: TLS or the resolver."""
    for cause in _causes(exception):
        if isinstance(cause, UnusableCertificatesError):
            return _Cause(f"TLS with {route} is not possible: {cause.problem}.")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _Cause(_certificate(cause, route))
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, route)
        if isinstance(cause, socket.gaierror):
            is_unknown = cause.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
            reason = "the host name is unknown. Check its spelling, and DNS" if is_unknown else "DNS failed"
            return _Cause(f"Cannot resolve {route.first_hop}: {reason}.", retryable=not is_unknown)
    return None


_STRICT = {
    80: "a path length in a certificate that is not a CA's",
    81: "a path length without the key usage keyCertSign",
    82: "the key usage keyCertSign in a certificate that is not a CA's",
    83: "no issuer",
    84: "no subject",
    85: "no Authority Key Identifier",
    86: "no Subject Key Identifier",
    87: "an empty Subject Alternative Name",
    88: "no subject, and a Subject Alternative Name that is not critical",
    89: "Basic Constraints of a CA that are not critical",
    90: "a critical Authority Key Identifier",
    91: "a critical Subject Key Identifier",
    92: "a CA without Key Usage",
    93: "extensions in a certificate of version 1 or 2",
}
"""What X509_V_FLAG_X509_STRICT checks, by OpenSSL's X509_V_ERR_* codes.

https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
"""

_CERTIFICATE_PROBLEMS = {
    9: "is not valid yet. Correct {clock}, or issue the certificate again.",
    10: "has expired. Renew it on the server, or correct {clock}.",
    18: "is not trusted: it is self-signed. Pass it as verify or in SSL_CERT_FILE.",
    **dict.fromkeys(
        (2, 19, 20, 21, 27),
        "is not trusted: its CA is unknown. Pass the CA's certificate as verify or in SSL_CERT_FILE.{inspected}",
    ),
    **dict.fromkeys((62, 64), "is for another host name. Use a name that the certificate contains: check base_url."),
    **dict.fromkeys((66, 67, 68), "has a key or a signature that is too weak. Issue it again with a stronger one."),
    **{
        code: f"breaks a rule of RFC 5280 that Python 3.13 and later check: it has {problem}. "
        "Issue it again, or pass an ssl.SSLContext without ssl.VERIFY_X509_STRICT as verify."
        for code, problem in _STRICT.items()
    },
}


def _certificate(error: ssl.SSLCertVerificationError, route: _Route) -> str:
    code: int = getattr(error, "verify_code", 0)
    other = f"was not accepted (X.509 error {code}). Check it, and the CAs in verify or SSL_CERT_FILE."
    problem = _CERTIFICATE_PROBLEMS.get(code, other).format(
        clock=f"the clock of this machine, which shows {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        inspected=f" A proxy that inspects TLS, as {route.first_hop} may, uses its own CA." if route.proxy else "",
    )
    return f"The certificate of {route.tls_peer} {problem}"


_TLS_PROBLEMS = (
    (
        ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"),
        "{peer} does not speak TLS. Check the port and https:// in the URL{of_proxy}.",
    ),
    (
        ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "ALERT_PROTOCOL_VERSION"),
        "{peer} and this machine have no version of TLS in common.",
    ),
    (
        ("ALERT_CERTIFICATE_REQUIRED", "ALERT_HANDSHAKE_FAILURE"),
        "{peer} refused the TLS handshake. If it requires a client certificate, pass an ssl.SSLContext with one.",
    ),
    (
        ("ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_EXPIRED", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED"),
        "{peer} did not accept the client certificate.",
    ),
    (
        ("UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "DH_KEY_TOO_SMALL", "NO_CIPHERS_AVAILABLE"),
        "{peer} supports only TLS settings that are not safe enough for OpenSSL here.",
    ),
    (
        ("UNRECOGNIZED_NAME",),
        "{peer} has no certificate for this host name. Check base_url.",
    ),
)
"""What another attempt cannot fix: ends of OpenSSL's names for it, and the message."""


def _tls(error: ssl.SSLError, route: _Route) -> _Cause:
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return _Cause(f"{route} closed the connection before the response was complete.", retryable=True)
    reason = str(getattr(error, "reason", None) or "")
    of_proxy = f", and in {route.proxy}" if route.proxy else ""
    for names, problem in _TLS_PROBLEMS:
        if reason.endswith(names):
            return _Cause(problem.format(peer=route.tls_peer, of_proxy=of_proxy))
    name = f" ({reason})" if re.fullmatch(r"[A-Z0-9/]+(?:_[A-Z0-9]+)+", reason) else ""
    return _Cause(f"TLS with {route.tls_peer} failed{name}.", retryable=True)


def _connection(exception: Exception, route: _Route) -> _Cause | None:
    codes = [cause.errno for cause in _causes(exception) if isinstance(cause, OSError)]
    reason = next((f": {os.strerror(code)}" for code in codes if code and code in errno.errorcode), "")
    if isinstance(exception, (httpx.ConnectError, OSError)):
        return _Cause(f"Cannot connect to {route.first_hop}{reason}.", retryable=True)
    if isinstance(exception, httpx.NetworkError):
        return _Cause(f"{route} closed the connection before the response was complete{reason}.", retryable=True)
    return None


def _protocol(exception: Exception, route: _Route) -> _Cause:
    text = str(exception)
    unreadable = isinstance(exception, UnicodeError) and not isinstance(exception, UnicodeEncodeError)
    # httpx reads the address of a redirect before we can, and does not hand over the response if it cannot read it.
    if unreadable or (isinstance(exception, httpx.RemoteProtocolError) and "location header" in text):
        return _Cause(f"{route} redirects to an address that cannot be read.")
    if isinstance(exception, httpx.RemoteProtocolError):
        if text.startswith("Server disconnected"):
            return _Cause(f"{route} closed the connection before responding.", retryable=True)
        if text.startswith(("peer closed", "peer unexpectedly closed", "<")):  # "<": HTTP/2
            return _Cause(f"{route} closed the connection before the response was complete.", retryable=True)
        return _Cause(f"{route} sent a response that is not valid HTTP. Check base_url.", retryable=True)
    if isinstance(exception, httpx.HTTPStatusError):  # our own response would have been read, see Call.received
        status = exception.response.status_code
        problem = f"The request cannot be sent to {route}: a request of the httpx.Auth got {status_line(status)}."
        return _Cause(problem, retryable=status >= HTTPStatus.INTERNAL_SERVER_ERROR)
    return _Cause(f"The request cannot be sent to {route} ({type(exception).__name__}).")


def _causes(exception: BaseException) -> Iterator[BaseException]:
    """Yield the exception and what led to it.

    httpcore removes causes, but not contexts. anyio groups the exceptions of several addresses, and handles an
    SSLWantReadError while it reads. The last context may be an exception that the caller handles meanwhile.
    """
    seen = {id(sys.exception())} - {id(exception)}
    pending: list[BaseException | None] = [exception]
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen or isinstance(cause, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
            continue
        seen.add(id(cause))
        yield cause
        pending.append(cause.__cause__ or cause.__context__)
        if isinstance(cause, BaseExceptionGroup):
            pending += cast("BaseExceptionGroup[BaseException]", cause).exceptions
