"""Sdist and wheel, built so that anybody who builds them again gets the same bytes."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pipeline.stages import StageError, run

from . import contents


def build(root: Path, folder: Path) -> list[str]:
    """Build sdist and wheel into an emptied folder, and again to compare; return a line on each.

    The wheel is made from the sdist, and the second time from the tree: what users build is what is published.

    Raises:
        StageError: The builds differ, or hold what they should not.
    """
    shutil.rmtree(folder, ignore_errors=True)
    _build(root, folder)
    with tempfile.TemporaryDirectory() as temporary:
        again = Path(temporary)
        _build(root, again, "--sdist", "--wheel")
        first, second = _hashes(folder), _hashes(again)
    if differing := [name for name in first | second if first.get(name) != second.get(name)]:
        raise StageError(f"a second build differs: {', '.join(differing)}")
    return [f"{contents.check(folder / name):>4} files, sha256 {digest}  {name}" for name, digest in first.items()]


def wheel_in(folder: Path) -> Path:
    """The wheel in a folder of built distributions.

    Raises:
        StageError: There is not exactly one.
    """
    match list(folder.glob("*.whl")):
        case [found]:
            return found
        case found:
            raise StageError(f"{folder} holds {len(found)} wheels, not one")


@contextmanager
def wheel(root: Path) -> Generator[Path]:
    """Build the wheel, for a while."""
    with tempfile.TemporaryDirectory() as temporary:
        _build(root, Path(temporary), "--wheel")
        yield wheel_in(Path(temporary))


def _build(root: Path, folder: Path, *which: str) -> None:
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), *which, str(root)])


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
