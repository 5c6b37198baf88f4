"""What was measured, and what follows from it. A report goes to JSON and back without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal, Self

OURS = "ours"
REFERENCE = "reference"

Unit = Literal["s", "B", ""]


@dataclass(frozen=True)
class Bound:
    """What our figure may be at most: so many times the reference's, or so much."""

    limit: float
    times: str = ""
    """The reference's name; empty if the limit is one of the figure itself."""
    below: bool = False
    """Whether the limit itself is too much already."""

    def met(self, figure: float) -> bool:
        """Whether the figure, a ratio if it has `times`, is within the bound."""
        return figure < self.limit if self.below else figure <= self.limit


@dataclass(frozen=True)
class Row:
    """One thing measured, for each subject that has it."""

    name: str
    unit: Unit
    bound: Bound | None
    rounds: int
    medians: Mapping[str, float]
    ratios: Mapping[str, float]
    """To the reference: the median of the ratios of each round, as a round's figures stem from the same moment."""

    @classmethod
    def of(cls, name: str, unit: Unit, bound: Bound | None, samples: Mapping[str, Sequence[float]]) -> Self:
        """Sum up one figure a round and subject."""
        reference = samples.get(REFERENCE)
        ratios = {
            subject: _rounded(median(mine / theirs for mine, theirs in zip(figures, reference, strict=True)))
            for subject, figures in samples.items()
            if reference and subject != REFERENCE
        }
        medians = {subject: _rounded(median(figures)) for subject, figures in samples.items()}
        return cls(name, unit, bound, len(samples[OURS]), medians, ratios)

    @property
    def met(self) -> bool | None:
        """Whether we are within the bound; None if there is none."""
        if self.bound is None:
            return None
        return self.bound.met((self.ratios if self.bound.times else self.medians)[OURS])


@dataclass(frozen=True)
class Report:
    """A run."""

    date: str
    machine: Mapping[str, str]
    subjects: Mapping[str, str]
    """The columns: each subject's name and version."""
    rows: Sequence[Row]

    def to_json(self) -> str:
        """The same text for equal reports."""
        rows = [{**asdict(row), "met": row.met} for row in self.rows]
        return json.dumps({**asdict(self), "rows": rows}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote. Whether a bound is met is found anew."""
        report: dict[str, Any] = json.loads(text)
        rows: list[dict[str, Any]] = report.pop("rows")
        for row in rows:
            del row["met"]
            row["bound"] = row["bound"] and Bound(**row["bound"])
        return cls(**report, rows=[Row(**row) for row in rows])


def _rounded(figure: float) -> float:
    """Four digits; there is no more to it."""
    return float(f"{figure:.4g}")
