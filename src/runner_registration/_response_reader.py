"""Reads one response within its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from runner_registration._constants import MAX_BODY_BYTES

if TYPE_CHECKING:
    import zlib

ACCEPT_ENCODING = "gzip"
"""What is decoded below. httpx would accept more, and decode without a bound: a kilobyte can become a megabyte."""

_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that are no longer true of a body that has been decoded."""

_UNREADABLE = "the body cannot be decoded"
_TOO_LONG = f"the body is longer than {MAX_BODY_BYTES >> 20} MiB"


class ReceivedResponse:
    """A response, read as far as possible. ``problem`` is why its body could not be read to the end."""

    def __init__(self, response: httpx.Response, problem: str | None = None) -> None:
        self.response = response
        self.problem = problem


class ResponseReader:
    """Collects a response from what the network brings."""

    def __init__(self) -> None:
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._received = 0
        self._gunzip: zlib._Decompress | None = None
        self._problem: str | None = None

    def begin(self, response: httpx.Response) -> bool:
        """Take the status and headers. Returns whether the body is to be read."""
        self._response = response
        if response.is_stream_consumed:  # by an event hook of the caller's HTTP client, or a transport without streams
            self._body += response.content
            return False
        if response.is_closed:
            return False
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            import zlib

            self._gunzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        elif encoding not in {"", "identity"}:
            self._problem = _UNREADABLE
        return self._problem is None

    def add(self, chunk: bytes) -> bool:
        """Take a part of the body as it was received. Returns whether more may follow."""
        # What is received counts as well as what it decodes to: empty gzip blocks can go on for ever.
        self._received += len(chunk)
        if self._gunzip is not None:
            import zlib

            try:
                chunk = self._gunzip.decompress(chunk, MAX_BODY_BYTES + 1 - len(self._body))
            except zlib.error:
                self._problem = _UNREADABLE
                return False
        self._body += chunk
        if max(self._received, len(self._body)) > MAX_BODY_BYTES:
            self._problem = _TOO_LONG
            return False
        return self._gunzip is None or not self._gunzip.unused_data

    def response(self, failure: Exception | None = None) -> ReceivedResponse | None:
        """Return the response, or None if there is none worth reading.

        Args:
            failure: What ended the attempt early.
        """
        response = self._response
        # The status of an error says enough, even if its body was cut short.
        if response is None or (failure is not None and response.is_success):
            return None
        headers = response.headers
        if "Content-Encoding" in headers:
            headers = httpx.Headers([field for field in headers.raw if field[0].lower() not in _DECODED])
        received = httpx.Response(response.status_code, headers=headers, content=bytes(self._body))
        return ReceivedResponse(received, self._problem)
