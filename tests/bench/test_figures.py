"""Medians, ratios and verdicts, and the ways a report is shown."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import chart, machine, table
from bench.figures import OURS, REFERENCE, Bound, Report, Row, Unit

# The third round met a busy machine: both took twice as long.
SAMPLES = {OURS: [1.0, 2.0, 4.0], REFERENCE: [1.0, 1.0, 2.0], "peer": [3.0, 3.0, 5.0]}
SVG = "{http://www.w3.org/2000/svg}"


def report(*rows: Row) -> Report:
    subjects = {OURS: "ours 1", REFERENCE: "httpx 2", "peer": "a <peer> & co 3"}
    return Report("2026-01-02", {"cpu": "C", "cores": "2", "kernel": "K", "python": "P"}, subjects, rows)


FULL = report(
    Row.of("one call", "s", Bound(1.5, "httpx"), SAMPLES),
    Row.of("reading 100 repositories", "s", Bound(3, "httpx"), SAMPLES),
    Row.of("installed", "B", None, {OURS: [2e6], REFERENCE: [1e6]}),
    Row.of("distributions", "", Bound(9), {OURS: [9]}),
)


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    row = Row.of("x", "s", None, SAMPLES)
    assert row.medians == {OURS: 2.0, REFERENCE: 1.0, "peer": 3.0}
    assert row.ratios == {OURS: 2.0, "peer": 3.0}
    assert row.rounds == 3


def test_subjects_that_ran_in_different_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        Row.of("x", "s", None, {OURS: [1.0], REFERENCE: [1.0, 2.0]})


@pytest.mark.parametrize(
    ("bound", "met"),
    [
        (Bound(2.0, "httpx"), True),
        (Bound(1.99, "httpx"), False),
        (Bound(2.0), True),
        (Bound(2.0, below=True), False),
        (Bound(2.1, below=True), True),
        (None, None),
    ],
)
def test_a_verdict(bound: Bound | None, met: bool | None) -> None:  # noqa: FBT001 - a column of the table
    assert Row.of("x", "s", bound, SAMPLES).met is met


def test_a_bound_of_times_is_of_the_ratio_and_not_of_the_figure() -> None:
    samples = {OURS: [0.001], REFERENCE: [0.0001]}
    assert Row.of("x", "s", Bound(2, "httpx"), samples).met is False


def test_a_report_comes_back_from_json() -> None:
    text = FULL.to_json()
    assert Report.from_json(text).to_json() == text
    assert [row.met for row in Report.from_json(text).rows] == [False, True, None, True]


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
def test_a_figure(value: float, unit: Unit, shown: str) -> None:
    assert table.figure(value, unit) == shown


def test_the_table() -> None:
    lines = table.render(FULL).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0] == ["", "this package", "reference", "ratio", "bound", "", "a <peer> & co 3"]
    assert cells[2] == ["one call", "2.00 s", "1.00 s", "2.000", "<= 1.5 x httpx", "**not met**", "3.00 s (3.00)"]
    assert cells[3][-2] == "met"
    assert cells[4] == ["installed", "2.00 MB", "1.00 MB", "2.000", "-", "", "-"]
    assert cells[5] == ["distributions", "9", "-", "-", "<= 9", "met", "-"]
    assert len({len(line) for line in lines if line.startswith("|")}) == 1
    assert "2026-01-02, C, 2 cores, K, P. ours 1 beside httpx 2." in lines[-1]


def test_the_chart_shows_each_subject_that_has_a_figure() -> None:
    svg = ET.fromstring(chart.draw(FULL))  # noqa: S314 - our own text
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts.count("a <peer> & co 3") == 3
    assert [text for text in texts if text in chart.CHARTED.values()] == [
        chart.CHARTED[row.name] for row in FULL.rows if row.name in chart.CHARTED
    ]
    bars = [bar for bar in svg.iter(f"{SVG}rect") if bar.get("class", "").startswith("bar")]
    assert len(bars) == 3 + 3 + 2
    assert len([bar for bar in bars if bar.get("class") == "bar ours"]) == 3


def test_equal_figures_give_an_equal_chart() -> None:
    assert chart.draw(FULL) == chart.draw(Report.from_json(FULL.to_json()))


def test_the_machine_is_named_by_its_processor(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast One\nmodel name\t: Fast Two\n")
    assert machine.describe(cpuinfo)["cpu"] == "Fast One"
    assert machine.describe(tmp_path / "none")["cpu"]
