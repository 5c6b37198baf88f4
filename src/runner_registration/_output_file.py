"""The file that the command line writes a token to.

A token that cannot be written is lost, so `check` finds out before one is requested.
`write` replaces the file: a reader finds the old content or the new, never a part. A file that cannot be replaced is
written in place, such as one that is mounted into a container, or one in a directory that the user may not write to.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

_MODE = 0o600
_FULL = {errno.ENOSPC, errno.EDQUOT}


class OutputError(Exception):
    """The file cannot be written. The message is the reason, without the name of the file."""


def check(name: str) -> None:
    """Find out whether `write` will succeed, as far as possible without changing the file.

    Raises:
        OutputError: It will not.
    """
    path = Path(name)
    try:
        status = path.lstat()  # unlike exists(), this raises for a name that is too long
    except (FileNotFoundError, NotADirectoryError):
        status = None
    except (OSError, ValueError) as error:
        raise OutputError(_reason(error)) from None
    if status is None:
        if name.endswith(("/", os.sep)) or not path.parent.is_dir():
            raise OutputError("there is no such directory")
    elif stat.S_ISLNK(status.st_mode):
        raise OutputError("it is a symbolic link, which is neither followed nor replaced")
    elif stat.S_ISDIR(status.st_mode):
        raise OutputError("it is a directory")
    elif not stat.S_ISREG(status.st_mode):
        raise OutputError("it is not a regular file")
    replacing = _problem_with_replacing(path)
    in_place = replacing if status is None else _problem_with_writing_in_place(path, status)
    if replacing and (in_place or replacing.errno in _FULL):
        raise OutputError(_reason(replacing))
    # Only a mounted file can be read-only in a directory that is not, and a mounted file cannot be replaced.
    if in_place and status and (in_place.errno == errno.EROFS or _is_reserved_for_its_owner(path, status)):
        raise OutputError(_reason(in_place))


def write(name: str, text: str) -> None:
    """Write a file that only its owner can read.

    Raises:
        OutputError: The file could not be written. If the text could be written to another file, it says to which.
    """
    path, temporary = Path(name), _temporary(name)
    complete = kept = False
    try:
        try:
            _create(temporary, text)
            complete = True
            temporary.replace(path)
        except OSError as error:
            reason = _reason(error)
        else:
            return
        try:
            with _open_in_place(path, _MODE) as file:
                file.truncate(0)
                file.write(text)
        except OSError:
            kept = complete
            raise OutputError(f"{reason}; the token is in {temporary}" if kept else reason) from None
    finally:
        if not kept:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _problem_with_replacing(path: Path) -> OSError | None:
    temporary = _temporary(str(path))
    try:
        _create(temporary, "\0" * 4096)  # with content, as on a full disk an empty file can still be created
    except OSError as error:
        return error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return None


def _problem_with_writing_in_place(path: Path, status: os.stat_result) -> OSError | None:
    try:
        with _open_in_place(path, stat.S_IMODE(status.st_mode)):
            return None
    except OSError as error:
        return error


def _is_reserved_for_its_owner(path: Path, status: os.stat_result) -> bool:
    """Whether only its owner can replace the file, because the directory is like /tmp."""
    directory = path.parent.stat()
    if sys.platform == "win32" or not directory.st_mode & stat.S_ISVTX:
        return False
    return os.geteuid() not in {0, status.st_uid, directory.st_uid}


def _temporary(name: str) -> Path:
    # The name is made up before the file exists, so that the file can be removed whenever a signal arrives.
    return Path(name).with_name(f".runner-registration-{os.urandom(8).hex()}")


def _create(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def _open_in_place(path: Path, mode: int) -> Generator[TextIO]:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        if sys.platform != "win32":
            os.fchmod(descriptor, mode)
        yield file


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "its name cannot be used"
