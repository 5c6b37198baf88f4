"""The last full run, as docs/ shows it."""

from __future__ import annotations

from pathlib import Path

from . import chart, table
from .environments import ROOT
from .figures import Report

_DOCS = ROOT / "docs"
_BEGIN, _END = "<!-- table: `python -m bench render` -->\n", "\n<!-- end of table -->"


def committed(docs: Path = _DOCS) -> Report:
    """Read the last full run."""
    return Report.from_json((docs / "benchmark.json").read_text(encoding="utf-8"))


def write(report: Report, docs: Path = _DOCS) -> None:
    """Write a run, its chart, and the table within the page."""
    for name, text in render(report, (docs / "benchmarks.md").read_text(encoding="utf-8")).items():
        (docs / name).write_text(text, encoding="utf-8", newline="\n")


def render(report: Report, page: str) -> dict[str, str]:
    """Draw all of it: file names and texts."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return {
        "benchmark.json": report.to_json(),
        "benchmark.svg": chart.draw(report),
        "benchmarks.md": f"{before}{_BEGIN}\n{table.render(report)}\n{_END}{after}",
    }
