"""Types of requests and responses, and `UNSET`.

An operation's module needs these before any request is made, so this module imports neither attrs nor httpx.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, BinaryIO, Generic, Literal, NamedTuple, Required, TypedDict, TypeVar
from urllib.parse import quote

from runner_registration._runtime.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from http import HTTPStatus

T = TypeVar("T")


class Unset:
    """The type of `UNSET`."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # the same object again after pickling and copying


UNSET: Unset = Unset()
"""The value of a field that is missing from the response, or cannot be read."""


class RequestArguments(TypedDict, total=False):
    """Keyword arguments of `httpx.Client.build_request`. The URL is relative to the API's base URL."""

    method: Required[str]
    url: Required[str]
    headers: dict[str, Any]
    params: dict[str, Any]
    cookies: dict[str, Any]
    json: Any
    data: Any
    content: Any


class Response(NamedTuple, Generic[T]):
    """A response. Its repr hides the body and the headers: both may contain a secret.

    Attributes:
        status_code: The status.
        content: The body.
        headers: The headers.
        parsed: What was read from the body.
    """

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code!r}, parsed={self.parsed!r})"


FileTypes = tuple[str | None, IO[bytes] | bytes | str, str | None]


class File(NamedTuple):
    """A file in a request or a response."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return the file the way httpx takes it."""
        return self.file_name, self.payload, self.mime_type


def path_segment(value: object, name: str) -> str:
    """Return a path parameter as one quoted segment of a URL's path.

    Raises:
        InvalidParameter: It is empty, "." or "..", which would lead to another path, or it is not printable.
    """
    text = str(value)
    if text in {"", ".", ".."} or not text.isprintable():
        raise InvalidParameter(name)
    return quote(text, safe="")
