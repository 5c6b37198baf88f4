"""Medians, ratios and verdicts, and how a report is shown."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import __main__ as command
from bench import chart, rows
from bench.report import SHOWN, Report, Row

# The machine was busy in the third round: both took twice as long.
SAMPLES = {"ours": [1.0, 2.0, 4.0], "httpx": [1.0, 1.0, 2.0], "githubkit": [3.0, 3.0, 5.0]}
CLIENTS = {"ours": "ours 1", "httpx": "httpx 2", "githubkit": "a <client> & co 3", "pygithub": "P 4"}
FULL = Report(
    "2026-01-02",
    "a machine",
    CLIENTS,
    [
        Row.of("one call", "s", 1.5, "httpx", SAMPLES),
        Row.of("reading 100 repositories", "s", 3, "httpx", SAMPLES),
        Row.of("installed", "B", None, "", {"ours": [2e6], "httpx": [1e6]}),
        Row.of("distributions", "", 9, "", {"ours": [9]}),
    ],
)
SVG = "{http://www.w3.org/2000/svg}"


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    row = Row.of("x", "s", None, "", SAMPLES)
    assert row.medians == {"ours": 2.0, "httpx": 1.0, "githubkit": 3.0}
    assert row.ratios == {"ours": 2.0, "githubkit": 3.0}
    assert row.rounds == 3


def test_clients_that_ran_in_different_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        Row.of("x", "s", None, "", {"ours": [1.0], "httpx": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("limit", "reference", "met"),
    [(2.0, "httpx", True), (1.99, "httpx", False), (2.0, "", True), (1.99, "", False), (None, "", True)],
)
def test_the_bound_applies_to_the_ratio_or_to_the_figure(limit: float | None, reference: str, met: bool) -> None:  # noqa: FBT001 - a column
    assert Row.of("x", "s", limit, reference, SAMPLES).met is met
    assert Row.of("x", "s", 2, "httpx", {"ours": [0.001], "httpx": [0.0001]}).met is False


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.0, "s", "1.00 s"),
        (0.9996, "s", "1000 ms"),
        (0.1234, "s", "123 ms"),
        (0.01234, "s", "12.3 ms"),
        (4.9e-7, "s", "0.49 µs"),
        (4_038_002, "B", "4.04 MB"),
        (448_335, "B", "448 kB"),
        (9, "", "9"),
    ],
)
def test_a_figure_has_three_digits_and_a_unit(value: float, unit: str, shown: str) -> None:
    assert Row("x", unit, None, "", 1, {}, {}).figure(value) == shown


def test_the_table() -> None:
    lines = FULL.table().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0] == ["", "this package", "reference", "bound", "a <client> & co 3", "P 4"]
    assert cells[2] == [
        *("one call", "2.00 s (2.00)", "1.00 s", "<= 1.5 x httpx: **not met**", "3.00 s (3.00)", "-"),
    ]
    assert cells[3][3] == "<= 3 x httpx: met"
    assert cells[4] == ["installed", "2.00 MB (2.00)", "1.00 MB", "-", "-", "-"]
    assert cells[5] == ["distributions", "9", "-", "<= 9: met", "-", "-"]
    assert len({len(line) for line in lines if line.startswith("|")}) == 1
    assert lines[-1].startswith("2026-01-02, a machine. ours 1 next to httpx 2. Medians of 3 rounds.")


def test_a_report_is_the_same_after_json() -> None:
    text = FULL.to_json()
    again = Report.from_json(text)
    assert again.to_json() == text
    assert [row.met for row in again.rows] == [False, True, True, True]
    assert chart.draw(again) == chart.draw(FULL)


def test_the_chart_shows_every_client_that_has_a_figure() -> None:
    svg = ET.fromstring(chart.draw(FULL))  # noqa: S314 - our own text
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts.count("a <client> & co 3") == 3
    assert [text for text in texts if text in {"One call", "Reading 100 repositories", "Installed"}] == [
        *("One call", "Reading 100 repositories", "Installed")
    ]
    bars = [bar.get("class") for bar in svg.iter(f"{SVG}rect")]
    assert bars.count("bar") == 2 + 2 + 1
    assert bars.count("bar ours") == 3


@pytest.mark.parametrize("path", command.rendered(command.committed()), ids=lambda path: path.name)
def test_the_pages_show_the_run_that_is_committed(path: Path) -> None:
    text = command.rendered(command.committed())[path]
    assert path.read_text("utf-8") == text, "run `nox -s bench -- render`"


def test_the_run_that_is_committed_has_every_client_and_the_rows_that_are_shown() -> None:
    report = command.committed()
    assert set(report.clients) == set(rows.CLIENTS)
    names = [row.name for row in report.rows]
    assert set(SHOWN) <= set(names)
    bounds = {plan.name: plan.limit for plan in rows.PLANS}
    assert all(row.limit == bounds.get(row.name, row.limit) for row in report.rows), "run `nox -s bench`"
