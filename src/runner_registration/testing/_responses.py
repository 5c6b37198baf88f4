"""From a response template to what is sent: the contract's example, or Prism's, with what the template changes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from runner_registration.testing._contract import operations
from runner_registration.testing._http import HTTPRequest, HTTPResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner_registration.testing._contract import Operation
    from runner_registration.testing._prism import PrismServer
    from runner_registration.testing._scenarios import Template

_PRISM_TIMEOUT = 10.0
_PAGES = 2


class Example(NamedTuple):
    """A documented response: the headers that its status may have, and the body."""

    headers: Mapping[str, str]
    body: Any


class Source(Protocol):
    """Where documented responses come from."""

    def example(
        self, operation: Operation, status: int, name: str | None, request: HTTPRequest
    ) -> Example | HTTPResponse:
        """Return one, or the response that is to be sent in its place."""
        ...


class ContractSource:
    """The contract itself."""

    def example(self, operation: Operation, status: int, name: str | None, request: HTTPRequest) -> Example:
        del request
        if not operation.documents(status, name):  # `use` has made sure that some operation does
            operation = next(each for each in operations() if each.documents(status, name))
        return Example(operation.headers(status), operation.body(status, name))


class PrismSource:
    """Prism, which also checks the request against the contract."""

    def __init__(self, prism: PrismServer) -> None:
        self._prism = prism

    def example(
        self, operation: Operation, status: int, name: str | None, request: HTTPRequest
    ) -> Example | HTTPResponse:
        if not operation.documents(status, name):  # Prism would choose another response
            return ContractSource().example(operation, status, name, request)
        headers = {
            # Not the request's own: the credential stays here, and Prism accepts the contract's media types only.
            "Authorization": "Bearer of-no-account",
            "Accept": "application/vnd.github+json",
            "Prefer": f"code={status}" + (f", example={name}" if name else ""),
        }
        if content_type := request.header("content-type"):
            headers["Content-Type"] = content_type
        from runner_registration.testing._prism import connect

        connection, prefix = connect(self._prism.url, _PRISM_TIMEOUT)
        path = prefix + request.path_and_query.removeprefix("/api/v3")
        try:
            connection.request(request.method, path, request.body or None, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != status:  # the request breaks the contract
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() in {"content-type", "sl-violations"}
            }
            return HTTPResponse(response.status, kept, content)
        return Example(dict(response.getheaders()), json.loads(content) if content else None)


class Variables(NamedTuple):
    """What a template cannot know."""

    url: str
    """The server, as the client calls it."""
    other_url: str
    """The same server by another name."""
    token: str
    """The token of this response, if it has one."""
    retry_after: float = 60
    clock_offset: timedelta = timedelta()
    """How much the server's clock is ahead."""


def make_response(
    template: Template, operation: Operation, request: HTTPRequest, source: Source, variables: Variables
) -> HTTPResponse:
    """Make the response to a request."""
    now = datetime.now(UTC).replace(microsecond=0) + variables.clock_offset  # whole seconds, as in Date
    status, name = operation.success if template.status is None else (template.status, template.example)
    headers = {"Date": format_datetime(now, usegmt=True)}
    documented: Mapping[str, str] = {}
    content = template.body
    if content is None:
        example = source.example(operation, status, name, request)
        if isinstance(example, HTTPResponse):
            return example
        documented = {name.lower(): value for name, value in example.headers.items()}
        headers |= {name: documented[name.lower()] for name in operation.common_headers if name.lower() in documented}
        headers["X-RateLimit-Reset"] = str(int(now.timestamp() + variables.retry_after))
        if "link" in documented:
            headers["Link"] = _link(request, variables.url)
        body = example.body
        if isinstance(body, dict):
            fields: dict[str, Any] = {**((template.full and operation.full_body(status)) or {}), **body}
            body = _change(fields, template, now, variables.token)
        content = b"" if body is None else json.dumps(body).encode()
    if content and template.content_type:
        headers["Content-Type"] = template.content_type
    known = {
        "url": variables.url,
        "other_url": variables.other_url,
        "path": request.path,
        "retry_after": f"{variables.retry_after:g}",
    }
    for name, value in template.headers.items():
        headers = {key: other for key, other in headers.items() if key.lower() != name.lower()}
        headers[name] = documented[name.lower()] if value is None else _fill(value, known)
    return HTTPResponse(status, headers, content, template.fault)


def _change(body: dict[str, Any], template: Template, now: datetime, token: str) -> dict[str, Any]:
    """Return the body with what the template changes, and with a token and an expiry of its own where it has them."""
    body = {**body, **template.fields}
    if isinstance(body.get("token"), str):
        body["token"] = token
    if "expires_at" in body:
        body["expires_at"] = _format(now + template.lifetime, template.time_format)
    return body


def _format(time: datetime, time_format: str) -> str:
    """Write an instant in the time zone that the format ends with."""
    zone = datetime.strptime("Z" if time_format.endswith("Z") else time_format[-6:], "%z").tzinfo
    return time.astimezone(zone).strftime(time_format)


def _fill(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda match: known.get(match[1], match[0]), text)


def _link(request: HTTPRequest, url: str) -> str:
    """Return the Link header of a list: two pages, so that a client that follows it comes to an end."""
    query = parse_qs(urlsplit(request.path_and_query).query)
    page = query.get("page", ["1"])[0]
    relations = {"next": 2, "last": _PAGES} if page == "1" else {"prev": 1, "first": 1}
    return ", ".join(f'<{url}{request.path}?page={number}>; rel="{name}"' for name, number in relations.items())
