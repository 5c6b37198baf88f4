"""The flow, step by step: `sync` from GitHub's description, `generate` from the slice, `drift` to compare."""

from __future__ import annotations

import filecmp
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from . import client, contract, documents, linting, provenance, slicing, upstream
from .layout import HERE, PACKAGE, Layout
from .replacing import replace
from .stages import StageError, stage


def sync(wanted: str | None = None, here: Layout = HERE) -> None:
    """Bring the description, and make everything from it.

    Args:
        wanted: A version of the package, "latest", a file or a URL; None for the pinned version.
        here: The project.

    Raises:
        StageError: Something is wrong with the description or what it gives; nothing has changed.
    """
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.slice.parent.mkdir()
        with stage("upstream", wanted or "the pinned description"):
            description = upstream.describe(wanted, provenance.pin(here.provenance), made.root)
        operation_ids = slicing.listed(here.operations)
        with stage("slice", f"{len(operation_ids)} operation(s) and all they refer to"):
            made.slice.write_text(
                slicing.make(description.path, operation_ids, description.ambiguous), encoding="utf-8"
            )
        _make_from_slice(made.slice, made, here)
        _write_provenance(description.source, made, here)
        with stage("replace", "openapi/ and generated/"):
            replace(_pairs(made, here, "slice", "contract", "provenance", "client"))
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
    if slice_ and not output:
        raise StageError("--slice needs --output: a contract that is not of the committed slice is not committed")
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.contract.parent.mkdir()
        _make_from_slice(slice_ or here.slice, made, here)
        with stage("replace", str(output or "openapi/ and generated/")):
            if output:
                replace({made.contract: output / made.contract.name, made.client: output / PACKAGE})
            else:
                _copy(here.slice, made.slice)
                _write_provenance(provenance.source(here.provenance), made, here)
                replace(_pairs(made, here, "contract", "provenance", "client"))


def drift(here: Layout = HERE) -> list[str]:
    """Make everything anew from the committed inputs.

    Returns:
        The committed files that differ from what was made, that are missing, or that nothing makes.
    """
    with TemporaryDirectory() as folder:
        made = Layout(Path(folder))
        made.slice.parent.mkdir()
        _copy(here.slice, made.slice)
        _make_from_slice(here.slice, made, here)
        _write_provenance(provenance.source(here.provenance), made, here)
        with stage("compare", "with what is committed"):
            return sorted(
                str(path)
                for path in _files(made.root) | _files(here.root)
                if not _same(made.root / path, here.root / path)
            )


def _make_from_slice(slice_: Path, made: Layout, here: Layout) -> None:
    with stage("contract", "slice, normalised, and overlay"):
        _copy(here.overlay, made.overlay)
        made.contract.write_text(contract.make(documents.load(slice_), documents.load(made.overlay)), encoding="utf-8")
    with stage("lint", "redocly and openapi-spec-validator"):
        linting.lint(made.contract)
    with stage("client", "openapi-python-client and ruff"):
        made.client.parent.mkdir()
        client.make(made.contract, made.client, here)


def _write_provenance(source: dict[str, str], made: Layout, here: Layout) -> None:
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
