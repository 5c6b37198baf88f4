"""A report as bars, light or dark as the reader's system is."""

from __future__ import annotations

from html import escape

from .report import SHOWN, Report, Row

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .heading { font-weight: 600 } .value { fill: #59636e }
.card { fill: #ffffff; stroke: #d0d7de } .bar { fill: #afb8c1 } .ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .value { fill: #9198a1 }
.card { fill: #0d1117; stroke: #3d444d } .bar { fill: #545d68 } .ours { fill: #4493f8 }
}
"""


def draw(report: Report) -> str:
    """Draw a panel for each row that is shown, two next to each other. Equal reports give equal text."""
    rows = [row for row in report.rows if row.name in SHOWN]
    panel = 46 + 20 * len(report.clients)
    height = 20 + panel * -(-len(rows) // 2)
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" width="800" height="{height}" role="img">',
        f"<title>{escape('; '.join(SHOWN))}: {escape(', '.join(report.clients.values()))}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="799" height="{height - 1}" rx="6"/>',
    ]
    for number, row in enumerate(rows):
        svg.append(f'<g transform="translate({20 + number % 2 * 400} {20 + number // 2 * panel})">')
        svg += [f'<text class="heading" y="12">{escape(row.name.capitalize())}</text>', *_bars(report, row), "</g>"]
    return "\n".join([*svg, "</svg>"]) + "\n"


def _bars(report: Report, row: Row) -> list[str]:
    svg: list[str] = []
    for line, (client, name) in enumerate(report.clients.items()):
        y = 26 + line * 20
        svg.append(f'<text y="{y + 12}">{escape(name)}</text>')
        if value := row.medians.get(client):
            width = round(max(1.0, value / max(row.medians.values()) * 115), 1)
            css = "bar ours" if client == "ours" else "bar"
            svg.append(f'<rect class="{css}" x="165" y="{y + 1}" width="{width}" height="14" rx="2"/>')
            svg.append(f'<text class="value" x="{171 + width}" y="{y + 12}">{row.figure(value)}</text>')
    return svg
