"""The rules: how much each kind of change asks for. docs/changes.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """What a change asks the next release to be."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        """As JSON, labels and file names have it."""
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """A kind of change.

    Attributes:
        what: The change, as a report names it.
        level: What it asks for.
        why: What it does to an importer.
    """

    what: str
    level: Level
    why: str


# ---------------------------------------------------------------- operations

OPERATION_REMOVED = Rule("operation removed", Level.MAJOR, "its method and its functions are gone")
OPERATION_MOVED = Rule("operation moved to another tag", Level.MAJOR, "the tag is part of its module's name")
OPERATION_ADDED = Rule("operation added", Level.MINOR, "there is a method more")
REQUEST_LINE_CHANGED = Rule(
    "method or path changed", Level.MAJOR, "a server, a mock or a proxy that knows only the old one refuses it"
)
RESULT_CHANGED = Rule("result has another type", Level.MAJOR, "code that uses the result no longer fits")
RESULT_NARROWED = Rule("result has fewer types", Level.MINOR, "whatever used the result still fits")
SUCCESS_ADDED = Rule(
    "success status added", Level.MINOR, "another answer counts as success; the type is a rule of its own"
)
SUCCESS_REMOVED = Rule(
    "success status removed or changed",
    Level.MAJOR,
    "`sync_detailed` tells the status, and the old one is refused from now on",
)
FAILURE_ADDED = Rule("error status added", Level.MINOR, "`UnexpectedStatus.error` has a model for it")
FAILURE_REMOVED = Rule(
    "error status removed", Level.PATCH, "absorbed: it still raises, and `UnexpectedStatus.error` could always be None"
)
HEADER_ADDED = Rule("answer's header added", Level.MINOR, "`headers` passes it on")
HEADER_REMOVED = Rule(
    "answer's header removed or renamed", Level.MAJOR, "code that looks it up in `headers` finds nothing"
)
MEDIA_TYPE = Rule("answer's media types changed", Level.PATCH, "absorbed: the client itself asks for the one it reads")
SECURITY = Rule("authentication changed", Level.MAJOR, "a credential that was good is no longer, or one is needed")

# ---------------------------------------------------------------- parameters

PARAMETER_REMOVED = Rule("parameter removed", Level.MAJOR, "calls that give it fail")
PARAMETER_RENAMED = Rule(
    "parameter renamed", Level.MAJOR, "calls that give it by name fail, be it a mere path parameter"
)
PARAMETER_ADDED = Rule("optional parameter added", Level.MINOR, "calls without it stay as they are")
PARAMETER_ADDED_REQUIRED = Rule("required parameter added", Level.MAJOR, "calls without it fail")
PARAMETER_OPTIONAL = Rule("parameter is optional now", Level.MINOR, "calls that give it stay as they are")
PARAMETER_REQUIRED = Rule("parameter is required now", Level.MAJOR, "calls without it fail")
PARAMETER_WIDENED = Rule("parameter takes more types or values", Level.MINOR, "what was given still fits")
PARAMETER_CHANGED = Rule("parameter takes fewer or other types or values", Level.MAJOR, "what was given may not fit")
PARAMETER_DEFAULT = Rule("parameter's default changed", Level.MAJOR, "calls without it ask for something else")
PARAMETER_DEFAULT_TOLD = Rule(
    "parameter's default appeared or went",
    Level.PATCH,
    "calls without it say, or leave to the server, what the server takes anyway",
)
PARAMETER_MOVED = Rule("parameter moved", Level.MAJOR, "calls that give it by position give another")
REQUEST_NARROWED = Rule(
    "server takes less, or takes it otherwise", Level.MAJOR, "no type shows it, but calls that worked may fail"
)

# ---------------------------------------------------------------- models

MODEL_REMOVED = Rule("model removed", Level.MAJOR, "its import fails")
MODEL_RENAMED = Rule("model renamed", Level.MAJOR, "its import fails")
MODEL_ADDED = Rule("model added", Level.MINOR, "there is a name more")
FIELD_REMOVED = Rule("field removed", Level.MAJOR, "code that reads or sets it fails")
FIELD_ADDED = Rule(
    "optional field added", Level.MINOR, "code that knows nothing of it stays as it is; fields are given by name"
)
FIELD_ADDED_REQUIRED = Rule(
    "required field added",
    Level.MAJOR,
    "code that makes the model fails, and an answer of a server without it is refused",
)
FIELD_OPTIONAL = Rule("field may be missing now", Level.MAJOR, "code that reads it must expect UNSET")
FIELD_REQUIRED = Rule(
    "field is required now",
    Level.MAJOR,
    "code that makes the model fails, and an answer of a server without it is refused",
)
FIELD_NULLABLE = Rule("field may be null now", Level.MAJOR, "code that reads it must expect None")
FIELD_NOT_NULLABLE = Rule(
    "field is never null now", Level.MAJOR, "code that sets it to None no longer fits, and a null is no longer read"
)
FIELD_TYPE = Rule("field has another type", Level.MAJOR, "code that reads or sets it no longer fits")
ANSWER_UNCHANGED_IN_PYTHON = Rule(
    "answer's schema changed, its Python type did not",
    Level.PATCH,
    "absorbed: the reader checks types, and nothing narrower",
)

# ---------------------------------------------------------------- the rest

OTHER_NAME_REMOVED = Rule("name removed", Level.MAJOR, "its import fails")
WORDS = Rule(
    "words changed",
    Level.PATCH,
    "docstrings and the contract in the wheel say it otherwise",
)
EXTENSION = Rule("extension changed", Level.NONE, "`x-...` is for tools")
ABSORBED_BY_OVERLAY = Rule(
    "absorbed by overlay and normalisation",
    Level.NONE,
    "contract and package are the same: enums of answers are open, for one",
)

RULES: tuple[Rule, ...] = tuple(rule for rule in list(globals().values()) if isinstance(rule, Rule))
