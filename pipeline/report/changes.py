"""A change, and the report that is made of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .rules import Level, Rule

Witness = Literal["wire", "python", "both"]


@dataclass(frozen=True)
class Change:
    """Something that is not as it was.

    Attributes:
        where: The Python name of it, such as "Repository.forks", "create_x(org)" or "create_x -> 201"; a JSON pointer
            where it has none.
        rule: The kind of change.
        seen_by: Which side shows it.
        old: What it was, as text; None if it was not there.
        new: What it is, as text; None if it is gone.
        detail: What else there is to say.
    """

    where: str
    rule: Rule
    seen_by: Witness
    old: str | None = None
    new: str | None = None
    detail: str = ""

    @property
    def what(self) -> str:
        """The change in words."""
        return f"{self.rule.what}: {self.detail}" if self.detail else self.rule.what

    def seen_by_both(self) -> Change:
        """The same change, which the other side shows too."""
        return replace(self, seen_by="both")


@dataclass(frozen=True)
class Report:
    """All changes between two slices, the gravest first."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Report:
        """Put the changes in order; where one was found twice, the first counts."""
        unique = {(change.where, change.rule, change.detail): change for change in reversed(list(changes))}
        return cls(tuple(sorted(unique.values(), key=lambda change: (-change.rule.level, change.where, change.what))))

    @property
    def bump(self) -> Level:
        """The most that any change asks for."""
        return max((change.rule.level for change in self.changes), default=Level.NONE)
