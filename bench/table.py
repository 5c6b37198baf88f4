"""A report as a Markdown table, which is as good to read on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from .figures import OURS, REFERENCE, Bound, Report, Row, Unit

_SUMMARIZED = ("githubkit", "pygithub")
_SUMMARY = {
    "import, client, first call": "import, client and first call, to httpx",
    "one call": "one more call, to httpx",
    "reading 100 repositories": "reading 100 repositories, to `json.loads`",
    "installed": "installed",
    "distributions": "distributions",
}
_VERDICTS = {True: "met", False: "**not met**", None: ""}


def render(report: Report) -> str:
    """Draw it: a line a row, a column a subject, and below it what it was measured on and how."""
    peers = [subject for subject in report.subjects if subject not in {OURS, REFERENCE}]
    head = ["", "this package", "reference", "ratio", "bound", "", *(report.subjects[subject] for subject in peers)]
    lines = [head, *(_line(row, peers) for row in report.rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    aligned.insert(1, ["-" * width for width in widths])
    return "\n".join([*(f"| {' | '.join(line)} |" for line in aligned), "", notes(report)])


def summary(report: Report) -> str:
    """Draw what a first look asks for, beside the clients that README compares."""
    subjects = [OURS, REFERENCE, *_SUMMARIZED]
    lines = [["what it costs", "this package", *(report.subjects[subject] for subject in subjects[1:])]]
    for row in report.rows:
        if name := _SUMMARY.get(row.name):
            ratios = {REFERENCE: 1.0, **row.ratios}
            cells = (
                f"{ratios[subject]:.2f}" if row.unit == "s" else figure(row.medians[subject], row.unit)
                for subject in subjects
            )
            lines.append([name, *cells])
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def notes(report: Report) -> str:
    """Tell how the figures came to be."""
    machine = report.machine
    rounds = sorted({row.rounds for row in report.rows if row.rounds > 1})
    return (
        f"{report.date}, {machine['cpu']}, {machine['cores']} cores, {machine['kernel']}, {machine['python']}. "
        f"{report.subjects[OURS]} beside {report.subjects[REFERENCE]}. Medians of {rounds[0]} to {rounds[-1]} rounds; "
        "in parentheses and under ratio, the median of each round's ratio to the reference, which bounds are judged by."
    )


def _line(row: Row, peers: Sequence[str]) -> list[str]:
    def cell(subject: str) -> str:
        if subject not in row.medians:
            return "-"
        ratio = f" ({row.ratios[subject]:.2f})" if subject in row.ratios and subject != OURS else ""
        return figure(row.medians[subject], row.unit) + ratio

    ratio = f"{row.ratios[OURS]:.3f}" if OURS in row.ratios else "-"  # bounds may be met by a hair
    bound = _bound(row.bound, row.unit) if row.bound else "-"
    return [row.name, cell(OURS), cell(REFERENCE), ratio, bound, _VERDICTS[row.met], *map(cell, peers)]


def _bound(bound: Bound, unit: Unit) -> str:
    limit = f"{bound.limit:g} x {bound.times}" if bound.times else figure(bound.limit, unit)
    return f"{'<' if bound.below else '<='} {limit}"


def figure(value: float, unit: Unit) -> str:
    """Three digits, with the unit that suits them."""
    if not unit:
        return f"{value:g}"
    scales = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs")), "B": ((1e6, "MB"), (1e3, "kB"))}[unit]
    scale, name = next((scale for scale in scales if value >= scale[0]), scales[-1])
    whole = len(str(int(value / scale)))
    return f"{value / scale:.{max(0, 3 - whole)}f} {name}"
