"""Requests as a test sees them: without their credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner_registration.testing._http import HTTPRequest

MASK = "***"

_SECRET_NAMES = re.compile(r"auth|cookie|token|secret|password|key", re.IGNORECASE)
_WITH_SCHEME = re.compile(r"([A-Za-z][\w-]*) +(?=\S)")
_SEPARATORS = re.compile(r"[\s,;]+")
_NAMED = re.compile(r"[^=]+=(?=[^=])")
_QUERY_PARAMETER = re.compile(r"(?<=[?&])([^=&#]+)=([^&#]*)")
_LONG_ENOUGH = 8
"""A shorter text can occur by chance."""


class Request(NamedTuple):
    """A request that the server got. Credentials are replaced with ``***``."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """By their names in lower case. The values of a repeated header are joined by commas."""
    body: bytes
    org: str | None = None
    """The organization in the path, as the client spelled it; None if the path has none."""


def record(request: HTTPRequest, org: str | None) -> Request:
    """Copy a request without its credentials, wherever it repeats them."""
    secrets: set[str] = set()

    def mask_value(value: str, *, keep_scheme: bool) -> str:
        scheme = match[0] if keep_scheme and (match := _WITH_SCHEME.match(value)) else ""
        secret = value[len(scheme) :]
        parts = [secret, *_SEPARATORS.split(secret)]
        if keep_scheme:  # the parameters of Digest hold the path and the host as well
            parts = [part for part in parts if not _NAMED.match(part)]
        secrets.update(part for text in parts for part in (text, _NAMED.sub("", text)) if len(part) >= _LONG_ENOUGH)
        return f"{scheme}{MASK}"

    def mask_parameter(match: re.Match[str]) -> str:
        name, value = match.groups()
        return f"{name}={mask_value(value, keep_scheme=False) if _SECRET_NAMES.search(name) else value}"

    def mask_all(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    headers: dict[str, str] = {}
    for name, value in request.headers:
        masked = mask_value(value, keep_scheme="auth" in name) if _SECRET_NAMES.search(name) else value
        headers[name] = f"{headers[name]}, {masked}" if name in headers else masked
    path = _QUERY_PARAMETER.sub(mask_parameter, request.path_and_query)
    return Request(
        request.method,
        mask_all(path),
        {name: mask_all(value) for name, value in headers.items()},
        mask_all(request.body.decode("latin-1")).encode("latin-1"),
        org,
    )
