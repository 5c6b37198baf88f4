"""The commands: `sync` starts from GitHub's description, `generate` from the slices, and `drift` compares."""

from __future__ import annotations

import filecmp
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from . import client, contract, documents, linting, news, provenance, slicing, upstream
from .layout import HERE, PACKAGE, Layout
from .replacing import replace
from .report import running
from .report.running import Outputs
from .stages import StageError, stage
from .upstream import Description


def sync(wanted: str | None = None, outputs: Outputs | None = None, here: Layout = HERE) -> None:
    """Download GitHub's description, make everything from it, and report what changed.

    Args:
        wanted: A version of the package, "latest", a file or a URL; None for the pinned version.
        outputs: Where the report goes in addition to standard output.
        here: The project.

    Raises:
        StageError: The description, or something made from it, is invalid. Nothing has changed.
    """
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        made = _new_layout(folder)
        # Not `wanted` itself: a URL can contain a credential.
        with stage("upstream", "the pinned description" if wanted is None else "the description given by --upstream"):
            description = upstream.describe(wanted, provenance.pin(here.provenance))
        with stage("slice", "the listed operations and everything they refer to"):
            slice_parts(description, made, here)
        _make_from_slices(made, here)
        _write_provenance(made, here, description.source)
        targets = _made(made, here)
        targets |= {new.slice: old.slice for new, old in zip(made.parts, here.parts, strict=True)}
        found, text = running.follow(made, here, description.document)
        since_release = news.write(made, here, found)
        app_changed = not running.is_same(here.app.slice, made.app.slice)
        title = news.title(found, _operations(here), _operations(made), app_changed=app_changed)
        with stage("replace", "openapi/, generated/ and changes/"):
            replace(targets | since_release.targets, since_release.obsolete)
    text += running.proposal(since_release.bump)
    if app_changed:
        text += "\nThe requests that sign in a GitHub App have changed: see openapi/app/slice.yaml.\n"
    (outputs or Outputs()).write(found, text, title=title)
    print(f"done in {time.monotonic() - start:.1f} s")


def generate(slice_: Path | None = None, output: Path | None = None, here: Layout = HERE) -> None:
    """Make the contracts and the client from the committed slices, or from another slice into another folder.

    Args:
        slice_: A slice to use instead of the committed one.
        output: A folder for `openapi.yaml` and the client's package. By default both go where they are committed.
        here: The project.

    Raises:
        StageError: The slice, or something made from it, is invalid. Nothing has changed.
    """
    with TemporaryDirectory() as folder:
        made = _new_layout(folder)
        _make_from_slices(made, here, slice_ or here.slice, here.app.slice)
        if output:
            targets = {made.contract: output / made.contract.name, made.client: output / PACKAGE}
        else:
            _write_provenance(made, here)
            targets = _made(made, here)
        with stage("replace", str(output or "openapi/ and generated/")):
            replace(targets)


def drift(here: Layout = HERE) -> list[str]:
    """Make everything again from the committed inputs.

    Returns:
        The committed files that differ from what was made, that are missing, or that no input produces.
    """
    with TemporaryDirectory() as folder:
        made = _new_layout(folder)
        _make_from_slices(made, here, *(part.slice for part in here.parts))
        _write_provenance(made, here)
        with stage("compare", "with the committed files"):
            files = _files(made) | _files(here)
            differing = {path for path in files if not _same(made.root / path, here.root / path)}
            for part in here.parts:
                if slicing.operation_ids(documents.load(part.slice)) != set(slicing.listed(part.operations)):
                    differing.add(part.slice.relative_to(here.root))
            return sorted(map(str, differing))


def slice_parts(description: Description, made: Layout, here: Layout) -> None:
    """Slice both parts out of the description.

    Raises:
        StageError: The description is invalid or lacks an operation.
    """
    for new, old in zip(made.parts, here.parts, strict=True):
        try:
            slice_ = slicing.make(description, slicing.listed(old.operations))
            new.slice.write_text(slice_, encoding="utf-8")
            # GitHub's version number alone would change the slice every few days.
            keep = running.is_same(old.slice, new.slice)
        except slicing.MissingOperationError:
            # A file can hold a part of the API. The package has all of it.
            keep = new == made.app and "package" not in description.source
            if not keep:
                raise
        if keep:
            _copy(old.slice, new.slice)


def _operations(layout: Layout) -> set[str]:
    try:
        return slicing.operation_ids(documents.load(layout.contract))
    except StageError:
        return set()


def _new_layout(folder: str) -> Layout:
    made = Layout(Path(folder))
    made.app.slice.parent.mkdir(parents=True)
    return made


def _make_from_slices(made: Layout, here: Layout, *slices: Path) -> None:
    with stage("contract", "the slices, normalised, with the overlay applied"):
        for source, part in zip(slices, made.parts, strict=False):
            _copy(source, part.slice)
        _copy(here.overlay, made.overlay)
        overlay = documents.load(made.overlay)
        for part in made.parts:
            document = documents.load(part.slice)
            linting.validate(document)
            part.contract.write_text(contract.make(document, overlay), encoding="utf-8")
    with stage("lint", "redocly and openapi-spec-validator"):
        linting.lint(*(part.contract for part in made.parts))
    with stage("client", "openapi-python-client and ruff"):
        made.client.parent.mkdir()
        client.make(made.contract, made.client, here)


def _write_provenance(made: Layout, here: Layout, source: dict[str, str] | None = None) -> None:
    with stage("provenance", "the sources, hashes and tool versions"):
        source = source or provenance.source(here.provenance)
        made.provenance.write_text(provenance.make(source, made, here.package_lock), encoding="utf-8")


def _outputs(layout: Layout) -> list[Path]:
    """Return what every command makes: two contracts, the provenance and the package."""
    return [*(part.contract for part in layout.parts), layout.provenance, layout.client]


def _made(made: Layout, here: Layout) -> dict[Path, Path]:
    return dict(zip(_outputs(made), _outputs(here), strict=True))


def _files(layout: Layout) -> set[Path]:
    """Return every made file, relative to the root."""
    files = [path for output in _outputs(layout) for path in (output, *output.rglob("*"))]
    return {path.relative_to(layout.root) for path in files if path.is_file() and "__pycache__" not in path.parts}


def _copy(source: Path, target: Path) -> None:
    try:
        target.write_bytes(source.read_bytes())
    except OSError as error:
        raise StageError(f"{source.name}: {error.strerror}") from error


def _same(made: Path, committed: Path) -> bool:
    return made.is_file() and committed.is_file() and filecmp.cmp(made, committed, shallow=False)
