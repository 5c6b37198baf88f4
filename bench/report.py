"""A run: its figures, and the tables that show it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Self

SHOWN = ("import, client, first call", "one call", "reading 100 repositories", "installed")
"""The rows that README and the chart show."""
_UNITS = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs")), "B": ((1e6, "MB"), (1e3, "kB")), "": ((1, ""),)}


@dataclass(frozen=True)
class Row:
    """One thing that was measured, for each client that has it. The column of httpx is the reference.

    Attributes:
        limit: The bound of our ratio; of our figure, where there is no reference.
        ratios: The median of each round's ratio to the reference, because both were measured at about the same moment.
    """

    name: str
    unit: str
    limit: float | None
    reference: str
    rounds: int
    medians: Mapping[str, float]
    ratios: Mapping[str, float]

    @classmethod
    def of(
        cls, name: str, unit: str, limit: float | None, reference: str, samples: Mapping[str, Sequence[float]]
    ) -> Self:
        medians = {client: float(f"{median(figures):.4g}") for client, figures in samples.items()}
        ratios: dict[str, float] = {}
        for client in samples.keys() - {"httpx"} if "httpx" in samples else ():
            rounds = zip(samples[client], samples["httpx"], strict=True)
            ratios[client] = float(f"{median(figure / base for figure, base in rounds):.4g}")
        return cls(name, unit, limit, reference, len(samples["ours"]), medians, ratios)

    @property
    def met(self) -> bool:
        return self.limit is None or (self.ratios if self.reference else self.medians)["ours"] <= self.limit

    def cell(self, client: str) -> str:
        if client not in self.medians:
            return "-"
        return self.figure(self.medians[client]) + (f" ({self.ratios[client]:.2f})" if client in self.ratios else "")

    def figure(self, value: float) -> str:
        """Return a figure with three digits, in the unit that suits it."""
        scale, unit = next((each for each in _UNITS[self.unit] if value >= each[0]), _UNITS[self.unit][-1])
        decimals = max(0, 3 - len(str(int(value / scale)))) if unit else 0
        return f"{value / scale:.{decimals}f} {unit}".strip()

    def verdict(self) -> str:
        if self.limit is None:
            return "-"
        bound = f"{self.limit:g} x {self.reference}" if self.reference else self.figure(self.limit)
        return f"<= {bound}: {'met' if self.met else '**not met**'}"


@dataclass(frozen=True)
class Report:
    """A run. `clients` has the name and version of each column."""

    date: str
    machine: str
    clients: Mapping[str, str]
    rows: Sequence[Row]

    @classmethod
    def now(cls, clients: Mapping[str, str], rows: Sequence[Row]) -> Self:
        cpuinfo = Path("/proc/cpuinfo")
        lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
        cpus = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        cpu, python = [*cpus, platform.machine()][0], platform.python_version()
        machine = f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {python}"
        return cls(f"{datetime.now(UTC):%Y-%m-%d}", machine, clients, rows)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        report: dict[str, Any] = json.loads(text)
        rows = [Row(**row) for row in report.pop("rows")]
        return cls(**report, rows=rows)

    def table(self) -> str:
        """Return all rows as Markdown that can also be read in a terminal, and how they were measured."""
        ours, reference, *others = self.clients
        head = ["", "this package", "reference", "bound", *(self.clients[client] for client in others)]
        lines = [
            [row.name, row.cell(ours), row.cell(reference), row.verdict(), *map(row.cell, others)] for row in self.rows
        ]
        notes = (
            f"{self.date}, {self.machine}. {self.clients[ours]} next to {self.clients[reference]}. Medians of "
            f"{self.rows[0].rounds} rounds. In parentheses: the median of each round's ratio to the reference; the "
            "bounds apply to it."
        )
        return f"{_markdown([head, *lines])}\n\n{notes}"

    def summary(self) -> str:
        """Return the rows that README shows, with the clients that it names."""
        columns = {"ours": "this package", **{key: self.clients[key] for key in ("httpx", "githubkit", "pygithub")}}
        rows = [[row.name, *map(row.cell, columns)] for row in self.rows if row.name in SHOWN]
        return _markdown([["what it costs (ratio to httpx)", *columns.values()], *rows])


def _markdown(lines: list[list[str]]) -> str:
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    aligned = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in aligned)
