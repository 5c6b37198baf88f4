"""The bill of materials of an environment, as CycloneDX; the same for the same wheel and the same locks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pipeline.stages import StageError, run

Json = dict[str, Any]


def write(python: Path, root: Path, folder: Path) -> Path:
    """Write the bill of an environment that has the wheel, and return the file, which is named for the version.

    Raises:
        StageError: cyclonedx-py failed, or what it wrote names a path of this machine.
    """
    bill = _bill(python, "--pyproject", str(root / "pyproject.toml"), "--mc-type", "library")
    # pyproject.toml does not say the version: the build reads it elsewhere.
    version = run([str(python.with_name("runner-registration")), "--version"]).split()[-1]
    main = bill["metadata"]["component"]
    main |= {"version": version, "purl": f"pkg:pypi/{main['name']}@{version}"}
    text = json.dumps(bill, indent=2) + "\n"
    for path in (str(python.parents[1]), str(root), "file:"):
        if path in text:
            raise StageError(f"the bill of materials holds {path}")
    folder.mkdir(exist_ok=True)
    file = folder / f"{main['name']}-{version}.cdx.json"
    file.write_text(text, "utf-8")
    return file


def components(python: Path) -> list[Json]:
    """All that an environment has.

    Raises:
        StageError: cyclonedx-py failed.
    """
    found: list[Json] = _bill(python)["components"]
    return found


def _bill(python: Path, *options: str) -> Json:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", *options, str(python)]
    bill: Json = json.loads(run(command))
    return bill
