"""A report as bars, on a card of its own that is light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .figures import OURS, Report, Row
from .table import figure

# A row's name and the heading it gets: what a reader wants to know first.
CHARTED = {
    "import, client, first call": "Import, client and first call",
    "one call": "One call, connection open",
    "reading 100 repositories": "Reading 100 repositories",
    "installed": "Installed size",
}

_STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .heading { font-weight: 600 }
    .card { fill: #ffffff; stroke: #d0d7de }
    .bar { fill: #afb8c1 }
    .ours { fill: #0969da }
    .value { fill: #59636e }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .card { fill: #0d1117; stroke: #3d444d }
      .bar { fill: #545d68 }
      .ours { fill: #4493f8 }
      .value { fill: #9198a1 }
    }
  """

_WIDTH, _MARGIN, _HEADING, _LINE = 800, 20, 26, 20
_NAMES, _BARS = 165, 115  # the columns of a panel; the figures have the rest


def draw(report: Report) -> str:
    """Draw the rows that are charted, two beside each other; the same text for equal figures."""
    rows = [(heading, row) for name, heading in CHARTED.items() for row in report.rows if row.name == name]
    panel_height = _HEADING + _LINE * len(report.subjects) + _MARGIN
    height = _MARGIN + panel_height * -(-len(rows) // 2)
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", width=str(_WIDTH), height=str(height), role="img")
    svg.set("viewBox", f"0 0 {_WIDTH} {height}")
    _add(svg, "title", f"{', '.join(heading for heading, _ in rows)}: {', '.join(report.subjects.values())}")
    _add(svg, "style", _STYLE)
    _add(svg, "rect", css="card", x=0.5, y=0.5, width=_WIDTH - 1, height=height - 1, rx=6)
    for number, (heading, row) in enumerate(rows):
        down, across = divmod(number, 2)
        x, y = _MARGIN + across * _WIDTH // 2, _MARGIN + down * panel_height
        panel = _add(svg, "g", transform=f"translate({x} {y})")
        _draw_panel(panel, heading, row, report.subjects)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _draw_panel(panel: Element, heading: str, row: Row, subjects: Mapping[str, str]) -> None:
    _add(panel, "text", heading, css="heading", y=12)
    widest = max(row.medians.values())
    for line, (subject, name) in enumerate(subjects.items()):
        y = _HEADING + line * _LINE
        _add(panel, "text", name, y=y + 12)
        if subject in row.medians:
            value = row.medians[subject]
            width = round(max(1.0, value / widest * _BARS), 1)
            css = "bar ours" if subject == OURS else "bar"
            _add(panel, "rect", css=css, x=_NAMES, y=y + 1, width=width, height=14, rx=2)
            _add(panel, "text", figure(value, row.unit), css="value", x=_NAMES + width + 6, y=y + 12)


def _add(parent: Element, tag: str, text: str | None = None, css: str | None = None, **attributes: object) -> Element:
    child = SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})
    child.text = text
    if css:
        child.set("class", css)
    return child
