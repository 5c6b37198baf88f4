"""A change, a report made of changes, and its two formats: Markdown for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from typing import Literal

from .rules import Level, Rule

SeenBy = Literal["wire", "python", "both"]

_ADVICE = {
    Level.MAJOR: "Code that imports the package may fail or no longer type-check. Release a **major** version.",
    Level.MINOR: "There is something new, and code that imports the package still works. Release a **minor** version.",
    Level.PATCH: "Code that imports the package is not affected. Release a **patch** version.",
    Level.NONE: "Nothing in the package has changed. No release is needed.",
}
_HEADINGS = {
    Level.MAJOR: "Breaking changes",
    Level.MINOR: "Additions",
    Level.PATCH: "Changes that do not affect code",
    Level.NONE: "Changes that do not reach the package",
}
# Characters of a value in Markdown, and of those before a difference.
_LONGEST, _BEFORE = 60, 20


@dataclass(frozen=True)
class Change:
    """Something that differs between the two sides.

    Attributes:
        where: Its Python name, such as "Repository.forks", "create_x(org)" or "create_x -> 201". A JSON pointer if
            it has no name in Python.
        rule: The kind of change.
        seen_by: Which comparison found it.
        old: The old value as text; None if there was none.
        new: The new value as text; None if there is none.
        detail: What the rule and the values do not say.
        accepted: The reason why this breaking change is known and accepted; empty if it is not.
    """

    where: str
    rule: Rule
    seen_by: SeenBy
    old: str | None = None
    new: str | None = None
    detail: str = ""
    accepted: str = ""

    @property
    def what(self) -> str:
        """The change in words."""
        return f"{self.rule.what}: {self.detail}" if self.detail else self.rule.what


@dataclass(frozen=True)
class Report:
    """All changes between two sides, the most severe first."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Report:
        """Sort the changes by level, rule and place. If one was found twice, the first counts."""
        unique = {(change.where, change.rule, change.detail): change for change in reversed(list(changes))}
        order = {rule: number for number, rule in enumerate(Rule)}
        ordered = sorted(unique.values(), key=lambda one: (-one.rule.level, order[one.rule], one.where, one.detail))
        return cls(tuple(ordered))

    @property
    def bump(self) -> Level:
        """The release that the changes require."""
        return max((change.rule.level for change in self.changes), default=Level.NONE)

    def accepting(self, reasons: Mapping[tuple[str, str], str]) -> Report:
        """Return the report with the reasons for accepted changes, by `where` and `what`."""
        return Report(
            tuple(replace(change, accepted=reasons.get((change.where, change.what), "")) for change in self.changes)
        )

    def to_json(self) -> str:
        """Return the report for programs."""
        changes = [
            {
                "where": change.where,
                "what": change.what,
                "level": str(change.rule.level),
                "seen_by": change.seen_by,
                "old": change.old,
                "new": change.new,
            }
            | ({"accepted": change.accepted} if change.accepted else {})
            for change in self.changes
        ]
        return json.dumps({"bump": str(self.bump), "changes": changes}, indent=2) + "\n"

    def to_markdown(self, title: str) -> str:
        """Return the report for people: one section per level, one paragraph per rule, one item per change."""
        lines = [f"# {title}", "", _ADVICE[self.bump], ""]
        for level, changes in groupby(self.changes, key=lambda change: change.rule.level):
            lines += [f"## {_HEADINGS[level]} ({level})", ""]
            for rule, same in groupby(changes, key=lambda change: change.rule):
                lines += [f"**{rule.what[0].upper()}{rule.what[1:]}.** {rule.why}", "", *map(_item, same), ""]
        return "\n".join(lines) + "\n"

    def to_lines(self) -> list[str]:
        """Return one line for each change that requires a release."""
        return [
            f"- {change.rule.level}: {code(change.where)}: {change.what}"
            for change in self.changes
            if change.rule.level is not Level.NONE
        ]


def _item(change: Change) -> str:
    text = f"- {code(change.where)}"
    if change.detail:
        text += f": {change.detail}"
    # A removed or added name is not repeated.
    old, new = (None if value == change.where else value for value in (change.old, change.new))
    if old is not None and new is not None:
        old, new = _excerpts(old, new)
        text += f": {code(old)} is now {code(new)}"
    elif old is not None:
        text += f", was {code(*_excerpts(old))}"
    elif new is not None:
        text += f": {code(*_excerpts(new))}"
    return f"{text}. Accepted: {change.accepted}" if change.accepted else text


def code(text: str) -> str:
    """Return text from GitHub's description as a Markdown code span, on one line."""
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _excerpts(*texts: str) -> list[str]:
    """Shorten long texts to where they start to differ."""
    start = 0
    if len(texts) > 1 and max(map(len, texts)) > _LONGEST:
        start = max(0, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))) - _BEFORE)
    end = start + _LONGEST
    return [f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}" for text in texts]
