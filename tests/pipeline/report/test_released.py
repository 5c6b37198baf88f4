"""What the report says about two versions that GitHub published, cut to this operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import documents
from pipeline.layout import HERE
from pipeline.report import sides
from pipeline.report.comparing import compare
from pipeline.report.rules import Level, Rule

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent / "released"
FIELDS = {
    "Repository.network_count",
    "Repository.organization",
    "Repository.subscribers_count",
    "Repository.template_repository",
}
MODELS = {
    "NullableSimpleUser",
    "RepositoryTemplateRepositoryType0",
    "RepositoryTemplateRepositoryType0Owner",
    "RepositoryTemplateRepositoryType0Permissions",
}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("12.0.0", "14.0.0", {Rule.FIELD_REMOVED: FIELDS, Rule.MODEL_REMOVED: MODELS}),
        ("14.0.0", "12.0.0", {Rule.FIELD_ADDED: FIELDS, Rule.MODEL_ADDED: MODELS}),
    ],
)
def test_between_two_published_versions(tmp_path: Path, old: str, new: str, expected: dict[Rule, set[str]]) -> None:
    pair = [sides.make(documents.load(RELEASED / f"{one}.yaml"), tmp_path / one, HERE) for one in (old, new)]
    found: dict[Rule, set[str]] = {}
    for change in compare(*pair).changes:
        if change.rule.level >= Level.MINOR:
            found.setdefault(change.rule, set()).add(change.where)
    assert found == expected
