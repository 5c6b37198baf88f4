"""How a report is written down: for programs, for people, for the changelog and in the documentation."""

from __future__ import annotations

import json

import pytest

from pipeline.layout import HERE
from pipeline.report import news, rendering, rules
from pipeline.report.changes import Change, Report
from pipeline.report.rules import RULES, Level

REPORT = Report.of(
    [
        Change("Repository.name", rules.WORDS, "wire", "a | b", "`c`\nd", "description"),
        Change("Repository.x", rules.FIELD_ADDED, "both", None, "str | Unset"),
        Change("Repository.y", rules.FIELD_REMOVED, "python", "int", None),
    ]
)


def test_json_is_of_the_documented_shape() -> None:
    assert json.loads(rendering.to_json(REPORT)) == {
        "bump": "major",
        "changes": [
            {
                "where": "Repository.y",
                "what": "field removed",
                "level": "major",
                "seen_by": "python",
                "old": "int",
                "new": None,
            },
            {
                "where": "Repository.x",
                "what": "optional field added",
                "level": "minor",
                "seen_by": "both",
                "old": None,
                "new": "str | Unset",
            },
            {
                "where": "Repository.name",
                "what": "words changed: description",
                "level": "patch",
                "seen_by": "wire",
                "old": "a | b",
                "new": "`c`\nd",
            },
        ],
    }


def test_markdown_says_what_to_release_and_the_gravest_first() -> None:
    lines = rendering.to_markdown(REPORT, "A title").splitlines()
    assert lines[:3] == [
        "# A title",
        "",
        "Code that uses the package may fail or no longer type-check: release a **major** version.",
    ]
    assert [line for line in lines if line.startswith("## ")] == [
        "## Importers break (major)",
        "## New for importers (minor)",
        "## No importer's code is touched (patch)",
    ]


def test_a_strangers_words_break_no_table() -> None:
    row = next(line for line in rendering.to_markdown(REPORT, "").splitlines() if "Repository.name" in line)
    assert row.endswith(r"| `a \| b` | `'c' d` | wire |")


def test_nothing_changed_is_a_report_too() -> None:
    assert json.loads(rendering.to_json(Report(()))) == {"bump": "none", "changes": []}
    assert "Nothing that is released has changed." in rendering.to_markdown(Report(()), "")


def test_the_fragment_names_what_importers_must_know() -> None:
    slice_ = {"info": {"version": "23.1.0"}}
    assert news.fragment_name(slice_, REPORT.bump) == "+github-23.1.0.major.md"
    assert news.fragment(REPORT, slice_) == (
        "Follow GitHub's description 23.1.0: `Repository.y`: field removed; `Repository.x`: optional field added.\n"
    )


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
def test_the_version_follows_from_the_bump(version: str, bump: Level, expected: str) -> None:
    assert news.next_version(version, bump) == expected


def test_the_documentation_has_every_rule() -> None:
    rows = (HERE.root / "docs" / "changes.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row.startswith("| ") and "**" in row] == [
        f"| {rule.what} | **{rule.level}** | {rule.why} |" for rule in RULES
    ]
