"""One request and its answer: what both clients do around the waiting for them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import httpx

from runner_registration._connection_errors import FailedAttempt, connection_error
from runner_registration._constants import MAX_BODY_BYTES
from runner_registration._flow import Answer

if TYPE_CHECKING:
    from runner_registration._flow import RequestInfo
    from runner_registration._redaction import Secrets

ACCEPT_ENCODING = "gzip"
"""What is read below. httpx would accept more, and unpack without a bound: a kilobyte can become a megabyte."""

_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that are no longer true of a body that has been read."""

_UNREADABLE = "the body cannot be decoded"


class Exchange:
    """Collects an answer, however far it comes."""

    def __init__(self, request: RequestInfo, secrets: Secrets, timeout: float) -> None:
        self._request = request
        self._secrets = secrets
        self._timeout = timeout
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._gunzip: zlib._Decompress | None = None
        self._flaw: str | None = None
        self._exception: Exception | None = None

    def begin(self, response: httpx.Response) -> bool:
        """Take the head of an answer; True if its body is to be read yet."""
        self._response = response
        self._secrets.watch(response.request)  # an httpx.Auth may have sent another one than it was given
        if response.is_stream_consumed:  # by an event hook of the caller's HTTP client, or a transport without streams
            self._body += response.content
            return False
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._gunzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        elif encoding not in {"", "identity"}:
            self._flaw = _UNREADABLE
        return self._flaw is None

    def add(self, chunk: bytes) -> bool:
        """Take a piece of the body as it came; False once it is too much."""
        if self._gunzip is not None:
            try:
                chunk = self._gunzip.decompress(chunk, MAX_BODY_BYTES + 1 - len(self._body))
            except zlib.error:
                self._flaw = _UNREADABLE
                return False
        self._body += chunk
        if len(self._body) <= MAX_BODY_BYTES:
            return True
        self._flaw = f"the body is longer than {MAX_BODY_BYTES >> 20} MiB"
        return False

    def fail(self, exception: Exception) -> None:
        self._exception = exception

    def outcome(self) -> Answer | FailedAttempt:
        exception, self._exception = self._exception, None
        response = self._response
        # The status of an error says enough, even if its body was cut short.
        if response is None or (exception is not None and response.is_success):
            assert exception is not None  # noqa: S101 - an exchange that neither began nor failed did not happen
            return connection_error(exception, self._request, self._secrets, self._timeout)
        headers = response.headers
        if "Content-Encoding" in headers:
            headers = httpx.Headers([field for field in headers.raw if field[0].lower() not in _DECODED])
        return Answer(httpx.Response(response.status_code, headers=headers, content=bytes(self._body)), self._flaw)
