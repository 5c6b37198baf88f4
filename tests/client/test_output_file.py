"""The file of --output: what cannot be written is found out before the request, and nothing is left behind."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner_registration import _output_file
from runner_registration._output_file import OutputError

from .test_fork import in_child

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="modes, mounts and special files of POSIX"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

TEXT = "ACTIONS_RUNNER_INPUT_TOKEN=LLBF3JGZDX3P5PMEXLND6TS6FCWO6\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that other users can reach, unlike tmp_path."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def as_another_user(function: Callable[[], object]) -> str:
    """Call a function without root's permissions. Return the text of its error."""
    if os.geteuid():
        pytest.skip("only root can act as another user")

    def work() -> str:
        codecs.lookup("ascii")  # the other user may not be able to read the modules of Python
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            function()
        except OutputError as error:
            return str(error)
        return "no error"

    return in_child(work)()


# --- Before the request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "it is a directory"),
        ("directory", "it is a directory"),
        ("directory/", "it is a directory"),
        ("link", "it is a symbolic link"),
        ("dangling", "it is a symbolic link"),
        ("fifo", "it is not a regular file"),
        ("/dev/null", "it is not a regular file"),
        ("missing/runner.env", "there is no such directory"),
        ("missing/", "there is no such directory"),
        ("file/runner.env", "there is no such directory"),
        ("x" * 256, "File name too long"),
        ("\u00e9" * 128, "File name too long"),
        ("x/" * 2500, "File name too long"),
        ("nul\0character", "its name cannot be used"),
        ("loop/runner.env", "Too many levels of symbolic links"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_refuses_what_cannot_be_written_and_leaves_everything_as_it_was(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("before")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match=f"^{reason}"):
        _output_file.check(f"{tmp_path}/{name}" if not name.startswith("/") else name)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "before"


@pytest.mark.parametrize("name", ["new", "existing", "x" * 255, ".runner.env", "a name with spaces", "\udcff"])
def test_accepts_what_can_be_written_and_leaves_everything_as_it_was(tmp_path: Path, name: str) -> None:
    (tmp_path / "existing").write_text("before")
    (tmp_path / "existing").chmod(0o640)
    _output_file.check(str(tmp_path / name))
    assert list(tmp_path.iterdir()) == [tmp_path / "existing"]
    assert (tmp_path / "existing").read_text() == "before"
    assert mode(tmp_path / "existing") == 0o640


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_refuses_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exists: bool, code: int) -> None:
    path = tmp_path / "runner.env"
    if exists:
        path.write_text("before")

    open_ = os.open

    def full(name: Path, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return open_(name, flags, *mode)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OutputError, match=os.strerror(code)):
        _output_file.check(str(path))


def test_refuses_a_new_file_in_a_directory_of_another_user(shared: Path) -> None:
    assert as_another_user(lambda: _output_file.check(str(shared / "runner.env"))) == "Permission denied"
    assert list(shared.iterdir()) == []


def test_refuses_the_file_of_another_user_in_a_directory_like_tmp(shared: Path) -> None:
    shared.chmod(0o1777)
    path = shared / "runner.env"
    path.write_text("before")
    for permissions in (0o600, 0o644, 0o666):
        path.chmod(permissions)
        assert as_another_user(lambda: _output_file.check(str(path))) in {
            "Permission denied",
            "Operation not permitted",
        }
    assert path.read_text() == "before"


def test_replaces_the_file_of_another_user_in_its_own_directory(shared: Path) -> None:
    path = shared / "runner.env"
    path.write_text("before")

    def check_and_write() -> None:
        _output_file.check(str(path))
        _output_file.write(str(path), TEXT)

    shared.chmod(0o777)
    assert as_another_user(check_and_write) == "no error"
    assert path.read_text() == TEXT
    assert (path.stat().st_uid, mode(path)) == (65534, 0o600)


def test_writes_in_place_where_the_directory_is_not_writable(shared: Path) -> None:
    path = shared / "runner.env"
    path.write_text("an older and longer content" * 10)
    path.chmod(0o644)

    def check_and_write() -> None:
        _output_file.check(str(path))
        _output_file.write(str(path), TEXT)

    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    assert as_another_user(check_and_write) == "no error"
    assert (path.read_text(), mode(path)) == (TEXT, 0o600)
    assert list(shared.iterdir()) == [path]


# --- Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, 0o644, 0o400])
def test_replaces_a_file(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "runner.env"
    if before is not None:
        path.write_text("an older and longer content" * 10)
        path.chmod(before)
    _output_file.write(str(path), TEXT)
    assert (path.read_text(), mode(path)) == (TEXT, 0o600)
    assert list(tmp_path.iterdir()) == [path]


def cannot_replace(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def replace(_: Path, target: Path) -> Path:
        raise OSError(code, os.strerror(code), str(target))

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.ETXTBSY])
def test_writes_in_place_what_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    path = tmp_path / "runner.env"
    path.write_text("an older and longer content" * 10)
    path.chmod(0o644)
    cannot_replace(monkeypatch, code)
    _output_file.write(str(path), TEXT)
    assert (path.read_text(), mode(path)) == (TEXT, 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_does_not_lose_a_token_that_can_be_written_only_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runner.env"
    path.symlink_to("elsewhere")  # appeared after the check
    cannot_replace(monkeypatch, errno.EPERM)
    with pytest.raises(OutputError, match=r"^Operation not permitted; the token is in ") as caught:
        _output_file.write(str(path), TEXT)
    kept = Path(str(caught.value).rpartition(" ")[2])
    assert (kept.read_text(), mode(kept)) == (TEXT, 0o600)
    assert not (tmp_path / "elsewhere").exists()


def test_leaves_nothing_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "missing").mkdir()
    path = tmp_path / "missing" / "runner.env"
    path.parent.rmdir()  # after the check
    with pytest.raises(OutputError, match=r"^No such file or directory$"):
        _output_file.write(str(path), TEXT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", ["open", "replace"])
def test_a_signal_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    class Signal(BaseException): ...

    def interrupted(*_: object, **__: object) -> None:
        raise Signal

    if moment == "open":
        monkeypatch.setattr(os, "fdopen", interrupted)
    else:
        monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(Signal):
        _output_file.write(str(tmp_path / "runner.env"), TEXT)
    assert list(tmp_path.iterdir()) == []
