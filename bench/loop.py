"""Measures an expression: `python loop.py URL BODY EXPECTED NUMBER SETUP EXPRESSION` in the environment of a client.

Prints the seconds that one evaluation took in the fastest of several batches of NUMBER, because interruptions by other
processes only ever make a batch slower. Setup and expression may await.
"""

from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

_TIMER = """
{0}def timer(number):
    start = perf_counter()
    for _ in range(number):
        value = {1}
    return (perf_counter() - start) / number, value
"""


def main(url: str, body: str, expected: str, *timed: str) -> None:
    """Measure, and check what the expression returns."""
    number, setup, expression = timed
    names: dict[str, Any] = {"url": url, "body": Path(body).read_bytes(), "perf_counter": perf_counter}
    with asyncio.Runner() as runner:
        code = compile(setup, "setup", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if awaitable := eval(code, names):  # noqa: S307 - code of clients.toml
            runner.run(awaitable)
        exec(_TIMER.format("async " if "await " in expression else "", expression), names)  # noqa: S102 - the same

        def run() -> tuple[float, str]:
            result: Any = names["timer"](int(number))
            seconds, value = runner.run(result) if asyncio.iscoroutine(result) else result
            return seconds, str(value)

        run()  # connects, and fills caches
        seconds, value = min(run() for _ in range(7))
    if value != expected:
        raise AssertionError(f"{expression} returned {value!r}")
    print(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
