"""One request and its answer: what both clients do around the waiting for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from runner_registration._constants import MAX_BODY_BYTES
from runner_registration._failures import Failure, failure
from runner_registration._flow import Answer

if TYPE_CHECKING:
    from runner_registration._answers import Asked
    from runner_registration._secrets import Secrets

_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that are no longer true of a body that has been read."""


class Exchange:
    """Collects an answer, however far it comes."""

    def __init__(self, asked: Asked, secrets: Secrets, timeout: float) -> None:
        self._asked = asked
        self._secrets = secrets
        self._timeout = timeout
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._flaw: str | None = None
        self._exception: Exception | None = None

    def begin(self, response: httpx.Response) -> None:
        self._response = response

    def add(self, chunk: bytes) -> bool:
        """Take a piece of the body; False once it is too much."""
        self._body += chunk
        if len(self._body) <= MAX_BODY_BYTES:
            return True
        self._flaw = f"the body is longer than {MAX_BODY_BYTES >> 20} MiB"
        return False

    def fail(self, exception: Exception) -> None:
        self._exception = exception

    def outcome(self) -> Answer | Failure:
        exception, self._exception = self._exception, None
        response = self._response
        if response is None or (exception is not None and response.is_success and not _undecodable(exception)):
            assert exception is not None  # noqa: S101 - an exchange that neither began nor failed did not happen
            return failure(exception, self._asked, self._secrets, self._timeout)
        # The status of an error says enough, even if its body was cut short.
        if exception is not None:
            self._flaw = "the body cannot be decoded"
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _DECODED]
        return Answer(httpx.Response(response.status_code, headers=headers, content=bytes(self._body)), self._flaw)


def _undecodable(exception: Exception) -> bool:
    return isinstance(exception, httpx.DecodingError)
