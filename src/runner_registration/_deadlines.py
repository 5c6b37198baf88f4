"""One deadline for a whole attempt, without a thread or a cancellation to enforce it.

httpx bounds each connection attempt and each read. A server that sends its response byte by byte, or a name with
several dead addresses, can take any multiple of that. Here each of these operations gets what is left of the attempt.
For the asynchronous client, `asyncio.timeout` would do the same by cancelling httpcore wherever it is, which can cost
its pool a connection for good.
"""

# ruff: noqa: ASYNC109 - the timeouts are parameters of httpcore's interface

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakSet

import httpcore

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import httpx

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(end: float) -> Generator[None]:
    """Bound what this thread or task does meanwhile, as far as that asks what is `remaining`.

    Args:
        end: By ``time.monotonic()``.
    """
    before = _deadline.set(end)
    try:
        yield
    finally:
        _deadline.reset(before)


def remaining(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the seconds that an operation may take: its own timeout, or what is left until the deadline.

    Raises:
        Exception: ``error``, if nothing is left.
    """
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise error("the time for the whole attempt is over")
    return left if timeout is None else min(left, timeout)


def enforce_deadlines(client: httpx.Client | httpx.AsyncClient) -> bool:
    """Make the connections of a client keep to the deadline. Without a deadline nothing changes for them.

    Returns:
        Whether all of the client's transports do now. A transport that is not httpx's own cannot.
    """
    enforced = [_enforce(pool) for pool in _pools(client)]
    return all(enforced)


def survive_signals(client: httpx.Client) -> None:
    """Let no exception of a signal handler leave a lock of a new client's pools locked.

    httpcore's own lock is a class in Python. What a signal handler raises in its ``__enter__`` leaves it locked for
    good, and every thread that uses the pool waits. A lock that is its own context manager cannot be interrupted there.
    """
    for pool in _pools(client):
        for name in ("_optional_thread_lock", "_pool_lock"):  # the second one before httpcore 1.0.3
            if hasattr(pool, name):
                setattr(pool, name, threading.Lock())


def _pools(client: httpx.Client | httpx.AsyncClient) -> list[object]:
    """Return the connection pool of each of a client's transports; None for one that is not httpx's own."""
    # httpx takes neither a network backend nor a lock. Without these attributes, a transport is like any other.
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    return [getattr(transport, "_pool", None) for transport in transports if transport is not None]


def _enforce(pool: object) -> bool:
    backend = getattr(pool, "_network_backend", None)
    if isinstance(backend, (_Backend, _AsyncBackend)):
        return True
    if isinstance(backend, httpcore.NetworkBackend):
        setattr(pool, "_network_backend", _Backend(backend))  # noqa: B010 - as it was read
    elif isinstance(backend, httpcore.AsyncNetworkBackend):
        setattr(pool, "_network_backend", _AsyncBackend(backend))  # noqa: B010 - as it was read
    else:
        return False
    return True


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
        if _deadline.get() is None:
            return _Stream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))
        addresses = _resolve(host, port)
        for left in range(len(addresses), 0, -1):
            # Each address gets an equal share of the time left, so that a dead one leaves some to the next.
            share = remaining(timeout, httpcore.ConnectTimeout)
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
        timeout = remaining(timeout, httpcore.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        _open_streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = remaining(timeout, httpcore.ConnectTimeout)
        socket_ = self.get_extra_info("socket")
        if type(socket_) is ssl.SSLSocket:  # TLS to a proxy, and TLS to the server within it
            socket_.__class__ = _TLSSocket
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        timeout = remaining(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        timeout = remaining(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._backend.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        _open_streams.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, remaining(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, remaining(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        timeout = remaining(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _TLSSocket(ssl.SSLSocket):
    """Keeps to the deadline by itself: httpcore reads TLS within TLS piece by piece, and bounds only each of them."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(remaining(self.gettimeout(), TimeoutError))
        return super().recv(buflen, flags)


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name. Nothing can bound the resolver, so its time is added to the deadline."""
    begun = time.monotonic()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    finally:
        if (end := _deadline.get()) is not None:
            _deadline.set(end + time.monotonic() - begun)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


_open_streams: WeakSet[_Stream | _AsyncStream] = WeakSet()


def disconnect_inherited_streams() -> None:
    """Let go of the connections that a forked process shares with its parent, unnoticed by the servers.

    To close them is not enough: TLS would say goodbye for the parent, and asyncio would ask the parent's event loop.
    So the descriptors are made to lead nowhere; closing them later does no harm.
    """
    if not _open_streams:
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in list(_open_streams):
        connection = stream.get_extra_info("socket")
        number = getattr(connection, "fileno", lambda: -1)()  # asyncio's sockets are not instances of socket.socket
        if number >= 0:
            os.dup2(nowhere, number, inheritable=False)
    os.close(nowhere)
    _open_streams.clear()
