"""Joins what the comparison of the contracts and the comparison of the packages find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from pipeline.documents import Parts, pointer

from . import surface, wire
from .changes import Change, Report
from .rules import Rule
from .sides import Side
from .wire import Difference, text


def compare(old: Side, new: Side) -> Report:
    """Find what changed between two sides.

    Raises:
        StageError: redocly failed.
    """
    python = list(surface.compare(old.surface, new.surface, _renamed(old, new)))
    shown: dict[str, set[Rule]] = {}
    for change in python:
        shown.setdefault(change.where, set()).add(change.rule)
    differences = wire.find(old, new)
    hidden = {difference for difference in differences if _is_shown(difference, shown)}
    both = {_place(difference) for difference in hidden}
    return Report.of(
        [
            *(replace(change, seen_by="both") if change.where in both else change for change in python),
            *(difference.change for difference in differences if difference not in hidden),
            *_without_effect(old, new),
        ]
    )


def _renamed(old: Side, new: Side) -> dict[str, str]:
    """Return the new names of models that have another name now, though their schemas are at the same location."""
    before, after = old.surface.members.keys(), new.surface.members.keys()
    pairs = ((name, new.names.models.get(location)) for location, name in old.names.models.items())
    return {name: now for name, now in pairs if now and name in before - after and now in after - before}


def _is_shown(difference: Difference, shown: Mapping[str, set[Rule]]) -> bool:
    """Return whether Python shows the difference, rather than another one at the same place."""
    found = shown.get(_place(difference), set())
    if not found or difference.about in {"extension", "text"}:
        return False
    if difference.about in {"request line", "security"}:
        return bool(found & {Rule.OPERATION_ADDED, Rule.OPERATION_REMOVED})
    return difference.change.rule.level <= max(rule.level for rule in found)


def _place(difference: Difference) -> str:
    """Return where Python shows a difference: the type of a response is the result of its operation."""
    where = difference.change.where
    return where.partition(" -> ")[0] if difference.about == "response" else where


def _without_effect(old: Side, new: Side) -> Iterator[Change]:
    """Find what differs between the slices, but not between the contracts."""
    if old.slice is None or new.slice is None:
        return
    contracts = wire.unwrapped(old.contract), wire.unwrapped(new.contract)
    different = {location for location, _, _ in _differences(*contracts)}
    for location, before, after in _differences(old.slice, new.slice):
        if location != ("info", "version") and not any(_overlap(location, other) for other in different):
            where = (new if before is None else old).names.schema(location)[1] or pointer(location)
            yield Change(where, Rule.NO_EFFECT, "wire", text(before), text(after), location[-1])


def _differences(old: object, new: object, location: Parts = ()) -> Iterator[tuple[Parts, object, object]]:
    """Yield the locations where two documents differ, with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for key in before | after:
            yield from _differences(before.get(key), after.get(key), (*location, key))
    elif old != new:
        yield location, old, new


def _overlap(one: Parts, other: Parts) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
