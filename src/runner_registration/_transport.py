"""Connections that keep to a deadline, without a thread to watch over it.

httpx bounds each connection attempt and each read. A server that trickles its answer, or a name with several dead
addresses, can so take any multiple of that. Here every one of them gets what is left of the attempt.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING

import httpcore

from runner_registration import _deadline

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx


def enforce_deadlines(client: httpx.Client) -> None:
    """Make the transports of httpx's own in a client keep to the deadline; outside of one nothing changes for them."""
    # httpx takes no network backend. Without these attributes httpx's own timeouts remain, as for other transports.
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    for transport in transports:
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if isinstance(backend, httpcore.NetworkBackend) and not isinstance(backend, _Backend):
            setattr(pool, "_network_backend", _Backend(backend))  # noqa: B010 - as it was read


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        if not _deadline.running():
            return self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        addresses = _resolve(host, port)
        for left in range(len(addresses), 0, -1):
            # Each address gets an equal share of the time left, so that a dead one leaves some to the next.
            share = _deadline.remaining(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._backend.connect_tcp(
                    addresses[-left], port, share and share / left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                return _Stream(stream)
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        timeout = _deadline.remaining(timeout, httpcore.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _deadline.remaining(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _deadline.remaining(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _deadline.remaining(timeout, httpcore.ConnectTimeout)
        socket_ = self.get_extra_info("socket")
        if type(socket_) is ssl.SSLSocket:  # TLS to a proxy: more of it is to go through
            socket_.__class__ = _TLSSocket
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _TLSSocket(ssl.SSLSocket):
    """Keeps to the deadline by itself: httpcore reads TLS within TLS piece by piece, and bounds only each of them."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(_deadline.remaining(self.gettimeout(), TimeoutError))
        return super().recv(buflen, flags)


def _resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Nothing can bound the resolver, so its time is added to the deadline."""
    begun = time.monotonic()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    finally:
        _deadline.postpone(time.monotonic() - begun)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
