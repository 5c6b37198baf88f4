"""A stage of the flow says what it does, how long it took, and, when it fails, which one it was."""

from __future__ import annotations

import subprocess
import textwrap
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

_TIMEOUT = 600.0  # seconds; npm brings 30 MB
_LONGEST_REASON = 1000  # characters; the generator quotes whole schemas


class StageError(Exception):
    """Why a stage can't go on, in one line.

    Attributes:
        stage: Its name.
        output: What the tool that failed printed on standard output.
    """

    def __init__(self, reason: str, *, output: str = "") -> None:
        """Fold the reason into one line."""
        super().__init__(textwrap.shorten(reason, _LONGEST_REASON, placeholder=" ..."))
        self.stage = ""
        self.output = output


@contextmanager
def stage(name: str, what: str) -> Generator[None]:
    """Run a stage.

    Raises:
        StageError: What the stage raised, with its name.
    """
    print(f"{name:<10} {what}", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException as error:
        print(" - failed", flush=True)
        if isinstance(error, StageError):
            error.stage = error.stage or name
        raise
    print(f" - {time.monotonic() - start:.1f} s", flush=True)


def run(argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it printed on standard output.

    Raises:
        StageError: It could not be started, hangs, or failed.
    """
    try:
        done = subprocess.run(
            argv, env=env, timeout=_TIMEOUT, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StageError(f"{argv[0]}: {error}") from error
    if done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip() or f"{argv[0]} exited with status {done.returncode}"
        if said.startswith("Traceback"):
            said = said.splitlines()[-1]
        raise StageError(said, output=done.stdout)
    return done.stdout
