"""Which proxy applies to a URL: the environment variables, read as curl reads them.

urllib and httpx each read them in their own way, and httpx fails on entries of NO_PROXY that it cannot read.
Here one function decides, and the HTTP client gets exactly the proxy that it returns.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NamedTuple

import httpx

from runner_registration._hosts import Origin, origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

logger = logging.getLogger("runner_registration")

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy, and the environment variable that names it."""

    variable: str
    url: str

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0].lower()

    def __repr__(self) -> str:
        return f"<Proxy from {self.variable}>"  # the URL may contain a password


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for a URL.

    A request to a loopback address goes through a proxy on the same machine or directly: it never leaves the machine.

    Raises:
        ValueError: The variable that applies does not contain the address of a proxy. The message names the variable
            and does not quote it, because it may contain a password.
    """
    proxy = _named_proxy(url.partition("://")[0], environ)
    if proxy is None:
        return None
    origin = origin_of(url)
    _, no_proxy = _first(environ, "no_proxy", "NO_PROXY")
    if _is_excluded(origin, no_proxy):
        return None
    problem = _problem(proxy)
    if origin.is_loopback:
        return proxy if problem is None and proxy.scheme in _DEFAULT_PORTS and _host(proxy).is_loopback else None
    if problem is not None:
        raise ValueError(f"{proxy.variable} {problem}")
    if "*" in no_proxy:
        logger.warning(
            "NO_PROXY: an asterisk within an entry is not a wildcard. "
            "Write .example.com for a domain and its subdomains, or only an asterisk for all hosts."
        )
    return proxy


def _named_proxy(scheme: str, environ: Mapping[str, str]) -> Proxy | None:
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    if "REQUEST_METHOD" in environ:
        # A CGI server sets HTTP_PROXY to the request's Proxy header. https://httpoxy.org
        names = [name for name in names if name != "HTTP_PROXY"]
    variable, url = _first(environ, *names)
    if not url:
        return None
    kind, _, address = url.partition("://") if "://" in url else ("http", "", url)
    if kind.lower() == "socks5h":  # unknown to the oldest httpx, and the same to it: the proxy resolves the names
        kind = "socks5"
    return Proxy(variable, f"{kind}://{address}")


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Return the first variable that is set and its value. An empty variable counts as not set."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))


def _problem(proxy: Proxy) -> str | None:
    if proxy.scheme.startswith("socks") and proxy.scheme != "socks5":
        return "names a SOCKS proxy of a version that is not supported: write socks5://HOST:PORT"
    try:
        _host(proxy)
    except (httpx.InvalidURL, ValueError):
        return "is not a valid proxy address: write http://HOST:PORT"
    return None


def _host(proxy: Proxy) -> Origin:
    return origin_of(httpx.Proxy(proxy.url).url.netloc.decode("ascii"))


def _is_excluded(origin: Origin, no_proxy: str) -> bool:
    """Tell whether NO_PROXY contains the host: entries are separated by commas or white space."""
    if no_proxy in {"", "*"}:
        return no_proxy == "*"
    address = _address(origin)
    port = origin.port or _DEFAULT_PORTS[origin.scheme]
    return any(_matches(entry, origin.host, address, port) for entry in re.split(r"[\s,]+", no_proxy) if entry)


def _address(origin: Origin) -> IPv4Address | IPv6Address | None:
    import ipaddress

    try:
        return ipaddress.ip_address(origin.host.strip("[]"))
    except ValueError:
        return None


def _matches(entry: str, host: str, address: IPv4Address | IPv6Address | None, port: int) -> bool:
    """Compare one entry: a domain, which includes its subdomains, an address or a range, with or without a port."""
    with_port = re.fullmatch(r"(\[.*\]|[^:]*):([0-9]{1,5})", entry)
    if with_port:
        if int(with_port[2]) != port:
            return False
        entry = with_port[1]
    if address is None:
        domain = entry.lower().removesuffix(".").removeprefix(".")
        return domain == host or host.endswith(f".{domain}")
    import ipaddress

    try:
        return address in ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
