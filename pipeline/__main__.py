"""`python -m pipeline sync|generate|drift`: what the nox sessions of these names run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import commands
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
    generate = subparsers.add_parser("generate", help="make the contract and the client from a slice")
    generate.add_argument("--slice", type=Path, metavar="FILE", help="another slice than the committed one")
    generate.add_argument("--output", type=Path, metavar="DIR", help="where to, if not where they are committed")
    subparsers.add_parser("drift", help="fail, naming the files, if anything committed is not what its inputs give")
    arguments = parser.parse_args()
    if arguments.command == "generate" and arguments.slice and not arguments.output:
        generate.error("--slice needs --output: what is not of the committed slice is not committed")
    try:
        if arguments.command == "sync":
            commands.sync(arguments.upstream)
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
