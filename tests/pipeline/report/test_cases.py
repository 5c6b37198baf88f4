"""What the report says about each change of a slice."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import documents
from pipeline.layout import HERE
from pipeline.report import sides, surface, wire
from pipeline.report.comparing import compare
from pipeline.report.rules import Level, Rule
from pipeline.report.sides import Side
from tests.pipeline import making

from .cases import CASES, Case, Edit, nothing

pytestmark = pytest.mark.slow

Before = Callable[[Edit], Side]


@pytest.fixture(scope="module", autouse=True)
def _quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, making.Redocly() as redocly:
        making.replace(patch, tmp_path_factory.mktemp("templates"))
        patch.setattr(wire, "run_redocly", redocly.run)
        yield


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    """The old side, made once for all cases that start from the same slice."""
    slice_ = documents.load(HERE.slice)
    made: dict[Edit, Side] = {}

    def side(given: Edit) -> Side:
        if given not in made:
            edited = copy.deepcopy(slice_)
            given(edited)
            made[given] = sides.make(edited, tmp_path_factory.mktemp("before"), HERE)
        return made[given]

    return side


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_reports_exactly_the_expected_changes(case: Case, before: Before, tmp_path: Path) -> None:
    old = before(case.given)
    assert old.slice
    changed = copy.deepcopy(old.slice)
    case.edit(changed)
    report = compare(old, sides.make(changed, tmp_path, HERE))
    assert {(change.where, change.rule) for change in report.changes} == case.expected
    assert report.bump == max((rule.level for _, rule in case.expected), default=Level.NONE)


def test_every_rule_has_a_case() -> None:
    # What a slice cannot cause is tested in test_surface.py.
    assert {rule for case in CASES for _, rule in case.expected} | {Rule.NAME_REMOVED} == set(Rule)


def test_formatting_a_package_does_not_change_its_surface(before: Before) -> None:
    assert before(nothing).surface.members == surface.read(HERE.client).members
