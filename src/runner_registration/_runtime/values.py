"""Readers of single JSON values.

A reader takes a value and the name of the field that holds it. It returns what it read, or raises InvalidResponse with
a reason that names the field and shows nothing of the value.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from runner_registration._runtime.errors import InvalidResponse
from runner_registration._runtime.types import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

Reader: TypeAlias = "Callable[[Any, str], Any]"

MAX_DEPTH = 100
"""Levels of nesting that are read. Comparing or pickling deeper values could raise a RecursionError."""


def read_any(value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    if value is UNSET:
        raise InvalidResponse(f"{where} is missing")
    if _is_too_deep(value):
        raise InvalidResponse(f"{where} is nested more than {MAX_DEPTH} levels deep")
    return value


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for outer in level:
            if isinstance(outer, dict):
                inner += cast("dict[str, object]", outer).values()
            elif isinstance(outer, list):
                inner += cast("list[object]", outer)
        if not inner:
            return False
        level = inner
    return True


def read_none(value: object, where: str) -> None:
    if value is not None:
        raise InvalidResponse(f"{where} is not null")


def read_str(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise InvalidResponse(f"{where} is not a string")


def read_word(value: object, where: str) -> str:
    """Read a secret that is passed on as one word: to config.sh, in an env file, in a header."""
    text = read_str(value, where)
    if not text or " " in text or not text.isprintable():
        raise InvalidResponse(f"{where} is empty, or contains white space or control characters")
    return text


def read_bool(value: object, where: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidResponse(f"{where} is not a boolean")


def read_int(value: object, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise InvalidResponse(f"{where} is not an integer")


def read_float(value: object, where: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise InvalidResponse(f"{where} is not a number")


def read_datetime(value: object, where: str) -> datetime:
    if isinstance(value, str):
        moment: datetime | None
        try:
            moment = _from_iso(value)
        except ValueError:
            moment = _from_rfc3339(value)
        # At either end of the calendar a conversion to another time zone overflows.
        if moment is not None and moment.tzinfo is not None and MINYEAR < moment.year < MAXYEAR:
            return moment
    raise InvalidResponse(f"{where} is not a date-time with an offset")


_from_iso = datetime.fromisoformat


def _from_rfc3339(text: str) -> datetime | None:
    """Read what RFC 3339 allows and `datetime.fromisoformat` does not: a lower-case z, and leap seconds."""
    leap_second = text[16:19] == ":60"
    if leap_second:  # read as the second after it
        text = f"{text[:16]}:59{text[19:]}"
    try:
        moment = _from_iso(text.upper())
        return moment + timedelta(seconds=1) if leap_second else moment
    except (ValueError, OverflowError):
        return None


def text_reader(parse: Callable[[str], Any], kind: str) -> Reader:
    """Return a reader of text that `parse` understands."""

    def read_text(value: object, where: str) -> Any:  # noqa: ANN401 - what `parse` returns
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError:
                pass
        raise InvalidResponse(f"{where} is not {kind}")

    return read_text


def literal_reader(values: tuple[object, ...]) -> Reader:
    """Return a reader of a few values only."""
    types = {type(value) for value in values}  # as True is equal to 1

    def read_literal(value: object, where: str) -> object:
        if type(value) in types and value in values:
            return value
        raise InvalidResponse(f"{where} is not one of the documented values")

    return read_literal


def read_object(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise InvalidResponse(f"{where} is not an object")
