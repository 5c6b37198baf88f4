"""`python -m pipeline sync|generate|drift|report`: the commands behind the nox sessions of the same names."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .stages import StageError


def main() -> int:
    """Run one command. A failure prints one line on standard error and exits with status 1."""
    parser = argparse.ArgumentParser(prog="pipeline", description="From GitHub's description to the generated client.")
    subparsers = parser.add_subparsers(dest="command", required=True)
    sync = subparsers.add_parser("sync", help="download GitHub's description and make everything from it")
    sync.add_argument(
        "--upstream",
        metavar="VERSION|FILE|URL",
        help="another version of @octokit/openapi, or a JSON or YAML description in the same format",
    )
    report = subparsers.add_parser(
        "report", help="report what changed between two slices, and which release that requires"
    )
    report.add_argument("--old", type=Path, metavar="SLICE", help="default: the slice of the last release")
    report.add_argument("--new", type=Path, metavar="SLICE", help="default: the slice of the working tree")
    report.add_argument("--check", action="store_true", help="fail on a breaking change that is not accepted")
    for command in (sync, report):
        command.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
        command.add_argument("--summary", type=Path, metavar="FILE", help="write the report as Markdown")
    generate = subparsers.add_parser("generate", help="make the contract and the client from the slice")
    generate.add_argument("--slice", type=Path, metavar="FILE", help="use this slice instead of the committed one")
    generate.add_argument(
        "--output", type=Path, metavar="DIR", help="write to this folder instead of the committed files"
    )
    subparsers.add_parser(
        "drift", help="list the committed files that differ from what their inputs produce, and fail if there are any"
    )
    arguments = parser.parse_args()
    if arguments.command == "generate" and arguments.slice and not arguments.output:
        generate.error("--slice requires --output: only the committed slice can replace the committed files")
    try:
        # Imported here so that an interrupt while the libraries load is handled too.
        from . import commands
        from .report import running
        from .report.running import Outputs

        if arguments.command == "sync":
            commands.sync(arguments.upstream, Outputs(arguments.json, arguments.summary))
        elif arguments.command == "report":
            outputs = Outputs(arguments.json, arguments.summary)
            running.report(arguments.old, arguments.new, outputs, check=arguments.check)
        elif arguments.command == "generate":
            commands.generate(arguments.slice, arguments.output)
        elif differing := commands.drift():
            remedy = "`nox -s generate`, or `nox -s sync` if a slice is listed"
            print(f"These files differ from what their inputs produce. Run {remedy}:", *differing, sep="\n  ")
            return 1
    except StageError as error:
        print(f"{arguments.command} failed at {error.stage}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{arguments.command} interrupted: nothing has changed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
