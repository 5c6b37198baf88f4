"""What the contract tests say at the end of a run, whichever process they ran in."""

from __future__ import annotations

import pytest

_NOTE = "note"


def note(item: pytest.Item, text: str) -> None:
    """Have this said once at the end of the run."""
    item.user_properties.append((_NOTE, text))


def notes(terminalreporter: pytest.TerminalReporter) -> list[str]:
    """What was noted by any test."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [pair for report in reports for pair in getattr(report, "user_properties", [])]
    return sorted({str(text) for name, text in properties if name == _NOTE})
