"""A response of the caller's own: the arguments of `RegistrationServer.respond`, checked."""

from __future__ import annotations

import json as json_module
import re
from typing import TYPE_CHECKING, Any

from runner_registration.testing._contract import operations
from runner_registration.testing._http import BODILESS
from runner_registration.testing._scenarios import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUSES = range(200, 600)
_SET_BY_SERVER = {"content-length", "transfer-encoding", "connection"}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def custom_response(
    status: object,
    json: Any,  # noqa: ANN401 - JSON
    headers: Mapping[str, str],
    body: object,
) -> Template:
    """Make a template from the arguments of `RegistrationServer.respond`.

    Raises:
        ValueError: An argument is not valid. The types are checked as well: they may come from JSON.
    """
    if not isinstance(status, int) or status not in _STATUSES:
        raise ValueError(f"status is {status!r}: it must be a whole number from 200 to 599")
    if json is not None and body is not None:
        raise ValueError("pass json or body, not both")
    if status in BODILESS and (json is not None or body):
        raise ValueError(f"a response with status {status} has no body")
    _check_headers(headers)
    template = Template(int(status), headers=dict(headers))
    if json is not None:
        return template._replace(body=_to_json(json))
    if isinstance(body, str):
        return template._replace(body=body.encode(), content_type="text/plain; charset=utf-8")
    if isinstance(body, bytes):
        return template._replace(body=body, content_type="application/octet-stream")
    if body is not None:
        raise ValueError(f"body is {body!r}: it must be a string or bytes")
    documented = any(operation.documents(status, None) for operation in operations())
    return template if documented else template._replace(body=b"")


def _to_json(value: Any) -> bytes:  # noqa: ANN401 - JSON
    try:
        return json_module.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"json cannot be written as JSON: {error}") from None


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (_is_text(name, _HEADER_NAME) and _is_text(value, _HEADER_VALUE)):
            raise ValueError(f"not a valid header: {name!r}: {value!r}")
        if name.lower() in _SET_BY_SERVER:
            raise ValueError(
                f"the server sets {name} itself; there are scenarios for wrong ones, such as length_too_long"
            )


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
