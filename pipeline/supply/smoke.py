"""All that the wheel ships imports and runs, far from its sources and with nothing that it does not ask for."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.stages import run

# Run by the Python of the environment. -I keeps the working directory and the caller's environment out.
_IMPORTS = """
import importlib, importlib.metadata, pkgutil
import runner_registration, runner_registration.testing, runner_registration_api
from runner_registration_api import models
count = 0
for package in (runner_registration, runner_registration.testing, runner_registration_api, models):
    for name in package.__all__:
        getattr(package, name)
        count += 1
plugin = importlib.metadata.entry_points(group="pytest11")["runner_registration"].value
for package in (runner_registration, runner_registration_api):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name not in (plugin, "runner_registration.__main__"):
            importlib.import_module(module.name)
assert runner_registration.testing.contract_path().is_file()
assert runner_registration.testing.scenarios()
with runner_registration.Client("no-token") as client:
    assert "no-token" not in repr(client)
print(f"{count} public names, {len(list(importlib.metadata.distributions()))} distributions")
"""
_TYPED = """
import runner_registration as rr
from runner_registration_api.models import AuthenticationToken
def ask(client: rr.Client) -> AuthenticationToken: return client.registration_token("octo-org")
"""


def smoke(python: Path) -> str:
    """Try an environment, and say what is in it.

    Raises:
        StageError: Something does not import, run or show its types.
    """
    said = run([str(python), "-I", "-W", "error", "-c", _IMPORTS])
    run([str(python), "-I", "-m", "runner_registration", "token", "--help"])
    version = run([str(python.with_name("runner-registration")), "--version"])
    # With neither the project's settings nor its sources.
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]
    run([*mypy, "--python-executable", str(python), "-c", _TYPED])
    return f"{version.strip()}: {said.strip()}, typed"
