"""Only an answer that names a package clears it: silence, in any of its forms, does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.stages import StageError
from pipeline.supply import advisories
from pipeline.supply.advisories import Advisories

CLEAR: dict[str, Any] = {"name": "attrs", "version": "26.1.0", "vulns": []}
BAD: dict[str, Any] = {"name": "h11", "version": "0.14.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.16.0"]}]}
SKIPPED = {"name": "httpx", "skip_reason": "Dependency not found on PyPI and could not be audited: httpx (0.28.1)"}


def heard(*dependencies: object, output: str | None = None, complaint: str = "") -> Advisories:
    answers = Advisories()
    printed = json.dumps({"dependencies": dependencies, "fixes": []}) if output is None else output
    advisories.read(answers, "wheel.txt", printed, complaint)
    return answers


@pytest.mark.parametrize("required", [True, False])
def test_answers_for_all_packages_clear_them(required: bool) -> None:  # noqa: FBT001 - a column of the table
    assert advisories.check(heard(CLEAR), required=required) == "no advisories for 1 packages"


@pytest.mark.parametrize("required", [True, False])
def test_an_advisory_fails_and_says_what_mends_it(required: bool) -> None:  # noqa: FBT001 - a column of the table
    with pytest.raises(StageError, match=r"^h11 0\.14\.0: PYSEC-1, fixed in 0\.16\.0$"):
        advisories.check(heard(CLEAR, BAD, SKIPPED), required=required)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param(
            heard(SKIPPED),
            "NOT KNOWN, as advisories could not be fetched here: httpx (Dependency not found on PyPI and could not be "
            "audited: httpx (0.28.1))",
            id="an index without advisories, to which pip-audit says 'no known vulnerabilities found'",
        ),
        pytest.param(
            heard(output="", complaint="Traceback\nConnectionError: no route"),
            "NOT KNOWN, as advisories could not be fetched here: wheel.txt (ConnectionError: no route)",
            id="no network",
        ),
        pytest.param(
            heard(CLEAR, SKIPPED, {"name": "h11", "skip_reason": "as well"}),
            "NOT KNOWN, as advisories could not be fetched here: httpx and 1 others (Dependency not found on PyPI and "
            "could not be audited: httpx (0.28.1)); no advisories for 1 packages",
            id="some",
        ),
    ],
)
def test_what_is_not_answered_is_not_known_and_fails_where_it_must_be(answers: Advisories, said: str) -> None:
    assert advisories.check(answers, required=False) == said
    with pytest.raises(StageError, match=r"^NOT KNOWN"):
        advisories.check(answers, required=True)
