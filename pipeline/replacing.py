"""Replace several files and folders: all of them, or none."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

from .stages import StageError


def replace(made: dict[Path, Path]) -> None:
    """Move each made file or folder (key) to its target (value).

    Everything is copied next to its target first. Then only renames are left. They are undone if one of them fails.

    Raises:
        StageError: A target cannot be written. Nothing has changed.
    """
    new = {target: target.with_name(f".{target.name}.new") for target in made.values()}
    old = {target: target.with_name(f".{target.name}.old") for target in made.values()}
    with ExitStack() as undo:
        try:
            for source, target in made.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                _remove(new[target])
                _remove(old[target])
                undo.callback(_remove, new[target])
                (shutil.copytree if source.is_dir() else shutil.copyfile)(source, new[target])
            for target in made.values():
                # Registered before the renames, because they can be interrupted.
                undo.callback(_put_back, new[target], old[target], target)
                if target.exists():
                    target.rename(old[target])
                new[target].rename(target)
        except OSError as error:
            raise StageError(f"{error.filename or 'a file'} cannot be written: {error.strerror or error}") from error
        undo.pop_all()
    for path in old.values():
        _remove(path)


def _put_back(new: Path, old: Path, target: Path) -> None:
    if not new.exists():
        _remove(target)
    if old.exists():
        old.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
