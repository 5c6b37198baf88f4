"""SSL contexts: which certificates are trusted, by the argument ``verify`` and by the environment."""

from __future__ import annotations

import os
import ssl
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable

Verify: TypeAlias = bool | str | os.PathLike[str] | ssl.SSLContext


class UnusableCertificatesError(ssl.SSLError):
    """The certificates that were to be read when TLS began cannot be read. The message is our own."""

    def __init__(self, problem: str) -> None:
        super().__init__(ssl.SSL_ERROR_SSL, problem)
        self.problem = problem


def ssl_context(verify: Verify, base_url: str) -> ssl.SSLContext:
    """Make the SSL context for an API, or return the caller's own.

    Raises:
        TypeError: ``verify`` is of another type.
        ValueError: The certificates that ``verify`` or the environment names cannot be read.
    """
    if verify is True and base_url.startswith("http:"):
        return _LateContext(ssl.PROTOCOL_TLS_CLIENT)
    return _context(verify)


class _LateContext(ssl.SSLContext):
    """Reads the certificates when TLS begins: for plain http that is after a redirect to https, if ever.

    Reading them takes a fifth of the time of a short program, and more in tests that make many clients.
    """

    _protocols: tuple[str, ...] = ()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        try:
            context = _context(verify=True)
        except ValueError as error:
            problem = str(error)
        else:
            context.set_alpn_protocols(self._protocols)
            return context
        raise UnusableCertificatesError(problem)  # an SSLError, so the HTTP libraries report a failed connection

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        self._protocols = tuple(alpn_protocols)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:  # noqa: ANN401 - passed on unchanged
        return self._context.wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:  # noqa: ANN401 - passed on unchanged
        return self._context.wrap_bio(*arguments, **options)


def _context(verify: Verify) -> ssl.SSLContext:
    if isinstance(verify, (str, os.PathLike)):
        # Path("") is the working directory, where anyone may have put a certificate.
        if Path(str(verify).strip()) == Path():
            raise ValueError("verify is empty: give the path of a CA file or folder, an ssl.SSLContext, True or False")
        return _read("verify", verify)
    if not isinstance(verify, bool):
        # Not isinstance(verify, ssl.SSLContext): truststore replaces that class, and older contexts are of the old one.
        if not hasattr(cast("object", verify), "wrap_socket"):
            raise TypeError(f"verify is not a path, an ssl.SSLContext, True or False, but {type(verify).__name__}")
        return verify
    if not verify:
        return httpx.create_ssl_context(verify=False, trust_env=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := os.environ.get(name, ""):
            return _read(name, path)
    return _read("certifi", None)


def _read(source: str, path: str | os.PathLike[str] | None) -> ssl.SSLContext:
    """Read certificates from a file, from a folder, or those that httpx trusts."""
    try:
        if path is None:
            import certifi  # which httpx requires, and trusts as well; it would read the environment once more

            return ssl.create_default_context(cafile=certifi.where())
        # SSL_CERT_DIR may name several folders. OpenSSL skips those that do not exist.
        if source == "SSL_CERT_DIR" or Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        problem = f"{source} contains no certificate that can be read"
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        problem = f"{source} does not lead to CA certificates: {reason}"
        key_log = os.environ.get("SSLKEYLOGFILE")
        if key_log and error.filename == key_log:  # Python opens it for every default context
            problem = f"SSLKEYLOGFILE cannot be written: {reason}. Unset it, or name a file that can be written"
    except ValueError:
        problem = f"{source} is not a valid path"
    raise ValueError(problem)
