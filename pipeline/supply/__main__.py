"""`python -m pipeline.supply build|smoke|sbom|licences|advisories`: what `nox -s package` and `nox -s audit` run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.layout import HERE
from pipeline.stages import StageError, stage

from . import advisories, building, environments, licences, sbom, smoke


def main() -> int:
    """Run one command; a failure is one line on standard error and status 1."""
    parser = argparse.ArgumentParser(prog="pipeline.supply", description="What is shipped, and what it stands on.")
    subparsers = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], str], what: str) -> argparse.ArgumentParser:
        subparser = subparsers.add_parser(name, help=what)
        subparser.set_defaults(name=name, what=what, run=run)
        return subparser

    build = command("build", _build, "sdist and wheel, the same twice and with nothing else inside")
    build.add_argument("folder", type=Path)
    command("smoke", _smoke, "the wheel alone with what it needs").add_argument("folder", type=Path)
    command("sbom", _sbom, "a bill of materials of the wheel's environment").add_argument("folder", type=Path)
    command("licences", _licences, "of all that the wheel and its extras bring, Prism's tree included")
    command("advisories", _advisories, "for all that requirements/ locks").add_argument(
        "--required", action="store_true", help="fail where they cannot be fetched, too"
    )
    arguments = parser.parse_args()
    try:
        with stage(arguments.name, arguments.what):
            said = arguments.run(arguments)
    except StageError as error:
        print(f"{error.stage} failed: {error}", file=sys.stderr)
        return 1
    print(said)
    return 0


def _build(arguments: argparse.Namespace) -> str:
    return "\n".join(building.build(HERE.root, arguments.folder))


def _smoke(arguments: argparse.Namespace) -> str:
    with environments.bare(building.wheel_in(arguments.folder), HERE.requirements / "wheel.txt") as python:
        return smoke.smoke(python)


def _sbom(arguments: argparse.Namespace) -> str:
    with building.wheel(HERE.root) as wheel, environments.bare(wheel, HERE.requirements / "wheel.txt") as python:
        return str(sbom.write(python, HERE.root, arguments.folder))


def _licences(_: argparse.Namespace) -> str:
    with building.wheel(HERE.root) as wheel, environments.bare(wheel, HERE.requirements / "extras.txt") as python:
        packages = licences.of_python(sbom.components(python)) | licences.of_npm(HERE.package_lock)
    return licences.check(packages, licences.Rules.read())


def _advisories(arguments: argparse.Namespace) -> str:
    # lowest.txt is what the oldest environments have: it is there to be run, not to be kept up.
    locks = [path for path in sorted(HERE.requirements.glob("*.txt")) if path.name != "lowest.txt"]
    return advisories.check(advisories.ask(locks), required=arguments.required)


if __name__ == "__main__":
    sys.exit(main())
