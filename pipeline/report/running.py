"""The commands: `report` on two slices, and what `sync` says of the slice that it brings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import documents, linting
from pipeline.documents import Document
from pipeline.layout import HERE, Layout
from pipeline.stages import StageError, run, stage
from runner_registration._version import __version__

from . import announced, news, rendering, sides
from .changes import Report
from .comparing import compare
from .rules import Level
from .sides import Side


@dataclass(frozen=True)
class Outputs:
    """Where a report goes beside standard output.

    Attributes:
        json: A file for programs.
        summary: A file for people.
    """

    json: Path | None = None
    summary: Path | None = None

    def write(self, report: Report, text: str) -> None:
        """Print the report, and write it where it was asked for.

        Raises:
            StageError: A file can't be written.
        """
        print(f"\n{text}")
        try:
            if self.json:
                self.json.write_text(rendering.to_json(report), encoding="utf-8")
            if self.summary:
                self.summary.write_text(text, encoding="utf-8")
            # A step of a GitHub workflow hands its outputs on in this file.
            if output := os.environ.get("GITHUB_OUTPUT"):
                with Path(output).open("a", encoding="utf-8") as file:
                    file.write(f"bump={report.bump}\n")
        except OSError as error:
            raise StageError(f"{error.filename} can't be written: {error.strerror}") from error


def report(old: Path | None, new: Path | None, outputs: Outputs, here: Layout = HERE) -> None:
    """Compare two slices.

    Args:
        old: The old slice; None for that of the last release.
        new: The new slice; None for that of the work tree.
        outputs: Where the report goes.
        here: The project.

    Raises:
        StageError: A slice can't be read, or gives no contract or no client.
    """
    with TemporaryDirectory() as folder:
        with stage("slices", "the old one and the new one"):
            released, name = (old, old.name) if old else _last_release(here, Path(folder))
            before, after = documents.load(released), documents.load(new or here.slice)
            for slice_ in (before, after):
                linting.validate(slice_)
        with stage("make", "contract and client of both"):
            pair = sides.make_both(before, after, Path(folder), here)
        with stage("report", "wire, names and signatures"):
            found = compare(*pair)
    title = f"GitHub's description, from {_version(before)} to {_version(after)}"
    described = f"Compared: {name} and {new.name if new else 'the work tree'}.\n\n"
    outputs.write(found, f"{rendering.to_markdown(found, title)}{described}{_proposal(found.bump)}")


def _last_release(here: Layout, folder: Path) -> tuple[Path, str]:
    """The slice of the last release; before the first one, the last commit's."""
    path = here.slice.relative_to(here.root).as_posix()
    try:
        git = ["git", "-C", str(here.root)]
        tags = run([*git, "tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname"]).split()
        tag = tags[0] if tags else None
        revision = tag or "HEAD"
        content = run([*git, "show", f"{revision}:{path}"])
    except StageError as error:
        raise StageError(f"there is no last release to compare with, so say which slice by --old: {error}") from error
    released = folder / "released.yaml"
    released.write_text(content, encoding="utf-8")
    return released, tag or "the last commit (nothing is released yet)"


@dataclass(frozen=True)
class Following:
    """What follows from a new slice.

    Attributes:
        report: What changed.
        text: The report for people, with what is announced.
        fragment: The changelog's file name and text, if there is something to say.
    """

    report: Report
    text: str
    fragment: tuple[str, str] | None


def is_same(old: Path, new: Path) -> bool:
    """Whether two slices say the same; GitHub's version number aside, which changes every few days.

    Raises:
        StageError: The new one can't be read.
    """
    after = documents.load(new)
    try:
        before = documents.load(old)
    except StageError:
        return False
    for slice_ in (before, after):
        slice_.get("info", {}).pop("version", None)
    return before == after


def follow(made: Layout, here: Layout, description: Path) -> Following:
    """Report what the slice just made changes, and what the description announces.

    Args:
        made: What has been made.
        here: The project, not changed yet.
        description: The whole description.

    Raises:
        StageError: redocly fails.
    """
    now = Side(documents.load(made.slice), documents.load(made.contract), made.client)
    with TemporaryDirectory() as folder:
        found, text = _since(now, Path(folder, "old"), made, here)
        text += "".join(_coming(now, Path(folder), here, description))
    fragment = None
    if found.bump > Level.NONE:
        fragment = news.fragment_name(now.slice, found.bump), news.fragment(found, now.slice)
    return Following(found, text + _proposal(found.bump), fragment)


def _since(now: Side, folder: Path, made: Layout, here: Layout) -> tuple[Report, str]:
    """What changed since the committed slice."""
    if is_same(here.slice, made.slice):
        return Report(()), "No change in the slice: of all that is committed, only the pin may have moved.\n\n"
    try:
        with stage("report", "wire, names and signatures"):
            old = sides.make(documents.load(here.slice), folder, here)
            found = compare(old, now)
    # The first slice has none before it, and an old one need not fit an overlay made for the new one.
    except StageError as error:
        return Report(()), f"# GitHub's description, {_version(now.slice)}\n\nNothing to compare with: {error}\n\n"
    return found, rendering.to_markdown(
        found, f"GitHub's description, from {_version(old.slice)} to {_version(now.slice)}"
    )


def _coming(now: Side, folder: Path, here: Layout, description: Path) -> Iterable[str]:
    """What comes with each API version for which something is announced. It stops nothing: nobody has to act yet."""
    for version in announced.versions(now.slice):
        names = ", ".join(announced.changesets(now.slice, version))
        try:
            with stage("preview", f"API version {version}"):
                preview = announced.completed(announced.preview(now.slice, version), _load(description))
                found = compare(now, sides.make(preview, folder / version, here))
        except StageError as error:
            yield f"## coming with API version {version}: {names}\n\nIt can't be previewed: {error}\n\n"
            continue
        lines = rendering.to_list(found) or ["nothing that an importer notices"]
        yield (
            f"## coming with API version {version}: {found.bump}\n\nAnnounced as {names}.\n\n"
            + "\n".join(lines)
            + "\n\n"
        )


def _load(description: Path) -> Callable[[], Document]:
    def load() -> Document:
        # 13 MB: the YAML reader would take half a minute.
        is_json = description.suffix == ".json"
        return json.loads(description.read_bytes()) if is_json else documents.load(description)

    return load


def _version(slice_: Document) -> str:
    return str(slice_.get("info", {}).get("version", "an unknown version"))


def _proposal(bump: Level) -> str:
    if bump is Level.NONE:
        return f"Proposed version: none; {__version__} stays.\n"
    return (
        f"Proposed version: {news.next_version(__version__, bump)}, as {__version__} is followed by a {bump} change.\n"
    )
