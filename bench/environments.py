"""An environment for each subject, with nothing in it but what the subject needs, made once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from .subjects import generator

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = ROOT / "openapi" / "openapi.yaml"
# The session's own folder: who removes that removes these.
FOLDER = Path(sys.prefix) / "subjects"


class BenchError(Exception):
    """Why it can't be measured, in one line."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    def _path(self, name: str) -> Path:
        return Path(sysconfig.get_path(name, "venv", {"base": str(self.folder), "platbase": str(self.folder)}))

    @property
    def packages(self) -> Path:
        """Where pip installs to."""
        return self._path("purelib")

    @property
    def python(self) -> str:
        """Its interpreter."""
        return self.command("python")

    def command(self, name: str) -> str:
        """A command of it."""
        return str(self._path("scripts") / name)

    def distributions(self) -> int:
        """How many are installed."""
        return len(list(self.packages.glob("*.dist-info")))

    def size(self, pattern: str = "*", *, byte_code: bool = True) -> int:
        """Bytes of what is installed, with or without what pip compiles."""
        files = (file for found in self.packages.glob(pattern) for file in (found, *found.rglob("*")))
        return sum(file.stat().st_size for file in files if file.is_file() and (byte_code or file.suffix != ".pyc"))


def make(subject: str) -> Environment:
    """Make the environment of a subject, or take the one that was made of the same things before.

    Raises:
        BenchError: Something can't be built, installed or generated.
    """
    environment = Environment(FOLDER / subject)
    lock = ROOT / "requirements" / "development.txt"
    # The generator's client has the same dependencies as ours.
    requirements = ["attrs", "httpx"] if subject in {"ours", "generator"} else [subject]
    with TemporaryDirectory() as scratch:
        parts = [lock]
        if subject == "ours":
            parts.append(_build(Path(scratch)))
        if subject == "generator":
            parts.append(CONTRACT)
        stamp = environment.folder / "made-of"
        made_of = _digest(parts)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_of:
            print(f"making the environment of {subject}", file=sys.stderr, flush=True)
            shutil.rmtree(environment.folder, ignore_errors=True)
            _run(sys.executable, "-m", "venv", "--without-pip", str(environment.folder))
            install = ("--python", environment.python, "install")
            _pip(*install, "--require-hashes", "--constraint", str(lock), *requirements)
            if subject == "ours":
                _pip(*install, "--no-deps", str(parts[-1]))
            if subject == "generator":
                _generate(environment, Path(scratch))
            _pip("--python", environment.python, "check")
            stamp.write_text(made_of, encoding="utf-8")
    return environment


def _digest(parts: list[Path]) -> str:
    digest = hashlib.sha256(f"{sys.version} {metadata.version(generator.DISTRIBUTION)}".encode())
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _build(folder: Path) -> Path:
    """Build our wheel, for it is what users get."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def _generate(environment: Environment, folder: Path) -> None:
    """Generate a client as the generator does without our templates and settings."""
    config = folder / "config.yaml"
    config.write_text(f"package_name_override: {generator.PACKAGE}\n", encoding="utf-8")
    package = environment.packages / generator.PACKAGE
    _run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"),
        *("--path", str(CONTRACT), "--config", str(config), "--output-path", str(package)),
    )
    shutil.rmtree(package / ".ruff_cache", ignore_errors=True)
    _run(environment.python, "-m", "compileall", "-q", str(package))


def _pip(*arguments: str) -> None:
    _run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def _run(*command: str) -> None:
    # The generator finds ruff by PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise BenchError(f"{' '.join(command[1:4])}: {said}")
