"""The flow, step by step: `sync` from GitHub's description, `generate` from the slice, `drift` to compare."""

from __future__ import annotations

import filecmp
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from . import client, contract, documents, linting, provenance, slicing, upstream
from .layout import HERE, PACKAGE, Layout
from .replacing import replace
from .report import running
from .report.running import Outputs
from .stages import StageError, stage


def sync(wanted: str | None = None, outputs: Outputs | None = None, here: Layout = HERE) -> None:
    """Bring the description, make everything from it, and report what changed.

    Args:
        wanted: A version of the package, "latest", a file or a URL; None for the pinned version.
        outputs: Where the report goes beside standard output.
        here: The project.

    Raises:
        StageError: Something is wrong with the description or what it gives; nothing has changed.
    """
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.slice.parent.mkdir()
        # Not `wanted` itself: an address may hold a credential.
        with stage("upstream", "the pinned description" if wanted is None else "the one that --upstream names"):
            description = upstream.describe(wanted, provenance.pin(here.provenance), made.root)
        with stage("slice", f"what {here.operations.name} lists and all it refers to"):
            slice_ = slicing.make(description.path, slicing.listed(here.operations), description.ambiguous)
            made.slice.write_text(slice_, encoding="utf-8")
        if running.is_same(here.slice, made.slice):
            # GitHub's version number alone would change the slice every few days.
            _copy(here.slice, made.slice)
        _make_from_slice(made.slice, made, here)
        _write_provenance(made, here, description.source)
        targets = _pairs(made, here, "slice", "contract", "provenance", "client")
        following = running.follow(made, here, description.path)
        if following.fragment:
            name, text = following.fragment
            made.news.mkdir()
            (made.news / name).write_text(text, encoding="utf-8")
            targets[made.news / name] = here.news / name
        with stage("replace", "openapi/ and generated/"):
            replace(targets)
    (outputs or Outputs()).write(following.report, following.text)
    print(f"done in {time.monotonic() - start:.1f} s")


def generate(slice_: Path | None = None, output: Path | None = None, here: Layout = HERE) -> None:
    """Make the contract and the client from the committed slice, or from another into another folder.

    Args:
        slice_: The slice; the committed one by default.
        output: Gets `openapi.yaml` and the client's package; by default both go where they are committed.
        here: The project.

    Raises:
        StageError: Something is wrong with the slice or what it gives; nothing has changed.
    """
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.slice.parent.mkdir()
        _make_from_slice(slice_ or here.slice, made, here)
        if output:
            targets = {made.contract: output / made.contract.name, made.client: output / PACKAGE}
        else:
            _write_provenance(made, here)
            targets = _pairs(made, here, "contract", "provenance", "client")
        with stage("replace", str(output or "openapi/ and generated/")):
            replace(targets)


def drift(here: Layout = HERE) -> list[str]:
    """Make everything anew from the committed inputs.

    Returns:
        The committed files that differ from what was made, that are missing, or that nothing makes.
    """
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.slice.parent.mkdir()
        _make_from_slice(here.slice, made, here)
        _write_provenance(made, here)
        with stage("compare", "with what is committed"):
            files = _files(made.root) | _files(here.root)
            differing = {path for path in files if not _same(made.root / path, here.root / path)}
            if slicing.operation_ids(documents.load(made.slice)) != set(slicing.listed(here.operations)):
                differing.add(made.slice.relative_to(made.root))
            return sorted(map(str, differing))


def _make_from_slice(slice_: Path, made: Layout, here: Layout) -> None:
    with stage("contract", "slice, normalised, and overlay"):
        if slice_ != made.slice:
            _copy(slice_, made.slice)
        _copy(here.overlay, made.overlay)
        document = documents.load(made.slice)
        linting.validate(document)
        made.contract.write_text(contract.make(document, documents.load(made.overlay)), encoding="utf-8")
    with stage("lint", "redocly and openapi-spec-validator"):
        linting.lint(made.contract)
    with stage("client", "openapi-python-client and ruff"):
        made.client.parent.mkdir()
        client.make(made.contract, made.client, here)


def _write_provenance(made: Layout, here: Layout, source: dict[str, str] | None = None) -> None:
    with stage("provenance", "what all of it was made from"):
        source = source or provenance.source(here.provenance)
        made.provenance.write_text(provenance.make(source, made, here.package_lock), encoding="utf-8")


def _pairs(made: Layout, here: Layout, *names: str) -> dict[Path, Path]:
    return {getattr(made, name): getattr(here, name) for name in names}


def _copy(source: Path, target: Path) -> None:
    try:
        target.write_bytes(source.read_bytes())
    except OSError as error:
        raise StageError(f"{source.name}: {error.strerror}") from error


def _files(root: Path) -> set[Path]:
    """Everything that is made, relative to the root."""
    layout = Layout(root)
    package = {path for path in layout.client.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return {path.relative_to(root) for path in {layout.contract, layout.provenance, *package}}


def _same(made: Path, committed: Path) -> bool:
    return made.is_file() and committed.is_file() and filecmp.cmp(made, committed, shallow=False)
