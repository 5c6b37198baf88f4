"""The rules: which release each kind of change requires. docs/changes.md shows this table."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum


class Level(IntEnum):
    """The release that a change requires."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """Return the level as in JSON, labels and file names."""
        return self.name.lower()


def _requiring(level: Level) -> Callable[[str, str], tuple[str, Level, str]]:
    return lambda what, why: (what, level, why)


_none, _patch, _minor, _major = map(_requiring, Level)


class Rule(Enum):
    """A kind of change.

    Attributes:
        what: The name of the change in a report.
        level: The release that it requires.
        why: A sentence: how it affects code that imports the package.
    """

    def __init__(self, what: str, level: Level, why: str) -> None:
        self.what, self.level, self.why = what, level, why

    # --- operations

    OPERATION_REMOVED = _major("operation removed", "Its method and its functions are gone.")
    OPERATION_MOVED = _major("operation moved to another tag", "Its module has another name, so its import fails.")
    OPERATION_ADDED = _minor("operation added", "The clients have a new method.")
    REQUEST_LINE_CHANGED = _major(
        "method or path changed", "A server, mock or proxy that only knows the old one rejects the request."
    )
    RESULT_CHANGED = _major("result type changed", "Code that uses the result may not fit the new type.")
    RESULT_NARROWED = _minor("result has fewer types", "Code that uses the result still fits.")
    SUCCESS_ADDED = _minor(
        "success status added", "One more response is a success. A new result type is a change of its own."
    )
    SUCCESS_REMOVED = _major(
        "success status removed or changed",
        "A response with the old status is an error now, and `sync_detailed` returns another status.",
    )
    FAILURE_ADDED = _minor("error status added", "`UnexpectedStatus.error` has a model for it.")
    FAILURE_REMOVED = _patch(
        "error status removed", "It still raises, and `UnexpectedStatus.error` was always allowed to be None."
    )
    HEADER_ADDED = _minor("response header added", "`headers` has it.")
    HEADER_REMOVED = _major(
        "response header removed or renamed", "Code that looks it up in `headers` does not find it."
    )
    MEDIA_TYPE = _patch("response media types changed", "The client asks for a media type that it can read.")
    SECURITY = _major("authentication changed", "A credential that worked may be rejected, or one is required now.")

    # --- parameters

    PARAMETER_REMOVED = _major("parameter removed", "Calls that pass it fail.")
    PARAMETER_RENAMED = _major("parameter renamed", "Calls that pass it by name fail.")
    PARAMETER_ADDED = _minor("optional parameter added", "Calls without it still work.")
    PARAMETER_ADDED_REQUIRED = _major("required parameter added", "Calls without it fail.")
    PARAMETER_OPTIONAL = _minor("parameter is optional now", "Calls that pass it still work.")
    PARAMETER_REQUIRED = _major("parameter is required now", "Calls without it fail.")
    PARAMETER_WIDENED = _minor("parameter accepts more types or values", "What was passed before still fits.")
    PARAMETER_CHANGED = _major(
        "parameter accepts fewer or other types or values", "What was passed before may not fit."
    )
    PARAMETER_DEFAULT = _major("parameter default changed", "Calls without it request something else.")
    PARAMETER_DEFAULT_DOCUMENTED = _patch(
        "parameter default added or removed",
        "Calls without it get the same result: the server applies the same default where none is sent.",
    )
    PARAMETER_MOVED = _major("parameter moved", "Calls that pass it by position pass another one.")
    REQUEST_NARROWED = _major("server accepts less", "The Python types are the same, but calls that worked may fail.")

    # --- models

    MODEL_REMOVED = _major("model removed", "Its import fails.")
    MODEL_RENAMED = _major("model renamed", "The import of the old name fails.")
    MODEL_ADDED = _minor("model added", "The package has a new class.")
    FIELD_REMOVED = _major("field removed", "Code that reads or sets it fails.")
    FIELD_ADDED = _minor("optional field added", "Code that does not know it still works.")
    FIELD_ADDED_REQUIRED = _major(
        "required field added", "Code that constructs the model fails, and a response without the field is rejected."
    )
    FIELD_OPTIONAL = _major("field can be missing now", "Code that reads it has to handle UNSET.")
    FIELD_REQUIRED = _major(
        "field is required now", "Code that constructs the model fails, and a response without the field is rejected."
    )
    FIELD_NULLABLE = _major("field can be null now", "Code that reads it has to handle None.")
    FIELD_NOT_NULLABLE = _minor(
        "field can no longer be null",
        "Code that reads it still fits. A type checker reports code that constructs the model with None.",
    )
    FIELD_TYPE = _major("field type changed", "Code that reads or sets it may not fit the new type.")
    RESPONSE_UNCHANGED_IN_PYTHON = _patch(
        "response schema changed, but not its Python type",
        "The client checks types and nothing narrower, so it reads both.",
    )

    # --- everything else

    NAME_REMOVED = _major("name removed", "Its import fails.")
    DOCUMENTATION = _patch("documentation changed", "Docstrings and the contract in the wheel have other text.")
    EXTENSION = _none("extension changed", "`x-...` members are for tools.")
    NO_EFFECT = _none(
        "no effect on the contract",
        "Normalisation and overlay give the same result as before. Enums in responses are open, for example.",
    )
