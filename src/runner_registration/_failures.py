"""Which error it is when no answer came, and whether trying again may help."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple, cast

import httpx

from runner_registration._errors import APIConnectionError, APITimeoutError, ProxyError
from runner_registration._redaction import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner_registration._flow import RequestInfo
    from runner_registration._redaction import Secrets

EXCEPTIONS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
"""What the libraries below raise when an exchange fails."""


class Failure(NamedTuple):
    """An attempt that brought no answer."""

    error: APIConnectionError
    transient: bool


def failure(exception: Exception, request: RequestInfo, secrets: Secrets, timeout: float) -> Failure:
    """Turn an exception into what the caller may see; the exception itself, which knows the request, is let go."""
    host = httpx.URL(request.base_url).netloc.decode("ascii")
    kind, what, transient = _classify(exception, host, timeout)
    detail = "" if isinstance(exception, (httpx.TimeoutException, httpx.LocalProtocolError)) else str(exception)
    said = one_line(detail, secrets, 300)
    hint = f" Or it is the proxy that {request.proxy} names." if request.proxy and _unreached(exception) else ""
    return Failure(kind(f"{request}: {what}{f' ({said})' if said else ''}.{hint}"), transient)


def _unreached(exception: Exception) -> bool:
    """Whether there was no connection, be it to the server or to a proxy: httpx does not tell which."""
    return isinstance(exception, (httpx.ConnectError, httpx.ConnectTimeout))


def _classify(exception: Exception, host: str, timeout: float) -> tuple[type[APIConnectionError], str, bool]:
    """The class of error, what happened, and whether it may go differently the next time."""
    if isinstance(exception, (httpx.TimeoutException, TimeoutError)):
        return APITimeoutError, f"no whole answer from {host} within {timeout:g} s", True
    if isinstance(exception, httpx.ProxyError):
        return ProxyError, f"the proxy did not let the request to {host} pass", str(exception).startswith("5")
    if known := next(filter(None, (_tls_or_name(cause, host) for cause in _causes(exception))), None):
        return APIConnectionError, *known
    if isinstance(exception, (httpx.ConnectError, OSError)):
        return APIConnectionError, f"no connection to {host}", True
    # httpx reads the address of a redirect before we could, and lets nobody see the answer if it cannot.
    if isinstance(exception, httpx.RemoteProtocolError) and "location header" in str(exception):
        what = f"{host} redirects to an address that cannot be read"
    elif isinstance(exception, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return APIConnectionError, f"{host} broke off the exchange", True
    else:
        what = f"the request cannot be sent to {host}"
    return APIConnectionError, what, False


def _tls_or_name(cause: BaseException, host: str) -> tuple[str, bool] | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        advice = "name the CA that signed it by verify or SSL_CERT_FILE"
        return f"the certificate of {host} is not trusted: {advice}", False
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return f"TLS with {host} failed", False
    if isinstance(cause, socket.gaierror):
        return f"the name of {host} does not resolve", cause.errno == socket.EAI_AGAIN
    return None


def _causes(exception: BaseException | None) -> Iterator[BaseException]:
    """The exception and what led to it; anyio puts several failed addresses into a group."""
    seen: set[int] = set()
    pending = [exception]
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__context__, cause.__cause__]
        if isinstance(cause, BaseExceptionGroup):
            pending += cast("BaseExceptionGroup[BaseException]", cause).exceptions
