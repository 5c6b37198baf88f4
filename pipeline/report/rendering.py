"""A report as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json

from .changes import Change, Report
from .rules import Level

_HEADINGS = {
    Level.MAJOR: "Importers break",
    Level.MINOR: "New for importers",
    Level.PATCH: "No importer's code is touched",
    Level.NONE: "Absorbed: no release is needed for it",
}
_ADVICE = {
    Level.MAJOR: "Code that uses the package may fail or no longer type-check: release a **major** version.",
    Level.MINOR: "Something is new, and all code that uses the package stays as it is: release a **minor** version.",
    Level.PATCH: "Words, or what the tolerant reader absorbs: release a **patch** version, if any.",
    Level.NONE: "Nothing that is released has changed.",
}
_LONGEST = 60  # characters of a table's cell


def to_json(report: Report) -> str:
    """The report for programs."""
    changes = [
        {
            "where": change.where,
            "what": change.what,
            "level": str(change.rule.level),
            "seen_by": change.seen_by,
            "old": change.old,
            "new": change.new,
        }
        for change in report.changes
    ]
    return json.dumps({"bump": str(report.bump), "changes": changes}, indent=2) + "\n"


def to_markdown(report: Report, title: str) -> str:
    """The report for people: what to release, then the changes, the gravest first."""
    lines = [f"# {title}", "", _ADVICE[report.bump], ""]
    for level, heading in _HEADINGS.items():
        changes = [change for change in report.changes if change.rule.level is level]
        if changes:
            lines += [f"## {heading} ({level})", "", *_table(changes), ""]
    return "\n".join(lines) + "\n"


def to_list(report: Report) -> list[str]:
    """The changes that ask for something, one line each."""
    return [
        f"- {change.rule.level}: `{_cell(change.where)}`: {change.what}"
        for change in report.changes
        if change.rule.level
    ]


def _table(changes: list[Change]) -> list[str]:
    rows = ["| where | what | before | after | seen by |", "| --- | --- | --- | --- | --- |"]
    for change in changes:
        cells = [
            f"`{_cell(change.where)}`",
            f"{_cell(change.what)} ({change.rule.why})",
            *(_code(change.old), _code(change.new)),
            change.seen_by,
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _code(text: str | None) -> str:
    if text is None:
        return ""
    # The words are a stranger's: a code span shows them as they are.
    return f"`{_cell(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…')}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")
