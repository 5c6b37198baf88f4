"""What a release says of the changes: a fragment for towncrier, and the version that they ask for."""

from __future__ import annotations

from pipeline.documents import Document

from .changes import Report
from .rules import Level


def fragment_name(slice_: Document, bump: Level) -> str:
    """The fragment's file: orphan fragments begin with a plus, the type of a fragment is the bump it asks for."""
    return f"+github-{slice_['info']['version']}.{bump}.md"


def fragment(report: Report, slice_: Document) -> str:
    """The fragment's text: one line for the changelog, with what importers have to know."""
    version = slice_["info"]["version"]
    grave = [change for change in report.changes if change.rule.level >= Level.MINOR]
    said = "; ".join(f"`{change.where}`: {change.what}" for change in grave) or "no importer's code is touched"
    return f"Follow GitHub's description {version}: {said}.\n"


def next_version(version: str, bump: Level) -> str:
    """The version to release: https://semver.org, where before 1.0.0 the second number counts the breaks."""
    major, minor, patch = (int(number) for number in version.split("."))
    if bump is Level.MAJOR and major:
        return f"{major + 1}.0.0"
    if bump is Level.MAJOR or bump is Level.MINOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}" if bump is Level.PATCH else version
