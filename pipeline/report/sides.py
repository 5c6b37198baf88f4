"""The two sides of a comparison, and where each can come from."""

from __future__ import annotations

import sys
import tarfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline import client, contract, documents
from pipeline.documents import Document, Parts
from pipeline.layout import HERE, PACKAGE, Layout
from pipeline.stages import StageError, run

from . import surface
from .naming import Names
from .surface import Surface

DISTRIBUTION = "runner-registration"


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        slice: GitHub's description of the operations; None if it is not known, as in a wheel.
        contract: The contract made from it.
        package: The folder of the package generated from the contract.
    """

    slice: Document | None
    contract: Document
    package: Path

    @property
    def version(self) -> str:
        """The version of GitHub's description."""
        return str(self.contract["info"]["version"])

    @cached_property
    def names(self) -> Names:
        """The Python names in the contract."""
        return Names(self.contract, HERE.generator_config)

    @cached_property
    def surface(self) -> Surface:
        """What the package offers."""
        return surface.read(self.package)

    def documents(self, path: Parts) -> bool:
        """Return whether GitHub itself documents something at a path."""
        if self.slice is None:
            return False
        return documents.value_at(self.slice, documents.resolved(self.slice, path)) is not None


def make(slice_: Document, folder: Path, here: Layout) -> Side:
    """Make contract and package in a folder, with the current overlay and templates.

    Raises:
        StageError: The slice does not fit them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / here.contract.name
    path.write_text(contract.make(slice_, documents.load(here.overlay)), encoding="utf-8")
    client.make(path, folder / PACKAGE, here)
    return Side(slice_, documents.load(path), folder / PACKAGE)


def made(layout: Layout) -> Side:
    """Return the side that was made with an overlay and templates of its own.

    Raises:
        StageError: The contract or the package cannot be read.
    """
    slice_ = None
    with suppress(StageError):
        slice_ = documents.load(layout.slice)
    side = Side(slice_, documents.load(layout.contract), layout.client)
    _ = side.surface
    return side


def released(here: Layout, folder: Path) -> tuple[Side, str]:
    """Return the last release and its name: its git tag, else its wheel on the package index, else the last commit.

    Raises:
        StageError: There is none of these.
    """
    git = ["git", "-C", str(here.root)]
    tags: list[str] = []
    with suppress(StageError):
        tags = run([*git, "tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname"]).split()
    if tags:
        return _archived(git, tags[0], folder), tags[0]
    try:
        return _published(folder)
    except StageError as error:
        reason = f"neither a release tag nor a wheel was found: {str(error).rpartition('ERROR: ')[2]}"
    try:
        return _archived(git, "HEAD", folder), f"the last commit ({reason})"
    except StageError as error:
        raise StageError(f"{reason}. Use --old to name a slice") from error


def _archived(git: list[str], revision: str, folder: Path) -> Side:
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "release.tar"
    run([*git, "archive", "--output", str(archive), revision, "openapi", "generated"])
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return made(Layout(folder))


def _published(folder: Path) -> tuple[Side, str]:
    pip = [sys.executable, "-m", "pip", "install"]
    run([*pip, "-qq", "--no-deps", "--only-binary=:all:", "--target", str(folder), DISTRIBUTION])
    (metadata,) = folder.glob("*.dist-info")
    contract_ = documents.load(folder / "runner_registration/testing/_data/openapi/openapi.yaml")
    return Side(None, contract_, folder / PACKAGE), metadata.stem
