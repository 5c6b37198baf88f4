"""How a client gets to the server: whom it trusts and which proxies it goes through, as arguments and environment say.

httpx reads the environment by itself and raises whatever comes of it. Here that is a ValueError which names the
variable, and never its text: a proxy's URL may hold a password.
"""

from __future__ import annotations

import os
import ssl
from functools import cached_property
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from runner_registration._hosts import Origin, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Verify: TypeAlias = "bool | str | os.PathLike[str] | ssl.SSLContext"
HttpClient = TypeVar("HttpClient", httpx.Client, httpx.AsyncClient)


class _NoCookies(CookieJar):
    """Keeps none: what one answer sets is nothing that another request should bring along."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Let them go."""


def trust(verify: Verify, base_url: str) -> ssl.SSLContext:
    """Whom to trust, read now if it is said by the caller or if the API is asked over https."""
    if verify is True and origin_of(base_url).scheme == "http":
        return _LateTrust(ssl.PROTOCOL_TLS_CLIENT)
    return _trust(verify)


class _LateTrust(ssl.SSLContext):
    """Reads no certificates before there is TLS, which takes a redirect from plain http.

    To read them takes a fifth of a short program's time, and more of that of tests which make a client each.
    """

    _protocols: tuple[str, ...] = ()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        try:
            context = _trust(verify=True)
        except ValueError as error:
            problem = str(error)
        else:
            context.set_alpn_protocols(self._protocols)
            return context
        raise ssl.SSLError(ssl.SSL_ERROR_SSL, problem)  # which is a failed connection to the libraries that ask

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        self._protocols = tuple(alpn_protocols)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - passed on as they come
        return self._context.wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:  # noqa: ANN401 - passed on as they come
        return self._context.wrap_bio(*arguments, **options)


def _trust(verify: Verify) -> ssl.SSLContext:
    """What the newest httpx makes of ``verify`` and of the variables, and of a path, which it takes no longer.

    Raises:
        ValueError: There are no certificates to be read where ``verify`` or the environment says.
    """
    source = "verify"
    if verify is True:
        chosen = ((name, os.environ.get(name, "")) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
        source, verify = next(((name, path) for name, path in chosen if path), (source, True))
    try:
        if isinstance(verify, (bool, ssl.SSLContext)):
            return httpx.create_ssl_context(verify=verify)
        path = Path(verify)
        if source == "SSL_CERT_DIR":  # it may name several folders, and OpenSSL passes over those that are not there
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(capath=path) if path.is_dir() else ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        reason = "the file holds none"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise ValueError(f"{source} names no certificates to trust: {reason}")


def connect(kind: type[HttpClient], verify: ssl.SSLContext, base_url: str) -> HttpClient:
    """Make an HTTP client that trusts these certificates and uses the environment's proxies.

    Raises:
        ValueError: A variable of the environment makes no sense.
    """
    trust_env = _may_use_proxies(base_url)
    try:
        return kind(verify=verify, trust_env=trust_env, cookies=_NoCookies())
    except ImportError:
        problem = "A SOCKS proxy takes one more package: pip install 'httpx[socks]'"
    except (httpx.InvalidURL, ValueError):
        # The proxies have been read before, so it is the other variable that httpx makes URLs of.
        problem = "NO_PROXY cannot be read: it is hosts separated by commas, IPv6 addresses without brackets"
    raise ValueError(problem)


def proxy_variable(base_url: str) -> str | None:
    """Which variable names a proxy on the way to this API, if one does."""
    origin = origin_of(base_url)
    if proxy_bypass(origin.host.strip("[]")) or not _may_use_proxies(base_url):
        return None
    proxies = _proxies()
    return next((f"{scheme}_PROXY".upper() for scheme in (origin.scheme, "all") if scheme in proxies), None)


def _may_use_proxies(base_url: str) -> bool:
    """Whether proxies of the environment may be used: what is meant for this machine must not leave it."""
    proxies = _proxies()
    origin = origin_of(base_url)
    on_the_way = (proxies[scheme] for scheme in (origin.scheme, "all") if scheme in proxies)
    return not origin.is_loopback or all(proxy.is_loopback for proxy in on_the_way)


def _proxies() -> dict[str, Origin]:
    """The proxies of the environment, by the scheme that they are for."""
    given = getproxies()
    return {scheme: _proxy(scheme, given[scheme]) for scheme in ("http", "https", "all") if given.get(scheme)}


def _proxy(scheme: str, url: str) -> Origin:
    try:
        return origin_of(httpx.Proxy(url if "://" in url else f"http://{url}").url.netloc.decode("ascii"))
    except (httpx.InvalidURL, ValueError):
        pass
    raise ValueError(f"{scheme.upper()}_PROXY is no address of a proxy: write http://HOST:PORT")
