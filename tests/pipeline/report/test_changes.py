"""The formats of a report, the next version, and the rules in the documentation."""

from __future__ import annotations

import json

import pytest

from pipeline.layout import HERE
from pipeline.report.changes import Change, Report
from pipeline.report.rules import Level, Rule
from pipeline.report.running import next_version, proposal

REPORT = Report.of(
    [
        Change("Repository.name", Rule.DOCUMENTATION, "wire", "a | b", "`c`\nd", "description"),
        Change("create_x(y)", Rule.PARAMETER_ADDED, "both", None, "str | Unset = UNSET"),
        Change("Repository.y", Rule.FIELD_REMOVED, "python", "int", None),
        Change("SimpleUser", Rule.MODEL_REMOVED, "python", "SimpleUser", None),
    ]
)


def test_json_has_the_documented_format() -> None:
    keys = ("where", "what", "level", "seen_by", "old", "new")
    changes = [
        ("SimpleUser", "model removed", "major", "python", "SimpleUser", None),
        ("Repository.y", "field removed", "major", "python", "int", None),
        ("create_x(y)", "optional parameter added", "minor", "both", None, "str | Unset = UNSET"),
        ("Repository.name", "documentation changed: description", "patch", "wire", "a | b", "`c`\nd"),
    ]
    expected = [dict(zip(keys, change, strict=True)) for change in changes]
    assert json.loads(REPORT.to_json()) == {"bump": "major", "changes": expected}


def test_markdown_says_what_to_release_and_lists_the_most_severe_changes_first() -> None:
    assert (
        REPORT.to_markdown("A title")
        == """\
# A title

Code that imports the package may fail or no longer type-check. Release a **major** version.

## Breaking changes (major)

**Model removed.** Its import fails.

- `SimpleUser`

**Field removed.** Code that reads or sets it fails.

- `Repository.y`, was `int`

## Additions (minor)

**Optional parameter added.** Calls without it still work.

- `create_x(y)`: `str | Unset = UNSET`

## Changes that do not affect code (patch)

**Documentation changed.** Docstrings and the contract in the wheel have other text.

- `Repository.name`: description: `a | b` is now `'c' d`

"""
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("short", "text", "`short` is now `text`"),
        ("a" * 80, "a" * 79 + "b", f"`…{'a' * 21}` is now `…{'a' * 20}b`"),
        ("", "b" * 61, f"`` is now `{'b' * 60}…`"),
        ("a" * 50 + "b" * 60, "a" * 50, f"`…{'a' * 20}{'b' * 40}…` is now `…{'a' * 20}`"),
    ],
)
def test_markdown_shows_where_long_values_start_to_differ(old: str, new: str, expected: str) -> None:
    report = Report.of([Change("Repository.name", Rule.DOCUMENTATION, "wire", old, new, "description")])
    assert f"- `Repository.name`: description: {expected}\n" in report.to_markdown("A title")


def test_a_report_without_changes_requires_no_release() -> None:
    assert json.loads(Report(()).to_json()) == {"bump": "none", "changes": []}
    assert (
        Report(()).to_markdown("A title")
        == "# A title\n\nNothing in the package has changed. No release is needed.\n\n"
    )


def test_an_accepted_change_has_its_reason_and_still_requires_its_release() -> None:
    report = REPORT.accepting({("Repository.y", "field removed"): "GitHub removed it.", ("SimpleUser", "other"): "-"})
    assert report.bump is Level.MAJOR
    accepted = [change.get("accepted") for change in json.loads(report.to_json())["changes"]]
    assert accepted == [None, "GitHub removed it.", None, None]
    assert "- `Repository.y`, was `int`. Accepted: GitHub removed it.\n" in report.to_markdown("A title")


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("1.2.3", Level.MAJOR, "2.0.0"),
        ("1.2.3", Level.MINOR, "1.3.0"),
        ("1.2.3", Level.PATCH, "1.2.4"),
        ("1.2.3", Level.NONE, "1.2.3"),
        ("0.2.3", Level.MAJOR, "0.3.0"),
        ("0.2.3", Level.MINOR, "0.3.0"),
        ("0.2.3", Level.PATCH, "0.2.4"),
    ],
)
def test_the_bump_gives_the_next_version(version: str, bump: Level, expected: str) -> None:
    assert next_version(version, bump) == expected


@pytest.mark.parametrize("bump", Level)
def test_only_a_breaking_release_requires_reasons(bump: Level) -> None:
    assert ("openapi/accepted-breaks.toml" in proposal(bump)) == (bump is Level.MAJOR)


def test_the_documentation_has_every_rule() -> None:
    rows = (HERE.root / "docs" / "changes.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row.startswith("| ") and "**" in row] == [
        f"| {rule.what} | **{rule.level}** | {rule.why} |" for rule in Rule
    ]
