"""Replacing files: all of them or none, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.replacing import replace
from pipeline.stages import StageError


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def files(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    write(tmp_path / "made", contract="new", client__module="new", client__added="new", report="new")
    return tmp_path / "made"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    write(tmp_path / "here", contract="old", client__module="old", client__stale="old", other="old")
    return tmp_path / "here"


def pairs(made: Path, here: Path) -> dict[Path, Path]:
    # A file and a folder that exist, and a file that does not.
    return {made / name: here / name for name in ("contract", "client", "report")}


def test_replaces_files_and_whole_folders_and_nothing_else(made: Path, here: Path) -> None:
    replace(pairs(made, here))
    assert files(here) == {**files(made), "other": "old"}


def test_removes_files_and_ignores_missing_ones(made: Path, here: Path) -> None:
    replace({made / "contract": here / "contract"}, [here / "other", here / "missing"])
    assert files(here) == {"contract": "new", "client/module": "old", "client/stale": "old"}


def test_creates_missing_folders(made: Path, tmp_path: Path) -> None:
    replace(pairs(made, tmp_path / "a" / "b"))
    assert files(tmp_path / "a" / "b") == files(made)


def test_overwrites_what_an_earlier_run_left_behind(made: Path, here: Path) -> None:
    write(here, **{".contract.new": "left", ".contract.old__file": "left", ".client.new__file": "left"})
    replace(pairs(made, here))
    assert files(here) == {**files(made), "other": "old"}


def test_changes_nothing_if_a_made_file_is_missing(made: Path, here: Path) -> None:
    before = files(here)
    (made / "report").unlink()
    with pytest.raises(StageError, match="report cannot be written: No such file"):
        replace(pairs(made, here))
    assert files(here) == before


def test_changes_nothing_if_a_target_cannot_be_written(made: Path, here: Path) -> None:
    before = files(here)
    with pytest.raises(StageError, match=r"other cannot be written: ") as raised:
        replace({**pairs(made, here), made / "report": here / "other" / "report"})
    assert "\n" not in str(raised.value)
    assert files(here) == before


def test_changes_nothing_if_a_target_disappears(made: Path, here: Path) -> None:
    before = files(here)
    # Renaming the first one also moves the folder of the second one.
    with pytest.raises(StageError, match="cannot be written: No such file"):
        replace({made / "client": here / "client", made / "report": here / "client" / "report"})
    assert files(here) == before


Rename = Callable[[Path, Path], Path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("after", [False, True], ids=["before the rename", "after the rename"])
@pytest.mark.parametrize("count", range(1, 7), ids="rename {}".format)
def test_undoes_all_renames_if_one_fails(
    made: Path, here: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, count: int, *, after: bool
) -> None:
    before = files(here)
    renames = 0
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames != count:
            return rename(path, target)
        if after:
            rename(path, target)
        raise error

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises((StageError, KeyboardInterrupt)):
        replace(pairs(made, here), [here / "other"])
    assert files(here) == before
