"""What the list of a client's operations is made of. Importing this costs no import of httpx or attrs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from runner_registration._runtime.types import RequestArguments

P = ParamSpec("P")
T = TypeVar("T")


class Operation(NamedTuple):
    """An operation of the API: its Python name, method and path, and its module relative to the package ``api``."""

    name: str
    method: str
    path: str
    module: str


class SyncCaller(ABC):
    """Base of the mixin with a method for each operation."""

    @abstractmethod
    def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Send what `build_request(*args, **kwargs)` returns, and return what `parse` reads from the response."""


class AsyncCaller(ABC):
    """`SyncCaller` for asyncio."""

    @abstractmethod
    async def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Send what `build_request(*args, **kwargs)` returns, and return what `parse` reads from the response."""
