"""Hosts and URLs: from what a user writes to the URL of a REST API, and from there to the site it belongs to.

The result decides which credential is sent. So addresses are parsed by one strict grammar and put together again from
their parts. Anything that another parser could read as a different host is refused, and its text is not shown.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

from runner_registration._constants import QUOTES

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERRIDE = "RUNNER_REGISTRATION_API_URL"
"""The variable that tests set so that no request leaves the machine."""

_GITHUB = "github.com"
_TENANTS = ".ghe.com"
_PORTS = range(1, 65536)
_LONGEST_HOST = 253
_LONGEST_ADDRESS = 2048
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
    """Scheme, host and port in a form that can be compared.

    The host is in lower case and has no trailing dot. An IPv6 address is in brackets.
    """

    scheme: str
    host: str
    port: int | None
    """None for the default port of the scheme."""

    @property
    def authority(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def is_github(self) -> bool:
        """Whether GitHub runs this host: github.com, and the tenants of GitHub Enterprise Cloud under ghe.com."""
        return self.host in {_GITHUB, f"api.{_GITHUB}"} or self.host.endswith(_TENANTS)

    @property
    def is_loopback(self) -> bool:
        """Whether a request to this host stays on this machine. The only name that counts is ``localhost``."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return False
        # Python 3.13 recognizes ::ffff:127.0.0.1 itself. 3.11 and 3.12 do not.
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def _parse(text: object, name: str) -> tuple[Origin, str]:
    """Parse an address.

    Returns:
        The origin, and the path without trailing slashes.

    Raises:
        TypeError: It is not a string.
        ValueError: It is not a valid address. The message calls it ``name`` and does not show its text, which may
            contain a password.
    """
    text = _stripped(text, name)
    scheme, _, rest = text.partition("://") if "://" in text else ("https", "", text)
    if scheme.lower() not in _DEFAULT_PORTS:
        raise ValueError(f"{name} must start with https://")
    if "@" in re.split(r"[/?#\\]", rest, maxsplit=1)[0]:
        raise ValueError(f"{name} must not contain a user name or password. Pass the credential separately")
    if "?" in rest or "#" in rest:
        raise ValueError(f"{name} must not have a query or a fragment")
    match = _ADDRESS.fullmatch(text)
    host = match and _normalized_host(match["host"])
    port = int(match["port"]) if match and match["port"] else None
    if not match or not host or (port is not None and port not in _PORTS):
        raise ValueError(
            f"{name} is neither a host, such as github.com, nor an http(s) URL. Write names in ASCII (xn--), "
            "IPv4 addresses as four decimal numbers, IPv6 addresses in brackets, and ports from 1 to 65535"
        )
    origin = Origin((match["scheme"] or "").lower(), host, port)
    if not origin.scheme:
        # Only a server on this machine, most likely a mock, is expected to use plain http.
        origin = origin._replace(scheme="http" if origin.is_loopback else "https")
    if port == _DEFAULT_PORTS[origin.scheme]:
        origin = origin._replace(port=None)
    return origin, (match["path"] or "").rstrip("/")


def _stripped(text: object, name: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string, not {type(text).__name__}")
    text = text.strip()
    if not text:
        raise ValueError(f"{name} is empty. Pass a host such as github.com, or the URL of an API")
    if text.startswith(QUOTES) or text.endswith(QUOTES):
        raise ValueError(f"{name} has quotes around it. Remove them: `docker run --env-file` keeps them")
    if len(text) > _LONGEST_ADDRESS:
        raise ValueError(f"{name} is longer than {_LONGEST_ADDRESS} characters")
    return text


def _normalized_host(host: str) -> str | None:
    """Return the host in the form that is compared, or None if it is not valid or resolvers disagree about it."""
    host = host.lower()
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        if _NUMERIC.fullmatch(host.rpartition(".")[2]):
            # Some resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as 127.0.0.1, others as a name or another address.
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    if len(host) > _LONGEST_HOST or ("xn--" in host and not _is_idna(host)):
        return None
    return _GITHUB if host == f"www.{_GITHUB}" else host


def _is_idna(host: str) -> bool:
    import httpx  # decodes the names of URLs, and raises many kinds of errors for those that are not valid

    try:
        return bool(httpx.URL(f"https://{host}").host)
    except (httpx.InvalidURL, ValueError):
        return False


def origin_of(base_url: str) -> Origin:
    """Return the origin of a URL that `resolve_base_url` returned."""
    return _parse(base_url, "base_url")[0]


def is_loopback(url: str) -> bool:
    """Whether a request to this URL stays on this machine."""
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
        TypeError: ``base_url`` is not a string.
        ValueError: It is not a valid address, or the override is not a loopback address.
    """
    # An invalid argument is an error even if it is overridden: otherwise tests would not find it.
    chosen = None if base_url is None else _api_url(base_url, "base_url")
    if environ.get(OVERRIDE, "").strip():
        return _override(environ[OVERRIDE])
    if chosen is not None:
        return chosen
    for name in ("GITHUB_API_URL", "GH_HOST"):
        if environ.get(name, "").strip():
            return _api_url(environ[name], name)
    return _api_url(_GITHUB, "the default host")


def _override(text: str) -> str:
    """Return the URL in ``RUNNER_REGISTRATION_API_URL``."""
    url = _api_url(text, OVERRIDE)
    if not is_loopback(url):
        raise ValueError(
            f"{OVERRIDE} is not a loopback address. It is for tests and accepts only addresses such as "
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
    """Return the site of an API: where people sign in, and what ``config.sh --url`` and ``gh`` call the host."""
    origin = origin_of(base_url)
    return origin._replace(host=origin.host.removeprefix("api.")) if origin.is_github else origin


def parse_config_url(text: str) -> tuple[str, str]:
    """Parse the URL of an organization, as ``config.sh --url`` accepts it or as a browser shows it.

    ``config.sh`` counts the segments of the path. One is an organization. Two are a repository, or an enterprise if the
    first is ``enterprises`` (actions/runner, ``ConfigurationManager.cs``). The pages below ``/orgs/ORG`` and
    ``/organizations/ORG`` belong to an organization as well: GitHub reserves both words.

    Returns:
        The organization's name and the base URL of its API.

    Raises:
        ValueError: It is not a URL, or the URL of something else.
    """
    name = "The organization's URL"
    if "://" not in text:
        raise ValueError(f"{name} must start with https://")
    origin, path = _parse(text, name)
    site = web_origin(str(origin))
    example = f"An organization's URL is {site}/ORG"
    match [segment for segment in path.split("/") if segment]:
        case [first, *_] if first.lower() == "enterprises":
            raise ValueError(f"{name} is the URL of an enterprise. {example}")
        case ["api", "v3", *_]:
            raise ValueError(f"{name} is the URL of an API. {example}")
        case [_, *_] if origin != site:
            raise ValueError(f"{name} is the URL of an API. {example}")
        case [first, org, *_] if first.lower() in {"orgs", "organizations"}:
            pass
        case [org] if org.lower() not in {"orgs", "organizations"}:
            pass
        case [_, _]:
            raise ValueError(f"{name} is the URL of a repository. {example}")
        case _:
            raise ValueError(f"{name} does not name an organization. {example}")
    return org, _api_url(str(origin), name)
