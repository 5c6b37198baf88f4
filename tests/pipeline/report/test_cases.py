"""What each change of the slice is to an importer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import client, documents
from pipeline.layout import HERE
from pipeline.report import sides
from pipeline.report.comparing import compare
from pipeline.report.rules import RULES, Level
from pipeline.report.sides import Side

from .cases import CASES, Case
from .edits import Edit
from .making import make

pytestmark = pytest.mark.slow

Before = Callable[[Edit], Side]


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    """The old side, made once for all that start from the same."""
    slice_ = documents.load(HERE.slice)
    made: dict[Edit, Side] = {}

    def side(given: Edit) -> Side:
        if given not in made:
            edited = copy.deepcopy(slice_)
            given(edited)
            made[given] = make(edited, tmp_path_factory.mktemp("before"))
        return made[given]

    return side


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_change_is_reported_by_its_rule_and_nothing_else_is(case: Case, before: Before, tmp_path: Path) -> None:
    old = before(case.given)
    changed = copy.deepcopy(old.slice)
    case.edit(changed)
    report = compare(old, make(changed, tmp_path))
    assert {(change.where, change.rule) for change in report.changes} == case.expected, case.why
    assert report.bump == max((rule.level for _, rule in case.expected), default=Level.NONE)


def test_every_rule_is_tried() -> None:
    assert {rule for case in CASES for _, rule in case.expected} == set(RULES)


def test_what_formats_the_package_changes_nothing_that_is_compared(before: Before, tmp_path: Path) -> None:
    side = before(CASES[0].given)
    formatted = sides.make(side.slice, tmp_path, HERE, client.make)
    assert formatted.surface.models == side.surface.models
    assert formatted.surface.operations == side.surface.operations
