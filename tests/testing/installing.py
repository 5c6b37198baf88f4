"""Another copy of the package, as a wheel installs it, with another contract or none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import runner_registration_api

from runner_registration import testing
from runner_registration.testing import contract_path

_PACKAGES = [Path(testing.__file__).parents[1], Path(runner_registration_api.__file__).parent]
_DATA = [contract_path().parents[1] / name for name in ("openapi/openapi.yaml", "package.json", "package-lock.json")]


def install(folder: Path, contract: str | None = "") -> Path:
    """Copy the package into a folder.

    Args:
        folder: Where to copy it to.
        contract: The text of the contract. Empty: the package's own. None: without any data.
    """
    for package in _PACKAGES:
        ignore = shutil.ignore_patterns("_data", "__pycache__")
        shutil.copytree(package, folder / package.name, ignore=ignore)
    if contract is not None:
        data = folder / "runner_registration/testing/_data"
        (data / "openapi").mkdir(parents=True)
        for source in _DATA:
            shutil.copy(source, data / source.relative_to(_DATA[0].parents[1]))
        if contract:
            (data / "openapi/openapi.yaml").write_text(contract)
    return folder


def run_with(path: Path, program: str) -> str:
    """Run a program on the copy in a folder or a zip file; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, env=environment)
    assert not done.returncode, done.stderr
    return done.stdout.strip()
