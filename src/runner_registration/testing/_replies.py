"""From a scenario's answer to what is sent: the contract's example, or Prism's, with what the scenario changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from runner_registration.testing._wire import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner_registration.testing._contract import Operation
    from runner_registration.testing._prism import PrismServer
    from runner_registration.testing._scenarios import Answer

_PRISM_TIMEOUT = 10.0


class Example(NamedTuple):
    """A documented answer: the headers that its status may have, and the body."""

    headers: Mapping[str, str]
    body: Any


class Source(Protocol):
    """Where documented answers come from."""

    def example(self, operation: Operation, status: int, name: str | None, request: Request) -> Example | Reply:
        """Get one, or what is to be answered in its place."""
        ...


class ContractSource:
    """The contract itself."""

    def example(self, operation: Operation, status: int, name: str | None, request: Request) -> Example:
        del request
        return Example(operation.headers(status), operation.body(status, name))


class PrismSource:
    """Prism, which also judges the request by the contract."""

    def __init__(self, prism: PrismServer) -> None:
        self._prism = prism

    def example(self, operation: Operation, status: int, name: str | None, request: Request) -> Example | Reply:
        del operation
        headers = {
            # Not the request's own: the credential stays here, and Prism knows no media types beside the contract's.
            "Authorization": "Bearer of-no-account",
            "Accept": "application/vnd.github+json",
            "Prefer": f"code={status}" + (f", example={name}" if name else ""),
        }
        if "content-type" in request.headers:
            headers["Content-Type"] = request.headers["content-type"]
        connection = HTTPConnection(urlsplit(self._prism.url).netloc, timeout=_PRISM_TIMEOUT)
        try:
            connection.request(request.method, request.path.removeprefix("/api/v3"), request.body or None, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != status:  # it found fault with the request
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() in {"content-type", "sl-violations"}
            }
            return Reply(response.status, kept, content)
        return Example(dict(response.getheaders()), json.loads(content) if content else None)


class Place(NamedTuple):
    """What only the server knows."""

    url: str
    other_url: str
    """The same place by another name."""
    retry_after: int


def reply(answer: Answer, operation: Operation, request: Request, source: Source, place: Place) -> Reply:
    """Make a scenario's answer to a request."""
    now = datetime.now(UTC).replace(microsecond=0)  # as Date has it, so that what counts from there comes out even
    headers, content = {"Date": format_datetime(now, usegmt=True)}, (answer.text or "").encode()
    status, name = operation.success if answer.status is None else (answer.status, answer.example)
    examples: Mapping[str, str] = {}
    if answer.text is None:
        example = source.example(operation, status, name, request)
        if isinstance(example, Reply):
            return example
        examples = {name.lower(): value for name, value in example.headers.items()}
        headers |= {name: examples[name.lower()] for name in operation.common_headers}
        headers["X-RateLimit-Reset"] = str(int(now.timestamp()) + place.retry_after)
        body = _body(answer, operation, status, example.body, now)
        content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["Content-Type"] = answer.content_type
    known = {**place._asdict(), "path": request.path.partition("?")[0]}
    for name, value in answer.headers.items():
        headers[name] = examples[name.lower()] if value is None else value.format_map(known)
    return Reply(status, headers, content, answer.fault)


def _body(answer: Answer, operation: Operation, status: int, example: Any, now: datetime) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(example, dict):
        return example
    body: dict[str, Any] = {**(operation.full_body(status) if answer.full else {}), **example, **answer.fields}
    if "expires_at" in body:
        body["expires_at"] = _written(now + answer.lifetime, answer.time_format)
    return body


def _written(time: datetime, time_format: str) -> str:
    """An instant in the time zone that the format ends with."""
    zone = datetime.strptime("Z" if time_format.endswith("Z") else time_format[-6:], "%z").tzinfo
    return time.astimezone(zone).strftime(time_format)
