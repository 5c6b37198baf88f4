"""Keep secrets and control characters out of messages and log records.

What a server sends is untrusted text. The credential of a call must not be shown wherever a server, a library or a log
record repeats it.
"""

from __future__ import annotations

import base64
import logging
import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import httpx

MASK = "***"

_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS and their like: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_READ_AT_MOST = 64 * 1024
_GITHUB_TOKEN = re.compile(r"(?:gh[a-z]_|github_pat_)\w+")
_SHORTEST = 6
"""Shorter strings are words, and masking those would make a server's own words unreadable."""


class Secrets:
    """The credentials of one call, known by the requests that carry them: so any kind of ``httpx.Auth`` is covered."""

    def __init__(self) -> None:
        self._headers: list[httpx.Headers] = []

    def watch(self, request: httpx.Request) -> None:
        self._headers.append(request.headers)

    def mask(self, text: str) -> str:
        """Mask the credentials, and whatever looks like one of GitHub's."""
        for secret in self._values():
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, MASK)
        return _GITHUB_TOKEN.sub(MASK, text)

    def _values(self) -> Iterator[str]:
        for headers in self._headers:
            scheme, _, value = headers.get("Authorization", "").partition(" ")
            yield (value or scheme).strip()
            if scheme.lower() == "basic":
                try:
                    yield base64.b64decode(value).decode().partition(":")[2]
                except ValueError:
                    continue


def one_line(text: str, secrets: Secrets, limit: int = 500) -> str:
    """Make text of a server safe to print and log.

    White space becomes a space; terminal sequences, control, format and bidirectional characters go. Secrets are masked
    after that, lest what was removed had kept the parts of one asunder.
    """
    text = " ".join(_TERMINAL_SEQUENCE.sub("", text[:_READ_AT_MOST]).split())
    text = "".join(char for char in text if char.isprintable())
    text = secrets.mask(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_of_this_call: ContextVar[Secrets | None] = ContextVar("secrets", default=None)


class _MaskingFilter(logging.Filter):
    """Masks the credential in what the libraries below log: a server's headers and status line as they come."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (secrets := _of_this_call.get()) is not None:
            message = record.getMessage()
            if (masked := secrets.mask(message)) != message:
                record.msg, record.args = masked, None
        return True


_masking = _MaskingFilter()


def mask_log_records() -> None:
    """Mask in what the HTTP libraries log during our calls. Other records pass as they are; once is as good as twice.

    Handlers and levels are the application's; a filter has to sit on the very logger that makes a record.
    """
    httpcore = ("connection", "http11", "http2", "proxy", "socks")
    # hpack, which HTTP/2 needs, logs the headers of requests too.
    for name in ("httpx", *(f"httpcore.{part}" for part in httpcore), "hpack.hpack", "hpack.table"):
        logging.getLogger(name).addFilter(_masking)


@contextmanager
def masking(secrets: Secrets) -> Generator[None]:
    """Mask these secrets in what is logged meanwhile, by this thread or task."""
    before = _of_this_call.set(secrets)
    try:
        yield
    finally:
        _of_this_call.reset(before)
