"""What the contract tests say at the end of a run."""

from __future__ import annotations

import pytest

NOTES = pytest.StashKey[list[str]]()
