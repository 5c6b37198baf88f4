"""One subject, in its own environment: `python -m bench.worker SUBJECT URL FOLDER`.

Reads lines of `CASE ITERATIONS` and answers each with the seconds that one iteration took, as JSON. `call` and `reuse`
are given the server's URL, `read` the file in FOLDER that stands after a colon; what begins with `async_` is awaited.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from inspect import getmembers, isfunction
from pathlib import Path
from time import perf_counter
from typing import Any

from bench import bodies

Batch = Callable[[int], float]


def main(subject_name: str, url: str, folder: str) -> None:
    """Say what can be run, then run it."""
    subject: Any = import_module(f"bench.subjects.{subject_name}")
    versions = {found.name.lower(): found.version for found in metadata.distributions()}
    defined = getmembers(subject, lambda found: isfunction(found) and found.__module__ == subject.__name__)
    cases = [name for name, _ in defined if not name.startswith("_")]
    _say({"cases": cases, "versions": versions})
    batches: dict[str, Batch] = {}
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            name, iterations = line.split()
            if name not in batches:
                batches[name] = _prepare(subject, name, url, Path(folder), runner)
            _say(batches[name](int(iterations)))


def _prepare(subject: Any, name: str, url: str, folder: Path, runner: asyncio.Runner) -> Batch:
    function, _, file = name.partition(":")
    body = (folder / file).read_bytes() if file else b""
    make = getattr(subject, function)
    if function.startswith("async_"):

        async def prepare() -> Callable[[], Any]:
            call: Callable[[], Any] = make(url)
            _check(await call(), body)
            return call

        call = runner.run(prepare())

        async def batch(iterations: int) -> float:
            start = perf_counter()
            for _ in range(iterations):
                await call()
            return (perf_counter() - start) / iterations

        return lambda iterations: runner.run(batch(iterations))

    call = make(body or url)
    _check(call(), body)

    def sync_batch(iterations: int) -> float:
        start = perf_counter()
        for _ in range(iterations):
            call()
        return (perf_counter() - start) / iterations

    return sync_batch


def _check(outcome: Any, body: bytes) -> None:
    """See that it does what the others do."""
    if body and not hasattr(outcome, "repositories"):
        right = len(outcome) == len(json.loads(body)["repositories"])
    else:
        right = (getattr(outcome, "token", None) or outcome["token"]) == bodies.TOKEN
    if not right:
        raise AssertionError("it gave something else")


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
