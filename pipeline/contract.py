"""slice -> contract: normalised by code, then completed by the overlay."""

from __future__ import annotations

from . import documents, normalising, overlay
from .documents import Document

_HEADER = """\
# The source of truth: slice.yaml, normalised, with overlay.yaml applied. Made by `nox -s generate`; never edited.
"""


def make(slice_: Document, overlay_: Document) -> str:
    """The contract, as the text of its file.

    Raises:
        StageError: An overlay action matches nothing.
    """
    return _HEADER + documents.dump(overlay.applied(normalising.normalised(slice_), overlay_))
