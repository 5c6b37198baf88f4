"""The last full run, as README and docs/ show it."""

from __future__ import annotations

from pathlib import Path

from . import chart, table
from .environments import ROOT
from .figures import Report

_REPORT = "docs/benchmark.json"
_BEGIN, _END = "<!-- table: `python -m bench render` -->\n", "\n<!-- end of table -->"


def committed(root: Path = ROOT) -> Report:
    """Read the last full run."""
    return Report.from_json((root / _REPORT).read_text(encoding="utf-8"))


def write(report: Report, root: Path = ROOT) -> None:
    """Write a run, its chart, and the tables within the pages."""
    for name, text in render(report, root).items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")


def render(report: Report, root: Path = ROOT) -> dict[str, str]:
    """Draw all of it: file names and texts."""

    def with_table(name: str, drawn: str) -> str:
        before, _, rest = (root / name).read_text(encoding="utf-8").partition(_BEGIN)
        return f"{before}{_BEGIN}\n{drawn}\n{_END}{rest.partition(_END)[2]}"

    return {
        _REPORT: report.to_json(),
        "docs/benchmark.svg": chart.draw(report),
        "docs/benchmarks.md": with_table("docs/benchmarks.md", table.render(report)),
        "README.md": with_table("README.md", table.summary(report)),
    }
