"""`python -m bench [--quick] [--check]` measures; `python -m bench render` draws the last full run again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import chart, rows
from .environments import ROOT
from .measure import BenchError
from .report import Report

_REPORT = "docs/benchmark.json"
_BEGIN, _END = "<!-- table: `python -m bench render` -->\n", "\n<!-- end of table -->"


def main() -> int:
    """Measure and print the table. A full run is also written to README and docs/."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="only next to httpx, fewer rounds, and write nothing")
    parser.add_argument("--check", action="store_true", help="fail if a bound is not met")
    parser.add_argument("command", nargs="?", choices=("run", "render"), default="run")
    arguments = parser.parse_args()
    if arguments.command == "render":
        write(committed())
        return 0
    clients = {key: rows.CLIENTS[key] for key in (("ours", "httpx") if arguments.quick else rows.CLIENTS)}
    try:
        report = rows.measure(clients, quick=arguments.quick)
    except (BenchError, OSError) as error:
        print(f"bench failed: {error}", file=sys.stderr)
        return 1
    print(report.table())
    if not arguments.quick:
        write(report)
    missed = [row.name for row in report.rows if not row.met]
    if missed:
        print(f"\nNot met: {'; '.join(missed)}.")
    return int(bool(missed) and arguments.check)


def committed() -> Report:
    return Report.from_json((ROOT / _REPORT).read_text("utf-8"))


def write(report: Report) -> None:
    for path, text in rendered(report).items():
        path.write_text(text, "utf-8", newline="\n")


def rendered(report: Report) -> dict[Path, str]:
    """Return the text of each file that shows a run."""

    def with_table(path: Path, table: str) -> str:
        before, _, rest = path.read_text("utf-8").partition(_BEGIN)
        return f"{before}{_BEGIN}\n{table}\n{_END}{rest.partition(_END)[2]}"

    page, readme = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
    return {
        ROOT / _REPORT: report.to_json(),
        ROOT / "docs" / "benchmark.svg": chart.draw(report),
        page: with_table(page, report.table()),
        readme: with_table(readme, report.summary()),
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
