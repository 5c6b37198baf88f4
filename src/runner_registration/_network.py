"""HTTP clients that use one SSL context and one proxy or none, and nothing else of the environment."""

from __future__ import annotations

import sys
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, TypeVar

import httpx

from runner_registration._constants import MAX_CONNECTIONS

if TYPE_CHECKING:
    import ssl

    from runner_registration._proxies import Proxy

HttpClient = TypeVar("HttpClient", httpx.Client, httpx.AsyncClient)

_EXCEPTIONS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)


def network_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that the HTTP libraries raise when an attempt fails."""
    socksio = sys.modules.get("socksio")  # installed with httpx[socks]; httpcore does not wrap its errors
    return (*_EXCEPTIONS, socksio.ProtocolError) if socksio else _EXCEPTIONS


class _NoCookies(CookieJar):
    """Keeps no cookie: nothing that one response sets is sent with another request."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""


def connect(kind: type[HttpClient], context: ssl.SSLContext, proxy: Proxy | None) -> HttpClient:
    """Make an HTTP client with this SSL context and this proxy, or with no proxy.

    Raises:
        ValueError: The proxy requires a package that is not installed.
    """
    chosen: httpx.Proxy | None = None
    if proxy is not None:
        # A proxy that is reached over TLS is verified like the server.
        chosen = httpx.Proxy(proxy.url, ssl_context=context if proxy.scheme == "https" else None)
    try:
        limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
        return kind(verify=context, proxy=chosen, trust_env=False, cookies=_NoCookies(), limits=limits)
    except ImportError:
        variable = proxy.variable if proxy else "The proxy"
    raise ValueError(f"{variable} names a SOCKS proxy, which requires another package: pip install 'httpx[socks]'")
