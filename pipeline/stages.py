"""Run the stages of the flow and the tools behind them. A stage prints what it does and how long it took."""

from __future__ import annotations

import subprocess
import textwrap
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

_TIMEOUT = 600.0  # seconds; npm downloads 30 MB
_LONGEST_REASON = 1000  # characters; the generator quotes whole schemas


class StageError(Exception):
    """The reason why a stage failed, in one line.

    Attributes:
        stage: The name of the stage.
        output: What the failed tool printed on standard output.
    """

    def __init__(self, reason: str, *, output: str = "") -> None:
        """Join the lines of the reason."""
        super().__init__(" ".join(reason.split()))
        self.stage = ""
        self.output = output


@contextmanager
def stage(name: str, what: str) -> Generator[None]:
    """Run a stage.

    Raises:
        StageError: The stage failed. The error has its name.
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
        StageError: The tool could not be started, did not end, or failed.
    """
    try:
        done = subprocess.run(
            argv, env=env, timeout=_TIMEOUT, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StageError(f"{argv[0]}: {error}") from error
    if done.returncode != 0:
        reason = done.stderr.strip() or done.stdout.strip() or f"{argv[0]} exited with status {done.returncode}"
        if reason.startswith("Traceback"):
            reason = reason.splitlines()[-1]
        raise StageError(textwrap.shorten(reason, _LONGEST_REASON, placeholder=" ..."), output=done.stdout)
    return done.stdout
