"""The rules: which release each kind of change requires. docs/changes.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The release that a change requires."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """Return the level as in JSON, labels and file names."""
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """A kind of change.

    Attributes:
        what: The name of the change in a report.
        level: The release that it requires.
        why: A sentence: how it affects code that imports the package.
    """

    what: str
    level: Level
    why: str


# --- operations

OPERATION_REMOVED = Rule("operation removed", Level.MAJOR, "Its method and its functions are gone.")
OPERATION_MOVED = Rule(
    "operation moved to another tag", Level.MAJOR, "Its module has another name, so its import fails."
)
OPERATION_ADDED = Rule("operation added", Level.MINOR, "The clients have a new method.")
REQUEST_LINE_CHANGED = Rule(
    "method or path changed", Level.MAJOR, "A server, mock or proxy that only knows the old one rejects the request."
)
RESULT_CHANGED = Rule("result type changed", Level.MAJOR, "Code that uses the result may not fit the new type.")
RESULT_NARROWED = Rule("result has fewer types", Level.MINOR, "Code that uses the result still fits.")
SUCCESS_ADDED = Rule(
    "success status added", Level.MINOR, "One more response is a success. A new result type is a change of its own."
)
SUCCESS_REMOVED = Rule(
    "success status removed or changed",
    Level.MAJOR,
    "A response with the old status is an error now, and `sync_detailed` returns another status.",
)
FAILURE_ADDED = Rule("error status added", Level.MINOR, "`UnexpectedStatus.error` has a model for it.")
FAILURE_REMOVED = Rule(
    "error status removed", Level.PATCH, "It still raises, and `UnexpectedStatus.error` was always allowed to be None."
)
HEADER_ADDED = Rule("response header added", Level.MINOR, "`headers` has it.")
HEADER_REMOVED = Rule(
    "response header removed or renamed", Level.MAJOR, "Code that looks it up in `headers` does not find it."
)
MEDIA_TYPE = Rule("response media types changed", Level.PATCH, "The client asks for a media type that it can read.")
SECURITY = Rule(
    "authentication changed", Level.MAJOR, "A credential that worked may be rejected, or one is required now."
)

# --- parameters

PARAMETER_REMOVED = Rule("parameter removed", Level.MAJOR, "Calls that pass it fail.")
PARAMETER_RENAMED = Rule("parameter renamed", Level.MAJOR, "Calls that pass it by name fail.")
PARAMETER_ADDED = Rule("optional parameter added", Level.MINOR, "Calls without it still work.")
PARAMETER_ADDED_REQUIRED = Rule("required parameter added", Level.MAJOR, "Calls without it fail.")
PARAMETER_OPTIONAL = Rule("parameter is optional now", Level.MINOR, "Calls that pass it still work.")
PARAMETER_REQUIRED = Rule("parameter is required now", Level.MAJOR, "Calls without it fail.")
PARAMETER_WIDENED = Rule("parameter accepts more types or values", Level.MINOR, "What was passed before still fits.")
PARAMETER_CHANGED = Rule(
    "parameter accepts fewer or other types or values", Level.MAJOR, "What was passed before may not fit."
)
PARAMETER_DEFAULT = Rule("parameter default changed", Level.MAJOR, "Calls without it request something else.")
PARAMETER_DEFAULT_DOCUMENTED = Rule(
    "parameter default added or removed",
    Level.PATCH,
    "Calls without it get the same result: the server applies the same default where none is sent.",
)
PARAMETER_MOVED = Rule("parameter moved", Level.MAJOR, "Calls that pass it by position pass another one.")
REQUEST_NARROWED = Rule(
    "server accepts less", Level.MAJOR, "The Python types are the same, but calls that worked may fail."
)

# --- models

MODEL_REMOVED = Rule("model removed", Level.MAJOR, "Its import fails.")
MODEL_RENAMED = Rule("model renamed", Level.MAJOR, "The import of the old name fails.")
MODEL_ADDED = Rule("model added", Level.MINOR, "The package has a new class.")
FIELD_REMOVED = Rule("field removed", Level.MAJOR, "Code that reads or sets it fails.")
FIELD_ADDED = Rule("optional field added", Level.MINOR, "Code that does not know it still works.")
FIELD_ADDED_REQUIRED = Rule(
    "required field added",
    Level.MAJOR,
    "Code that constructs the model fails, and a response without the field is rejected.",
)
FIELD_OPTIONAL = Rule("field can be missing now", Level.MAJOR, "Code that reads it has to handle UNSET.")
FIELD_REQUIRED = Rule(
    "field is required now",
    Level.MAJOR,
    "Code that constructs the model fails, and a response without the field is rejected.",
)
FIELD_NULLABLE = Rule("field can be null now", Level.MAJOR, "Code that reads it has to handle None.")
FIELD_NOT_NULLABLE = Rule(
    "field can no longer be null",
    Level.MINOR,
    "Code that reads it still fits. A type checker reports code that constructs the model with None.",
)
FIELD_TYPE = Rule("field type changed", Level.MAJOR, "Code that reads or sets it may not fit the new type.")
RESPONSE_UNCHANGED_IN_PYTHON = Rule(
    "response schema changed, but not its Python type",
    Level.PATCH,
    "The client checks types and nothing narrower, so it reads both.",
)

# --- everything else

NAME_REMOVED = Rule("name removed", Level.MAJOR, "Its import fails.")
DOCUMENTATION = Rule("documentation changed", Level.PATCH, "Docstrings and the contract in the wheel have other text.")
EXTENSION = Rule("extension changed", Level.NONE, "`x-...` members are for tools.")
NO_EFFECT = Rule(
    "no effect on the contract",
    Level.NONE,
    "Normalisation and overlay give the same result as before. Enums in responses are open, for example.",
)

RULES: tuple[Rule, ...] = tuple(rule for rule in list(globals().values()) if isinstance(rule, Rule))
