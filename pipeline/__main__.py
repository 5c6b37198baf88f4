"""`python -m pipeline sync|generate|drift|report`: what the nox sessions of these names run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .stages import StageError


def main() -> int:
    """Run one command; a failure is one line on standard error and status 1."""
    parser = argparse.ArgumentParser(prog="pipeline", description="From GitHub's description to the generated client.")
    subparsers = parser.add_subparsers(dest="command", required=True)
    sync = subparsers.add_parser("sync", help="bring GitHub's description and make everything from it")
    sync.add_argument(
        "--upstream",
        metavar="VERSION|FILE|URL",
        help="another version of @octokit/openapi, or a JSON or YAML description of the same shape",
    )
    report = subparsers.add_parser("report", help="what changed between two slices, and what it asks to release")
    report.add_argument("--old", type=Path, metavar="SLICE", help="the last release's if not given")
    report.add_argument("--new", type=Path, metavar="SLICE", help="the work tree's if not given")
    for command in (sync, report):
        command.add_argument("--json", type=Path, metavar="FILE", help="the report for programs")
        command.add_argument("--summary", type=Path, metavar="FILE", help="the report for people, as Markdown")
    generate = subparsers.add_parser("generate", help="make the contract and the client from a slice")
    generate.add_argument("--slice", type=Path, metavar="FILE", help="another slice than the committed one")
    generate.add_argument("--output", type=Path, metavar="DIR", help="where to, if not where they are committed")
    subparsers.add_parser("drift", help="fail, naming the files, if anything committed is not what its inputs give")
    arguments = parser.parse_args()
    if arguments.command == "generate" and arguments.slice and not arguments.output:
        generate.error("--slice needs --output: what is not of the committed slice is not committed")
    try:
        # Here, for it loads libraries long enough to be interrupted.
        from . import commands
        from .report import running
        from .report.running import Outputs

        if arguments.command == "sync":
            commands.sync(arguments.upstream, Outputs(arguments.json, arguments.summary))
        elif arguments.command == "report":
            running.report(arguments.old, arguments.new, Outputs(arguments.json, arguments.summary))
        elif arguments.command == "generate":
            commands.generate(arguments.slice, arguments.output)
        elif differing := commands.drift():
            remedy = "`nox -s generate`, or `nox -s sync` for the slice"
            print(f"These differ from what the committed inputs give; run {remedy}:", *differing, sep="\n  ")
            return 1
    except StageError as error:
        print(f"{arguments.command} failed at {error.stage}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{arguments.command} interrupted; nothing has changed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
