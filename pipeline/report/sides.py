"""A slice and what is made of it, as the witnesses need it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline import client, contract, documents
from pipeline.documents import Document
from pipeline.layout import PACKAGE, Layout

from .places import Places
from .surface import Surface, read

Generate = Callable[[Path, Path, Layout], None]


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        slice: GitHub's words.
        contract: The contract of it.
        package: The generated package's folder.
    """

    slice: Document
    contract: Document
    package: Path

    @cached_property
    def places(self) -> Places:
        """The Python names in the contract."""
        return Places(self.contract)

    @cached_property
    def surface(self) -> Surface:
        """What the package offers."""
        return read(self.package)


def make(slice_: Document, folder: Path, here: Layout, generate: Generate = client.make) -> Side:
    """Make contract and package in a folder, with the overlay and the templates of today.

    Raises:
        StageError: The slice does not give them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / here.contract.name
    path.write_text(contract.make(slice_, documents.load(here.overlay)), encoding="utf-8")
    generate(path, folder / PACKAGE, here)
    return Side(slice_, documents.load(path), folder / PACKAGE)


def make_both(old: Document, new: Document, folder: Path, here: Layout) -> tuple[Side, Side]:
    """Make two sides at once: most of it is another process's work.

    Raises:
        StageError: One of the slices does not give a contract and a package.
    """
    with ThreadPoolExecutor() as executor:
        sides = [executor.submit(make, side, folder / name, here) for side, name in ((old, "old"), (new, "new"))]
        return sides[0].result(), sides[1].result()
