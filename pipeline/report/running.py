"""The commands: `report` compares two sides, and `sync` reports what a new slice changes."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import documents, linting
from pipeline.documents import Document
from pipeline.layout import HERE, Layout
from pipeline.stages import StageError, run, stage
from runner_registration._version import __version__

from . import announced, sides
from .changes import Report
from .comparing import compare
from .rules import Level
from .sides import Side


@dataclass(frozen=True)
class Outputs:
    """Where a report goes, in addition to standard output.

    Attributes:
        json: A file for programs.
        summary: A file for people.
    """

    json: Path | None = None
    summary: Path | None = None

    def write(self, report: Report, text: str, **outputs: str) -> None:
        """Print the report, and write the files. In a GitHub workflow, the step gets the outputs.

        Raises:
            StageError: A file cannot be written.
        """
        print(f"\n{text}")
        try:
            if self.json:
                self.json.write_text(report.to_json(), encoding="utf-8")
            if self.summary:
                self.summary.write_text(text, encoding="utf-8")
            if path := os.environ.get("GITHUB_OUTPUT"):
                with Path(path).open("a", encoding="utf-8") as file:
                    file.writelines(f"{name}={value}\n" for name, value in {"bump": report.bump, **outputs}.items())
        except OSError as error:
            raise StageError(f"{error.filename} cannot be written: {error.strerror}") from error


# --- report


def report(old: Path | None, new: Path | None, outputs: Outputs, here: Layout = HERE, *, check: bool = False) -> None:
    """Compare two sides.

    Args:
        old: The old slice; None for the last release.
        new: The new slice; None for the one of the working tree.
        outputs: Where the report goes.
        here: The project.
        check: Fail on a breaking change that is not accepted, and on an example that no longer type-checks.

    Raises:
        StageError: A slice cannot be read, no contract or client can be made from it, or the check failed.
    """
    name = new.name if new else "the working tree"
    with TemporaryDirectory() as folder, ThreadPoolExecutor() as executor:
        with stage("sides", f"{old.name if old else 'the last release'} and {name}"):
            after = executor.submit(_made, new or here.slice, Path(folder, "new"), here)
            before, origin = _made(old, Path(folder, "old"), here) if old else sides.released(here, Path(folder, "old"))
            pair = before, after.result()[0]
        found, errors = _compare(*pair, here)
    accepted = {} if old else accepted_breaks(here)
    found = found.accepting(accepted)
    text = _text(*pair, found, errors)
    outputs.write(found, f"{text}Compared: {origin} and {name}.\n\n{proposal(found.bump)}")
    if check:
        with stage("check", "breaking changes and examples"):
            _check(found, accepted, errors)


def _made(slice_: Path, folder: Path, here: Layout) -> tuple[Side, str]:
    document = documents.load(slice_)
    linting.validate(document)
    return sides.make(document, folder, here), slice_.name


def _compare(old: Side, new: Side, here: Layout) -> tuple[Report, list[str]]:
    """Return what changed, and what a type checker reports about the examples with the new package."""
    with stage("report", "contracts, packages and examples"), ThreadPoolExecutor() as executor:
        errors = executor.submit(_type_check, new.package, here)
        return compare(old, new), errors.result()


def _type_check(package: Path, here: Layout) -> list[str]:
    examples = sorted(map(str, (here.root / "examples").glob("*/src")))
    if not examples:
        return []
    options = ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={os.devnull}"]
    path = os.pathsep.join([str(package.parent), str(here.root / "src")])
    try:
        run(
            [sys.executable, "-m", "mypy", "--no-error-summary", *options, *examples],
            env={**os.environ, "MYPYPATH": path},
        )
    except StageError as error:
        if not error.output:
            raise
        return error.output.replace(f"{here.root}{os.sep}", "").splitlines()
    return []


def accepted_breaks(here: Layout) -> dict[tuple[str, str], str]:
    """Return the reason for each accepted breaking change, by `where` and `what`.

    Raises:
        StageError: The list is invalid.
    """
    try:
        entries = tomllib.loads(here.accepted_breaks.read_text(encoding="utf-8")).get("accepted", [])
        return {(entry["where"], entry["what"]): entry["reason"] for entry in entries}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        name = here.accepted_breaks.name
        raise StageError(f"{name} is not a list of where, what and reason: {error!r}") from error


def _check(found: Report, accepted: Mapping[tuple[str, str], str], errors: list[str]) -> None:
    breaking = {(change.where, change.what) for change in found.changes if change.rule.level is Level.MAJOR}
    problems = [f"{where}: {what} is not accepted" for where, what in breaking - accepted.keys()]
    problems += [f"{where}: {what} is accepted, but did not happen" for where, what in accepted.keys() - breaking]
    if problems:
        raise StageError("; ".join([*sorted(problems), "edit openapi/accepted-breaks.toml"]))
    if errors:
        raise StageError(f"an example no longer type-checks: {errors[0]}")


# --- sync


def is_same(old: Path, new: Path) -> bool:
    """Return whether two slices are the same, apart from GitHub's version number, which changes every few days.

    Raises:
        StageError: The new slice cannot be read.
    """
    after = documents.load(new)
    try:
        before = documents.load(old)
    except StageError:
        return False
    for slice_ in (before, after):
        slice_.get("info", {}).pop("version", None)
    return before == after


def follow(made: Layout, here: Layout, description: Document) -> tuple[Report, str]:
    """Report what a new slice changes. The text also says what the description announces.

    Args:
        made: Everything made from the new slice.
        here: The project, not changed yet.
        description: The whole description.

    Raises:
        StageError: The two sides cannot be compared.
    """
    new = sides.made(made)
    slice_ = documents.load(made.slice)
    found, text = _since(new, made, here)
    with TemporaryDirectory() as folder:
        text += "".join(_coming(new, slice_, Path(folder), here, description))
    return found, text


def _since(new: Side, made: Layout, here: Layout) -> tuple[Report, str]:
    """Compare with what is committed, which was made with its own overlay and templates."""
    if is_same(here.slice, made.slice):
        return Report(()), "No change in the slice. Only provenance.json can differ.\n\n"
    if not here.contract.exists():
        return Report(()), f"# GitHub's description, {new.version}\n\nThere is no contract to compare with yet.\n\n"
    with stage("committed", "the contract and the package of before"):
        try:
            old = sides.made(here)
        except StageError as error:
            raise StageError(f"{error}. Restore openapi/ and generated/ from version control first") from error
    found, errors = _compare(old, new, here)
    return found, _text(old, new, found, errors)


def _coming(new: Side, slice_: Document, folder: Path, here: Layout, description: Document) -> Iterator[str]:
    """Preview each API version for which something is announced. A problem stops nothing: it is for later."""
    for version, names in announced.changesets(slice_).items():
        try:
            with stage("preview", f"API version {version}"):
                preview = announced.preview(slice_, version, description)
                found = compare(new, sides.make(preview, folder / version, here))
        except StageError as error:
            yield f"## API version {version}: {', '.join(names)}\n\nNo preview: {error}\n\n"
            continue
        lines = found.to_lines() or ["No change for code that imports the package."]
        yield f"## Coming with API version {version}: {found.bump}\n\nAnnounced as {', '.join(names)}.\n\n"
        yield "\n".join(lines) + "\n\n"


# --- texts


def _text(old: Side, new: Side, found: Report, errors: list[str]) -> str:
    versions = new.version if old.version == new.version else f"from {old.version} to {new.version}"
    text = found.to_markdown(f"GitHub's description {versions}")
    lines = ["## An example no longer type-checks", "", "```", *errors, "```", "", ""]
    return text + "\n".join(lines) if errors else text


def proposal(bump: Level) -> str:
    """Return what to do for the next release."""
    if bump is Level.NONE:
        return f"Next version: none. {__version__} stays.\n"
    version = next_version(__version__, bump)
    text = f"Next version: {version}, after {__version__}."
    if bump is not Level.MAJOR:
        return f"{text}\n"
    if version.startswith("0."):
        text += " Before 1.0.0, a breaking change raises the second number."
    return f"{text}\nCI requires a reason for each breaking change in openapi/accepted-breaks.toml.\n"


def next_version(version: str, bump: Level) -> str:
    """Return the version to release, by https://semver.org. Before 1.0.0, a break raises the second number."""
    major, minor, patch = (int(number) for number in version.split("."))
    if bump is Level.MAJOR and major:
        return f"{major + 1}.0.0"
    if bump is Level.MAJOR or bump is Level.MINOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}" if bump is Level.PATCH else version
