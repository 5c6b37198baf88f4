"""Reading a response by the table of responses that an operation documents."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from runner_registration._runtime.errors import InvalidResponse, UnexpectedStatus
from runner_registration._runtime.types import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from runner_registration._runtime.values import Reader

T = TypeVar("T")


class Responses(Generic[T]):
    """The documented responses of an operation: for each status the type of the JSON body, or None for no body.

    Types are given by their names, so that a model is not imported before a response needs it.
    """

    def __init__(self, module: str, types: Mapping[int, str | None]) -> None:
        """Take the table.

        Args:
            module: The name of the operation's module, which knows the names of the types.
            types: The table.
        """
        self._module = module
        self._types = types
        self._readers: dict[str, Reader] = {}

    def parse(self, response: httpx.Response) -> T:
        """Read the response of a success.

        Raises:
            UnexpectedStatus: The status does not mean success, or is not documented.
            InvalidResponse: The body breaks the contract.
        """
        status = response.status_code
        if status in self._types and 200 <= status < 300:  # noqa: PLR2004 - the statuses of a success
            return cast("T", self._read(response))
        raise UnexpectedStatus(status, self._error(response))

    def _read(self, response: httpx.Response) -> Any:  # noqa: ANN401 - the caller knows the type
        type_ = self._types.get(response.status_code)
        if type_ is None:
            return None
        reader = self._readers.get(type_)
        if reader is None:
            from runner_registration._runtime.readers import named_reader

            reader = self._readers[type_] = named_reader(type_, self._module)
        return reader(read_json(response), "the response")

    def _error(self, response: httpx.Response) -> object:
        try:
            return self._read(response)
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
