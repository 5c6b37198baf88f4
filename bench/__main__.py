"""`python -m bench [--quick] [--check]` measures; `python -m bench render` draws the last run anew."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from . import bodies, environments, machine, pages, server, table
from .environments import BenchError
from .figures import Report
from .plan import ALL, QUICK, SUBJECTS, Bench, column
from .running import Worker


def main() -> int:
    """Measure and print the table; a full run is also written to docs/."""
    parser = argparse.ArgumentParser(prog="bench", description="This package beside httpx and other clients.")
    parser.add_argument("--quick", action="store_true", help="beside httpx alone, in fewer rounds; nothing is written")
    parser.add_argument("--check", action="store_true", help="fail if a bound is not met")
    parser.add_argument("command", nargs="?", choices=("run", "render"), default="run", help="measure, or draw again")
    arguments = parser.parse_args()
    if arguments.command == "render":
        pages.write(pages.committed())
        return 0
    try:
        report = run(quick=arguments.quick)
    except (BenchError, OSError) as error:
        print(f"bench failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(table.render(report))
    if not arguments.quick:
        pages.write(report)
    missed = [row.name for row in report.rows if row.met is False]
    if missed:
        print(f"\nNot met: {'; '.join(missed)}.")
    return int(bool(missed) and arguments.check)


def run(*, quick: bool) -> Report:
    """Make what is needed, and measure.

    Raises:
        BenchError: Something can't be made or run.
    """
    made = {subject: environments.make(subject) for subject in (QUICK if quick else ALL)}
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        contract = yaml.safe_load(environments.CONTRACT.read_text(encoding="utf-8"))
        for count in (100, 1000):
            (home / str(count)).write_bytes(bodies.full(contract, count))
        serving = stack.enter_context(server.serving())
        workers = {
            subject: stack.enter_context(Worker(subject, environment.python, serving.url, home))
            for subject, environment in made.items()
        }
        rows = list(Bench(home, serving, made, workers, quick).rows())
    names = {column(subject): _name(subject, worker) for subject, worker in workers.items()}
    return Report(f"{datetime.now(UTC):%Y-%m-%d}", machine.describe(), names, rows)


def _name(subject: str, worker: Worker) -> str:
    name, distribution = SUBJECTS[subject].NAME, SUBJECTS[subject].DISTRIBUTION
    return f"{name} {worker.versions.get(distribution.lower()) or metadata.version(distribution)}"


if __name__ == "__main__":
    sys.exit(main())
