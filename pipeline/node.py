"""Run the Node tools of package-lock.json."""

from __future__ import annotations

import os
from functools import cache

from runner_registration.testing import _node

from .layout import HERE
from .stages import StageError, run


def run_redocly(*arguments: str) -> str:
    """Run redocly and return what it printed on standard output.

    Raises:
        StageError: It cannot be installed, or it failed.
    """
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    return run([*_tool("redocly"), *arguments], env=environment)


def run_npm(*arguments: str) -> str:
    """Run npm and return what it printed on standard output.

    Raises:
        StageError: There is no Node, or npm failed.
    """
    try:
        npm = _node.find_node().npm
    except _node.NodeError as error:
        raise StageError(str(error)) from error
    try:
        return run([*npm, *arguments], env=_node.npm_environment())
    except StageError as error:
        raise StageError(_node.npm_reason(error.output) or str(error)) from error


@cache
def _tool(name: str) -> list[str]:
    try:
        return _node.tool(name, HERE.root, dev=True)
    except _node.NodeError as error:
        raise StageError(str(error)) from error
