"""What a repr or a log record may show of a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    import attrs

_LONGEST_TEXT = 11
"""How many characters in a row are shown of what may be a secret. They do not help anyone to guess the others.

A credential that is not longer would be shown if a server repeated it in a field: a model does not know the credential
that it was requested with. GitHub's credentials have 40 characters or more.
"""


def masked(value: object) -> str:
    """Return the repr of a field that holds a secret."""
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
    return _shortened(name)


def shown_field(field: attrs.Attribute[Any], value: object) -> str:
    """Return the repr of a field's value."""
    return str(field.repr(value)) if callable(field.repr) else _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, cast('list[object]', value)))}]"
    if isinstance(value, dict):
        return names_only(cast("dict[str, object]", value))
    if isinstance(value, str):
        return _shortened(value)
    if isinstance(value, int):
        return repr(value) if abs(value) < 10**_LONGEST_TEXT else "..."
    return repr(value)


def _shortened(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}...")
