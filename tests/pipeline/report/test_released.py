"""What GitHub published, cut to this endpoint, and what a person finds in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import documents
from pipeline.report.comparing import compare
from pipeline.report.rules import Level

from .making import make

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent / "released"


@pytest.mark.parametrize(
    ("old", "new", "bump", "grave"),
    [
        (
            "12.0.0",
            "14.0.0",
            Level.MAJOR,
            {
                "NullableSimpleUser",
                "Repository.network_count",
                "Repository.organization",
                "Repository.subscribers_count",
                "Repository.template_repository",
                "RepositoryTemplateRepositoryType0",
                "RepositoryTemplateRepositoryType0Owner",
                "RepositoryTemplateRepositoryType0Permissions",
            },
        ),
        ("19.0.0", "19.1.0", Level.MINOR, {"Repository.code_search_index_status", "RepositoryCodeSearchIndexStatus"}),
        ("19.1.0", "22.0.0", Level.NONE, set[str]()),
        (
            "22.0.0",
            "23.0.2",
            Level.MINOR,
            {"Repository.has_pull_requests", "Repository.pull_request_creation_policy"},
        ),
    ],
)
def test_between_published_versions(tmp_path: Path, old: str, new: str, bump: Level, grave: set[str]) -> None:
    sides = [make(documents.load(RELEASED / f"{version}.yaml"), tmp_path / version) for version in (old, new)]
    report = compare(*sides)
    assert report.bump is bump
    assert {change.where for change in report.changes if change.rule.level >= Level.MINOR} == grave
