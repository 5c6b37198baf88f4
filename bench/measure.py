"""Measures in turns, so that whatever else the machine does affects all clients alike."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

Measure = Callable[[], float]


class BenchError(Exception):
    """Something cannot be measured."""


def in_turns(name: str, measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Measure every client once per round, in a new order each time. The first round does not count."""
    order = random.Random(0)  # noqa: S311 - not a secret
    samples: dict[str, list[float]] = {client: [] for client in measures}
    print(f"{name}: {rounds} rounds", file=sys.stderr, flush=True)
    for number in range(rounds + 1):
        for client in order.sample(list(measures), len(measures)):
            seconds = measures[client]()
            if number:
                samples[client].append(seconds)
    return samples


def process(command: Sequence[str], home: Path, variables: Mapping[str, str], *, prints_seconds: bool) -> float:
    """Run a process. Return the seconds that it takes from start to end, or those that it prints."""
    start = perf_counter()
    done = subprocess.run(command, cwd=home, env=variables, stdout=subprocess.PIPE, check=False)
    seconds = perf_counter() - start
    if done.returncode != 0:
        raise BenchError(f"this command failed: {' '.join(command)}")
    return float(done.stdout) if prints_seconds else seconds
