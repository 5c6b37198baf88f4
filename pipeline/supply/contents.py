"""What may be in the wheel and the sdist: each pattern has its files, and each file its pattern."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

from pipeline.stages import StageError

_MODULES = r"(\w+/)*\w+\.py"
_PUBLIC = [r"runner_registration/(testing/)?\w+\.py", r"runner_registration/py\.typed"]
_GENERATED = [rf"runner_registration_api/{_MODULES}", r"runner_registration_api/py\.typed"]

WHEEL = [
    *_PUBLIC,
    *_GENERATED,
    r"runner_registration/testing/_scenarios\.py",
    r"runner_registration/testing/_data/openapi/openapi\.yaml",
    r"runner_registration/testing/_data/package\.json",
    r"runner_registration/testing/_data/package-lock\.json",
    *(rf"runner_registration-[^/]+\.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")),
    r"runner_registration-[^/]+\.dist-info/entry_points\.txt",
    r"runner_registration-[^/]+\.dist-info/licenses/LICENSE",
]
SDIST = [
    *(f"src/{pattern}" for pattern in _PUBLIC),
    *(f"generated/{pattern}" for pattern in _GENERATED),
    r"src/runner_registration/testing/_scenarios\.py",
    *(rf"openapi/{name}\.yaml" for name in ("openapi", "slice", "overlay")),
    r"openapi/operations\.txt",
    r"openapi/provenance\.json",
    r"package\.json",
    r"package-lock\.json",
    r"pyproject\.toml",
    r"README\.md",
    r"CHANGELOG\.md",
    r"LICENSE",
    r"PKG-INFO",
    r"\.gitignore",  # hatchling brings it, to leave the same files out
]


def check(distribution: Path) -> int:
    """Hold a wheel or an sdist to its list, and return how many files it has.

    Raises:
        StageError: Something is in it that is on no list, or something is missing.
    """
    if distribution.suffix == ".whl":
        patterns, names = WHEEL, zipfile.ZipFile(distribution).namelist()
    else:
        with tarfile.open(distribution) as archive:
            inside = [member.name for member in archive.getmembers() if not member.isdir()]
        # All of it is in one folder that is named for the version.
        patterns, names = SDIST, [name.removeprefix(f"{distribution.name.removesuffix('.tar.gz')}/") for name in inside]
    if extra := [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]:
        raise StageError(f"{distribution.name} holds what it should not: {', '.join(extra)}")
    if missing := [pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in names)]:
        raise StageError(f"{distribution.name} lacks {', '.join(missing)}")
    return len(names)
