"""The news of a sync: a changelog fragment for towncrier, and a title for the pull request."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from . import documents
from .layout import Layout
from .report import running, sides
from .report.changes import Report
from .report.comparing import compare
from .report.rules import Level
from .stages import StageError, stage

_LONGEST_TITLE = 3  # changes


class News(NamedTuple):
    """The news since the last release.

    Attributes:
        bump: The release that the changes require.
        targets: The made files, and where they belong.
        obsolete: Committed files to remove.
    """

    bump: Level
    targets: dict[Path, Path]
    obsolete: list[Path]


def write(made: Layout, here: Layout, found: Report) -> News:
    """Write one fragment about everything that has changed since the last release.

    Each sync writes it again. So no change is lost, and nothing contradicts a later sync.

    Args:
        made: Everything made from the new slice.
        here: The project, not changed yet.
        found: What has changed since the current slice.

    Raises:
        StageError: The slice of the last release cannot be compared with the new one.
    """
    fragments = [path for level in Level for path in [here.news / _name(level)] if path.exists()]
    released = here.released if here.released.exists() else here.slice
    if running.is_same(released, made.slice):
        return News(Level.NONE, {}, [*fragments, here.released])
    targets: dict[Path, Path] = {}
    if released == here.released:
        found = _compare(released, made, here)
    elif here.slice.exists():
        made.released.write_bytes(here.slice.read_bytes())
        targets[made.released] = here.released
    if found.bump > Level.NONE:
        made.news.mkdir()
        path = made.news / _name(found.bump)
        path.write_text(_fragment(found, documents.load(made.slice)["info"]["version"]), encoding="utf-8")
        targets[path] = here.news / path.name
    return News(found.bump, targets, [path for path in fragments if path not in targets.values()])


def _compare(released: Path, made: Layout, here: Layout) -> Report:
    with stage("news", "everything since the last release"), TemporaryDirectory() as folder:
        try:
            old = sides.make(documents.load(released), Path(folder, "released"), here)
        except StageError as error:
            raise StageError(f"{released.name} does not fit the current overlay and templates: {error}") from error
        return compare(old, sides.made(made))


def _name(bump: Level) -> str:
    # towncrier: a name with a plus belongs to no issue, and the bump is the type of news.
    return f"+github.{bump}.md"


def _fragment(found: Report, version: str) -> str:
    changes = [f"`{change.where}`: {change.what}" for change in found.changes if change.rule.level >= Level.MINOR]
    return f"GitHub's description {version}: {'; '.join(changes) or 'code that uses the package is not affected'}.\n"


def title(found: Report, before: AbstractSet[str], after: AbstractSet[str], *, app_changed: bool = False) -> str:
    """Return one line that names what changed.

    Args:
        found: All changes.
        before: The operations before.
        after: The operations after.
        app_changed: Whether the requests that sign in a GitHub App have changed.
    """
    changes = [f"Add {name}" for name in sorted(after - before)] + [f"Remove {name}" for name in sorted(before - after)]
    if not changes:
        # Only the most severe ones.
        changes = [f"{change.where}: {change.what}" for change in found.changes if change.rule.level is found.bump]
    if not changes:
        changes = ["Update the sign-in of a GitHub App" if app_changed else "Update the pin of GitHub's description"]
    shown, more = changes[:_LONGEST_TITLE], len(changes) - _LONGEST_TITLE
    # On one line: the names come from GitHub's description.
    return " ".join("; ".join([*shown, f"and {more} more"] if more > 0 else shown).split())
