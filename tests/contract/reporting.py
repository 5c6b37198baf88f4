"""Notes at the end of a run, from all of its processes."""

from __future__ import annotations

import pytest

_NOTE = "note"


def note(item: pytest.Item, text: str) -> None:
    """Print a text once at the end of the run."""
    item.user_properties.append((_NOTE, text))


def notes(terminalreporter: pytest.TerminalReporter) -> list[str]:
    """Return the notes of all tests."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [pair for report in reports for pair in getattr(report, "user_properties", [])]
    return sorted({str(text) for name, text in properties if name == _NOTE})
