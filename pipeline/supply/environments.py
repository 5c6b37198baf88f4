"""The wheel as its users have it: in an environment with what it needs and nothing else, not even pip."""

from __future__ import annotations

import sys
import tempfile
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pipeline.stages import run


@contextmanager
def bare(wheel: Path, requirements: Path) -> Generator[Path]:
    """Make an environment of the wheel and of locked requirements, and yield its Python.

    Raises:
        StageError: Something can't be installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False, symlinks=True)
        python = Path(folder, "bin", "python")
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        run([*pip, "--require-hashes", "--requirement", str(requirements)])
        # By name, for pip notes where a file that it is given was. Without an index whatever is missing is an error.
        name, version, *_ = wheel.name.split("-")
        run([*pip, "--no-index", "--find-links", str(wheel.parent), f"{name}=={version}"])
        yield python
