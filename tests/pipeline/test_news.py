"""The title of a pull request that follows GitHub's description."""

from __future__ import annotations

import pytest

from pipeline.news import title
from pipeline.report.changes import Change, Report
from pipeline.report.rules import Rule

REMOVED = [Change(f"Repository.{name}", Rule.FIELD_REMOVED, "both") for name in "abcde"]
ADDED = Change("Repository.x", Rule.FIELD_ADDED, "both")


@pytest.mark.parametrize(
    ("changes", "before", "after", "expected"),
    [
        pytest.param([], "a", "a", "Update the pin of GitHub's description", id="nothing"),
        pytest.param([ADDED], "a", "ab", "Add b", id="operation added"),
        pytest.param([ADDED], "abc", "bd", "Add d; Remove a; Remove c", id="operations removed"),
        pytest.param([ADDED], "a", "a", "Repository.x: optional field added", id="change"),
        pytest.param([ADDED, REMOVED[0]], "a", "a", "Repository.a: field removed", id="the most severe change"),
        pytest.param(
            REMOVED,
            "a",
            "a",
            "Repository.a: field removed; Repository.b: field removed; Repository.c: field removed; and 2 more",
            id="many changes",
        ),
        pytest.param([Change("a\nb=c", Rule.FIELD_ADDED, "both")], "", "", "a b=c: optional field added", id="lines"),
    ],
)
def test_names_what_changed(changes: list[Change], before: str, after: str, expected: str) -> None:
    assert title(Report.of(changes), set(before), set(after)) == expected


def test_names_the_app_if_nothing_else_changed() -> None:
    assert title(Report(()), {"a"}, {"a"}, app_changed=True) == "Update the sign-in of a GitHub App"
