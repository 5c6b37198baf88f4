"""A copy of the project in which tests run the real commands."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.layout import HERE, Layout

_FILES = ("generator-config.yaml", "package.json", "package-lock.json")
_FOLDERS = ("changes", "openapi", "generated", "templates", "pipeline", "src")


class Project:
    """A copy of every file that the commands read or write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root)
        self.environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in _FOLDERS:
            shutil.copytree(HERE.root / name, root / name)
        for name in _FILES:
            shutil.copyfile(HERE.root / name, root / name)

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the argument list of a command of the pipeline."""
        return [sys.executable, "-m", "pipeline", *map(str, arguments)]

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the pipeline like nox."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def files(self) -> dict[str, str]:
        """Return the names of all files and folders, with the hash of each file."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in self.root.rglob("*")
            if "__pycache__" not in path.parts
        }

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file that contains it."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
