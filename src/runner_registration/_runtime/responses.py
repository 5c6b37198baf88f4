"""Reading a response by the table of responses that an operation documents."""

from __future__ import annotations

import io
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from runner_registration._runtime.errors import InvalidResponse, UnexpectedStatus
from runner_registration._runtime.types import File, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from runner_registration._runtime.values import Reader

T = TypeVar("T")
Body: TypeAlias = "str | Callable[[httpx.Response], Any] | None"
"""What a documented body is: a JSON value of the type with this name, something that a function reads, or empty."""

_UNDOCUMENTED = object()


def text(response: httpx.Response) -> str:
    """Read a body of text."""
    return response.text


def binary(response: httpx.Response) -> File:
    """Read a body of bytes."""
    return File(io.BytesIO(response.content))


class Responses(Generic[T]):
    """The documented responses of an operation, by status or by range (``4XX``).

    Types are given by their names, so that a model is not imported before a response needs it.
    """

    def __init__(self, module: str, bodies: Mapping[int | str, Body]) -> None:
        """Take the table.

        Args:
            module: The name of the operation's module, which knows the names of the types.
            bodies: What each response holds.
        """
        self._module = module
        self._bodies = bodies
        self._readers: dict[str, Reader] = {}

    def parse(self, response: httpx.Response) -> T:
        """Read the response of a success.

        Raises:
            UnexpectedStatus: The status does not mean success, or is not documented.
            InvalidResponse: The body breaks the contract.
        """
        status = response.status_code
        body = self._bodies.get(status, _UNDOCUMENTED)
        if body is _UNDOCUMENTED:
            body = self._bodies.get(f"{status // 100}XX", _UNDOCUMENTED)
        if body is not _UNDOCUMENTED and 200 <= status < 300:  # noqa: PLR2004 - the statuses of a success
            return cast("T", self._read(cast("Body", body), response))
        raise UnexpectedStatus(status, self._error(body, response) if isinstance(body, str) else None)

    def _read(self, body: Body, response: httpx.Response) -> Any:  # noqa: ANN401 - the caller knows the type
        if isinstance(body, str):
            reader = self._readers.get(body)
            if reader is None:
                from runner_registration._runtime.readers import named_reader

                reader = self._readers[body] = named_reader(body, self._module)
            return reader(read_json(response), "the response")
        return None if body is None else body(response)

    def _error(self, body: str, response: httpx.Response) -> object:
        try:
            return self._read(body, response)
        except InvalidResponse:
            return None  # not as documented: a proxy or gateway may have sent it


def detailed(response: httpx.Response, parse: Callable[[httpx.Response], T]) -> Response[T]:
    """Return what `parse` reads from a response, with the response's status, headers and content."""
    parsed = parse(response)
    return Response(HTTPStatus(response.status_code), response.content, response.headers, parsed)


def read_json(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    """Read a body of JSON.

    Raises:
        InvalidResponse: It is not JSON, or nested too deep. Raised outside the `except` block, as the decoder's error
            holds the body.
    """
    # Tried again with floats for an integer of more digits than Python converts: no token is lost because of that.
    for parse_int in (None, float):
        try:
            return json.loads(response.content, parse_int=parse_int)
        except (ValueError, RecursionError):
            continue
    raise InvalidResponse("the body is not JSON")
