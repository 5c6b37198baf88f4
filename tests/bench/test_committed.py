"""What is committed of the benchmark belongs together."""

from __future__ import annotations

import pytest

from bench import pages, plan
from bench.environments import ROOT

DRAWN = pages.render(pages.committed())


@pytest.mark.parametrize("name", DRAWN)
def test_the_pages_show_the_run_that_is_committed(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == DRAWN[name], "run `python -m bench render`"


def test_the_run_that_is_committed_was_a_full_one() -> None:
    assert set(pages.committed().subjects) == {plan.column(subject) for subject in plan.ALL}
