"""Runs what is to be compared by turns, so that whatever else the machine does meets all of it alike."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from .environments import ROOT, BenchError

Measure = Callable[[], float]
"""Runs something once, and tells its figure."""


def by_turns(name: str, measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Measure each once in every round, in a new order each time, after a round that does not count."""
    turns = random.Random(0)  # noqa: S311 - nothing secret
    samples: dict[str, list[float]] = {subject: [] for subject in measures}
    print(f"{name}: {rounds} rounds", file=sys.stderr, flush=True)
    for number in range(rounds + 1):
        for subject in turns.sample(list(measures), len(measures)):
            figure = measures[subject]()
            if number:
                samples[subject].append(figure)
    return samples


def surroundings(home: Path) -> dict[str, str]:
    """The environment variables of whatever is measured: none of this machine's settings, and no ~/.netrc."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "GH_TOKEN": "secret"}


def process(home: Path, *command: str, **variables: str) -> Measure:
    """A whole process, from start to end."""
    env = {**surroundings(home), **variables}

    def run() -> float:
        start = perf_counter()
        done = subprocess.run(command, cwd=home, env=env, stdout=subprocess.DEVNULL, check=False)
        seconds = perf_counter() - start
        if done.returncode != 0:
            raise BenchError(f"a process that is measured failed: {' '.join(command)}")
        return seconds

    return run


class Worker:
    """A process that has one subject loaded (`bench/worker.py`)."""

    def __init__(self, subject: str, python: str, url: str, home: Path) -> None:
        """Start it.

        Raises:
            BenchError: It ends at once.
        """
        self._subject = subject
        self._process = subprocess.Popen(
            [python, "-m", "bench.worker", subject, url, str(home)],
            cwd=ROOT,
            env=surroundings(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        hello = self._hear()
        self.cases: list[str] = hello["cases"]
        self.versions: dict[str, str] = hello["versions"]

    def measure(self, case: str, iterations: int) -> Measure:
        """Many iterations in a row; the figure is of one."""

        def run() -> float:
            if iterations > 1:
                self._ask(case, 1)  # a connection may have been idle for too long
            return self._ask(case, iterations)

        return run

    def _ask(self, case: str, iterations: int) -> float:
        if self._process.stdin is None:
            raise AssertionError
        print(case, iterations, file=self._process.stdin, flush=True)
        return float(self._hear())

    def _hear(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise BenchError(f"the worker of {self._subject} ended, with status {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, traceback)
