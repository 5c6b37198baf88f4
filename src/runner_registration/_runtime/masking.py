"""What a repr or a log record may show of a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NAME_LENGTH = 11


def masked(value: object) -> str:
    """Return the repr of a field that holds a secret. A field with this repr is also read as a secret."""
    return "'***'" if value else repr(value)


def names_only(values: Mapping[str, object]) -> str:
    """Return the repr of undocumented fields: only their names, as any value may be a secret."""
    return "{" + ", ".join(f"{shown_name(name)}: ..." for name in values) + "}"


def shown_name(name: str) -> str:
    """Return the repr of a name that the server chose.

    The name may be a secret, too. Only lower-case words are shown, and never enough of them to be of use to anyone.
    """
    if not (name.isascii() and name.islower() and name.replace("_", "").isalpha()):
        return "'***'"
    return repr(name if len(name) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}...")
