"""Replace several files and folders: all of them, or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from .stages import StageError


def replace(made: Mapping[Path, Path], removed: Iterable[Path] = ()) -> None:
    """Move each made file or folder (key) to its target (value), and remove files that are no longer needed.

    Everything is copied next to its target first. Then only renames are left. They are undone if one of them fails.

    Raises:
        StageError: A target cannot be written. Nothing has changed.
    """
    targets = [*made.values(), *removed]
    new = {target: target.with_name(f".{target.name}.new") for target in made.values()}
    old = {target: target.with_name(f".{target.name}.old") for target in targets}
    with ExitStack() as undo:
        try:
            for source, target in made.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                _remove(new[target])
                undo.callback(_remove, new[target])
                (shutil.copytree if source.is_dir() else shutil.copyfile)(source, new[target])
            for target in targets:
                _remove(old[target])
                # Registered before the renames, because they can be interrupted.
                undo.callback(_put_back, new.get(target), old[target], target)
                if target.exists():
                    target.rename(old[target])
                if target in new:
                    new[target].rename(target)
        except OSError as error:
            raise StageError(f"{error.filename or 'a file'} cannot be written: {error.strerror or error}") from error
        undo.pop_all()
    for path in old.values():
        _remove(path)


def _put_back(new: Path | None, old: Path, target: Path) -> None:
    if new and not new.exists():
        _remove(target)
    if old.exists():
        old.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
