"""Where to ask: from what a person writes to the address of a REST API, and back to the site that it belongs to.

Which credential may be sent hangs on these answers. So an address is read by one strict grammar and put together again
from its parts: whatever another reader could take for another host is refused, and nothing refused is printed.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERRIDE = "RUNNER_REGISTRATION_API_URL"
"""The variable that tests set so that no request leaves the machine."""

_GITHUB = "github.com"
_TENANTS = ".ghe.com"
_PORTS = range(1, 65536)
_DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_ADDRESS = re.compile(
    rf"""
    (?:(?P<scheme>https?)://)?
    (?P<host>\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)\.?
    (?::(?P<port>[0-9]{{1,5}}))?
    (?P<path>/[\w.~!$&'()*+,;=:@%/-]*)?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


class Origin(NamedTuple):
    """A host as it can be compared: in lower case, without a closing dot, an IPv6 address in brackets."""

    scheme: str
    host: str
    port: int | None
    """None for the scheme's own."""

    @property
    def authority(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def is_github(self) -> bool:
        """Whether GitHub itself runs it: github.com and the tenants of GitHub Enterprise Cloud under ghe.com."""
        return self.host in {_GITHUB, f"api.{_GITHUB}"} or self.host.endswith(_TENANTS)

    @property
    def is_loopback(self) -> bool:
        """Whether nothing sent there can leave this machine. A name is trusted only if it is ``localhost`` itself."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return False
        # Python 3.13 looks through ::ffff:127.0.0.1 by itself, 3.11 and 3.12 do not.
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def _parse(text: str, name: str) -> tuple[Origin, str]:
    """Take an address apart.

    Returns:
        The origin, and the path without closing slashes.

    Raises:
        ValueError: It is no address. The message calls it ``name`` and shows no part of it that could be a secret.
    """
    text = text.strip()
    if not text:
        raise ValueError(f"{name} is empty: give a host such as github.com, or the URL of an API")
    scheme, _, rest = text.partition("://") if "://" in text else ("https", "", text)
    if scheme.lower() not in _DEFAULT_PORTS:
        raise ValueError(f"{name} must start with https://")
    if "@" in re.split(r"[/?#\\]", rest, maxsplit=1)[0]:
        raise ValueError(f"{name} must hold no user name or password: pass the credential by itself")
    if "?" in rest or "#" in rest:
        raise ValueError(f"{name} must have no query and no fragment")
    match = _ADDRESS.fullmatch(text)
    host = match and _normalized_host(match["host"])
    port = int(match["port"]) if match and match["port"] else None
    if not match or not host or (port is not None and port not in _PORTS):
        raise ValueError(
            f"{name} is neither a host, such as github.com, nor an http(s) URL: write names in ASCII (xn--), "
            "IPv4 addresses as four decimal numbers, IPv6 addresses in brackets, and ports from 1 to 65535"
        )
    origin = Origin((match["scheme"] or "").lower(), host, port)
    if not origin.scheme:
        # Only what runs on this machine, a mock most likely, is expected to speak plain http.
        origin = origin._replace(scheme="http" if origin.is_loopback else "https")
    if port == _DEFAULT_PORTS[origin.scheme]:
        origin = origin._replace(port=None)
    return origin, (match["path"] or "").rstrip("/")


def _normalized_host(host: str) -> str | None:
    """The host in the one spelling it is compared in, or None where resolvers differ on what it means."""
    host = host.lower()
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        if _NUMERIC.fullmatch(host.rpartition(".")[2]):
            # 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to some resolvers, a name or another address to others.
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    return host


def origin_of(base_url: str) -> Origin:
    """The origin of what `resolve_base_url` gave."""
    return _parse(base_url, "base_url")[0]


def is_loopback(url: str) -> bool:
    """Whether what is sent to this URL stays on this machine."""
    return origin_of(url).is_loopback


def resolve_base_url(base_url: str | None, environ: Mapping[str, str]) -> str:
    """Return the URL of the REST API to use.

    Args:
        base_url: A host or an API URL. None: ``GITHUB_API_URL``, then ``GH_HOST``, then github.com.
        environ: The environment. An empty variable is the same as none.
            ``RUNNER_REGISTRATION_API_URL`` overrides ``base_url`` and the other variables.

    Returns:
        The URL that the paths of the API are appended to, without a trailing slash.

    Raises:
        ValueError: It is not a valid address, or the override is not a loopback address.
    """
    # An invalid argument is an error even if it is overridden: otherwise tests would not find it.
    chosen = None if base_url is None else _api_url(base_url, "base_url")
    if environ.get(OVERRIDE, "").strip():
        return _override(environ[OVERRIDE])
    if chosen is not None:
        return chosen
    variables = (name for name in ("GITHUB_API_URL", "GH_HOST") if environ.get(name, "").strip())
    name = next(variables, None)
    return _api_url(environ[name], name) if name else _api_url(_GITHUB, "")


def _override(text: str) -> str:
    url = _api_url(text, OVERRIDE)
    if not is_loopback(url):
        raise ValueError(
            f"{OVERRIDE} is not a loopback address: it is for tests and accepts only addresses such as "
            "http://127.0.0.1:4010. Unset it, or use GITHUB_API_URL for another server"
        )
    return url


def _api_url(text: str, name: str) -> str:
    """Return the API URL that a host or URL stands for. Applied to its own result, it returns the same URL."""
    origin, path = _parse(text, name)
    if path or origin.is_loopback or origin.host.startswith("api."):
        return f"{origin}{path}"
    if origin.is_github:
        return str(origin._replace(host=f"api.{origin.host}"))
    return f"{origin}/api/v3"


def web_origin(base_url: str) -> Origin:
    """The site that an API belongs to: where people sign in, and what ``config.sh --url`` and ``gh`` call the host."""
    origin = origin_of(base_url)
    return origin._replace(host=origin.host.removeprefix("api.")) if origin.is_github else origin


def parse_config_url(text: str) -> tuple[str, str]:
    """Read what ``config.sh --url`` takes for an organization.

    The runner goes by the number of segments in the path: one is an organization; two are a repository, or an
    enterprise if the first is ``enterprises`` (actions/runner, ``ConfigurationManager.cs``).

    Returns:
        The organization's name and the base URL of the API to ask.

    Raises:
        ValueError: It is a repository's or an enterprise's URL, or none.
    """
    name = "The organization's URL"
    if "://" not in text:
        raise ValueError(f"{name} must start with https://")
    origin, path = _parse(text, name)
    example = f"{web_origin(str(origin))}/ORG"
    match [segment for segment in path.split("/") if segment]:
        case [first, *_] if first.lower() == "enterprises":
            raise ValueError(f"{name} is an enterprise's: runners of an organization are registered at {example}")
        case [_] if origin != web_origin(str(origin)):
            raise ValueError(f"{name} is the API's: runners of an organization are registered at {example}")
        case [org]:
            return org, resolve_base_url(str(origin), {})
        case [_, _]:
            raise ValueError(f"{name} is a repository's: runners of an organization are registered at {example}")
        case _:
            raise ValueError(f"{name} names no organization: write {example}")
