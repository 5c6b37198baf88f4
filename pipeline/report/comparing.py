"""Puts together what the witnesses say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from . import names, rules, signatures, wire
from .changes import Change, Report
from .rules import Rule
from .sides import Side

_LONGEST = 200  # characters of a value


def compare(old: Side, new: Side) -> Report:
    """Find what changed between two slices.

    Raises:
        StageError: redocly fails.
    """
    python = _in_python(old, new)
    shown: dict[str, set[Rule]] = {}
    for change in python:
        shown.setdefault(change.where, set()).add(change.rule)
    differences = wire.find(old, new)
    both = {difference.where for difference in differences if _is_shown(difference, shown)}
    return Report.of(
        [
            *(change.seen_by_both() if change.where in both else change for change in python),
            *(_on_the_wire(difference) for difference in differences if not _is_shown(difference, shown)),
            *_absorbed(old, new),
        ]
    )


def _is_shown(difference: wire.Difference, shown: Mapping[str, set[Rule]]) -> bool:
    """Whether the difference is what Python shows at the same place, and not another one beside it."""
    found = shown.get(difference.where, set())
    if not found or difference.section in {"extension", "words"}:
        return False
    if difference.section in {"request line", "security"}:
        return bool(found & {rules.OPERATION_ADDED, rules.OPERATION_REMOVED})
    return wire.rule(difference).level <= max(rule.level for rule in found)


def _in_python(old: Side, new: Side) -> list[Change]:
    before, after = old.surface, new.surface
    renamed = {
        name: now
        for pointer, name in old.places.models.items()
        if (now := new.places.models.get(pointer, name)) != name
        and name in before.models.keys() - after.models.keys()
        and now in after.models.keys() - before.models.keys()
    }
    changes = list(signatures.find(before, after, renamed))
    told = {(change.where, change.rule) for change in changes}
    # Of a rename, griffe sees that a name is gone and another is asked for.
    for change in changes:
        if change.rule is rules.MODEL_RENAMED:
            told.add((change.where, rules.MODEL_REMOVED))
        elif change.rule is rules.PARAMETER_RENAMED:
            operation = change.where.partition("(")[0]
            told |= {
                (change.where, rules.PARAMETER_REMOVED),
                (f"{operation}({change.new})", rules.PARAMETER_ADDED_REQUIRED),
            }
    gone = [change for change in names.find(before, after) if (change.where, change.rule) not in told]
    return [*changes, *gone]


def _on_the_wire(difference: wire.Difference) -> Change:
    rule = wire.rule(difference)
    detail = difference.detail if rule in _DETAILED else ""
    return Change(difference.where, rule, "wire", _text(difference.old), _text(difference.new), detail)


# What they are of is not said by the rule.
_DETAILED = {
    rules.WORDS,
    rules.EXTENSION,
    rules.ANSWER_UNCHANGED_IN_PYTHON,
    rules.REQUEST_NARROWED,
    rules.SECURITY,
}


def _absorbed(old: Side, new: Side) -> Iterator[Change]:
    """What differs between the slices, but not between the contracts."""
    contracts = wire.unwrapped(old.contract), wire.unwrapped(new.contract)
    contract = {pointer for pointer, _, _ in _differences(*contracts, ())}
    for pointer, before, after in _differences(old.slice, new.slice, ()):
        if pointer != ("info", "version") and not any(_overlap(pointer, other) for other in contract):
            where = (old if before is not None else new).places.field(list(pointer))
            yield Change(
                where or "/".join(["#", *(token.replace("/", "~1") for token in pointer)]),
                rules.ABSORBED_BY_OVERLAY,
                "wire",
                _text(before),
                _text(after),
                pointer[-1],
            )


def _differences(old: object, new: object, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object, object]]:
    """The pointers where two documents differ, with what is there."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for key in before | after:
            yield from _differences(before.get(key), after.get(key), (*at, str(key)))
    elif old != new:
        yield at, old, new


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
