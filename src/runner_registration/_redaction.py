"""Keep secrets and control characters out of messages, attributes and log records.

Text that a server sends is untrusted: it may contain terminal sequences, and it may repeat the credential of the call.
Every successful call passes through this module, so it compiles no pattern before there is text to mask.
"""

from __future__ import annotations

import base64
import logging
import re
import string
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import httpx

MASK = "***"

STRETCH = 12
"""How many characters of a credential in a row are masked. Fewer than this do not help anyone to guess the others."""

_SHORTEST_SECRET = 6
"""Masking shorter ones would mask ordinary words."""

_TOKEN_AS_USER = 20
"""A user name in basic authentication that is as long as this may be a token."""

_SECRET_HEADERS = ("auth", "cookie", "key", "password", "secret", "signature", "token")
_PUBLIC_PARAMETERS = frozenset({"algorithm", "headers", "nc", "qop", "realm", "signedheaders", "uri", "username"})

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@cache
def _token_patterns() -> re.Pattern[str]:
    """Secrets that are recognized by their form, no matter who they belong to."""
    return re.compile(
        # GitHub's tokens. ghs_APPID_JWT has dots and dashes. Words such as copyright_holder are none.
        r"(?:(?<![^\W_])gh[a-z]_|gh[a-z]_(?=\w{16})|github_pat_)[\w-]+(?:\.[\w-]+)*"
        r"|eyJ[\w-]{9,}(?:\.[\w-]*)*"  # JSON web tokens: the base64 of `{"`
        r"|\b[A-Z2-7]{29}\b"  # registration and removal tokens
        r"|-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
        r"|LS0tLS1CRUdJ[\w+/=-]*",  # the base64 of `-----BEGI`
        re.DOTALL | re.ASCII,
    )


@cache
def _terminal_sequences() -> re.Pattern[str]:
    return re.compile(
        r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movements
        r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS and the like: titles, hyperlinks
        r"|\x1b[ -/]*[0-~]?",
        re.DOTALL,
    )


class Secrets:
    """The secrets of one call. They are read from its requests, so that any kind of ``httpx.Auth`` is covered."""

    def __init__(self) -> None:
        self._requests: list[httpx.Headers] = []
        self._secrets: set[str] = set()
        self._stretches: set[str] = set()
        """Every part of the secrets that is long enough to be masked, in lower case."""

    def watch(self, request: httpx.Request) -> None:
        """Mask what this request carries, also what an ``httpx.Auth`` adds to it later."""
        self._requests.append(request.headers)

    def mask(self, text: str) -> str:
        """Mask the call's own secrets, long parts of them, and whatever has the form of a secret."""
        secrets = {secret.translate(_LOWER) for headers in self._requests for secret in _secrets_in(headers)}
        if secrets != self._secrets:
            self._secrets = secrets
            self._stretches = {secret[i : i + STRETCH] for secret in secrets for i in range(len(secret) - STRETCH + 1)}
        text = _mask_stretches(text, self._stretches)
        for secret in secrets:
            if _SHORTEST_SECRET <= len(secret) < STRETCH:
                text = re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
        return _token_patterns().sub(MASK, text)

    def occur_in(self, text: str) -> bool:
        return self.mask(text) != text


def _secrets_in(headers: httpx.Headers) -> Iterator[str]:
    for name, value in headers.multi_items():
        if name in {"authorization", "proxy-authorization"}:
            yield from _credentials(value.strip())
        elif any(word in name for word in _SECRET_HEADERS):
            yield value.strip()


def _credentials(authorization: str) -> Iterator[str]:
    """The secrets in a value of ``Authorization`` (RFC 9110, 11.4)."""
    scheme, _, value = authorization.partition(" ")
    value = value.strip() or scheme
    parameters = re.findall(r"""(?:\A|[\s,])([\w-]+)=("[^"]*"|[^\s",=]+)(?=,|\Z)""", value)
    if not parameters or scheme.lower() in {"basic", "bearer", "token"}:
        yield value
    else:  # Digest, AWS4-HMAC-SHA256 and the like
        yield from (text.strip('"') for name, text in parameters if name.lower() not in _PUBLIC_PARAMETERS)
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return
        yield password
        if len(user) >= _TOKEN_AS_USER:
            yield user


def _mask_stretches(text: str, stretches: set[str]) -> str:
    """Mask these strings of STRETCH characters, in upper or lower case, and their overlaps."""
    compared = text.translate(_LOWER)
    shown: list[str] = []
    begin = end = 0
    while stretches and end + STRETCH <= len(text):
        if compared[end : end + STRETCH] not in stretches:
            end += 1
            continue
        shown += text[begin:end], MASK
        begin = end + STRETCH
        while compared[begin - STRETCH + 1 : begin + 1] in stretches:
            begin += 1
        end = begin
    return "".join([*shown, text[begin:]])


def one_line(text: str, secrets: Secrets, limit: int = 500) -> str:
    """Make text from a server safe to print and to log.

    White space becomes single spaces. Terminal sequences and control, format and bidirectional characters are removed.
    Secrets are masked after that, because the removed characters may have split one, and before the text is cut.
    """
    text = " ".join(_terminal_sequences().sub("", text).split())
    text = secrets.mask("".join(char for char in text if char.isprintable()))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_of_this_call: ContextVar[Secrets | None] = ContextVar("secrets", default=None)


def status_line(status: int) -> str:
    """Return the status with the phrase of the standard: the server's own phrase is untrusted text."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class _MaskingFilter(logging.Filter):
    """Masks the secrets of the current call in log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (secrets := _of_this_call.get()) is not None:
            message = record.getMessage()
            if (masked := secrets.mask(message)) != message:
                record.msg, record.args = masked, None
        return True


_masking = _MaskingFilter()


def mask_log_records() -> None:
    """Mask secrets in what this package and the HTTP libraries log during our calls. Other records are unchanged.

    Handlers and levels are the application's, so the filter is on the loggers that make the records.
    """
    httpcore = [f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")]
    # hpack, which HTTP/2 needs, logs the headers of requests as well.
    libraries = ["httpx", *httpcore, "hpack.hpack", "hpack.table"]
    for name in ("runner_registration", "runner_registration_api", *libraries):
        logging.getLogger(name).addFilter(_masking)


@contextmanager
def masking(secrets: Secrets) -> Generator[None]:
    """Mask these secrets in what this thread or task logs meanwhile."""
    token = _of_this_call.set(secrets)
    try:
        yield
    finally:
        _of_this_call.reset(token)
