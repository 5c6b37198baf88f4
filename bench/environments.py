"""An environment for each client, with only what it needs. It is kept until its inputs change."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from .measure import BenchError

ROOT = Path(__file__).resolve().parents[1]
_LOCK = ROOT / "requirements" / "development.txt"
_CONTRACT = ROOT / "openapi" / "openapi.yaml"


class Environment:
    """A virtual environment."""

    def __init__(self, client: str, install: Sequence[str], also: Sequence[str] = ()) -> None:
        """Create it, or take the one that was created from the same inputs.

        Raises:
            BenchError: Something cannot be built, installed or generated.
        """
        self._folder = Path(sys.prefix) / "clients" / client
        self.scripts, self._packages = (
            Path(sysconfig.get_path(name, "venv", {"base": str(self._folder), "platbase": str(self._folder)}))
            for name in ("scripts", "purelib")
        )
        with TemporaryDirectory() as folder:
            if client == "ours":
                _run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", str(ROOT))
            wheels = [*Path(folder).glob("*.whl")]
            inputs = b"".join(path.read_bytes() for path in (_LOCK, _CONTRACT, Path(__file__), *wheels))
            stamp, digest = self._folder / "inputs", hashlib.sha256(inputs).hexdigest()
            if stamp.exists() and stamp.read_text("utf-8") == digest:
                return
            print(f"installing {client}", file=sys.stderr, flush=True)
            venv.create(self._folder, clear=True, symlinks=True)
            pip = ["pip", "--quiet", f"--python={self.scripts / 'python'}", "install"]
            _run(*pip, "--require-hashes", f"--constraint={_LOCK}", *install)
            if wheels:
                _run(*pip, "--no-deps", *map(str, wheels))
            if also:
                _run(*pip, "--require-hashes", f"--constraint={_LOCK}", f"--target={self._folder / 'also'}", *also)
            if client == "generator":
                self._generate("unmodified_client", Path(folder))
            stamp.write_text(digest, "utf-8")

    def _generate(self, package: str, folder: Path) -> None:
        config, output = folder / "config.yaml", self._packages / package
        config.write_text(f"package_name_override: {package}\n", "utf-8")
        generate = ["openapi_python_client", "generate", "--meta=none", "--fail-on-warning", f"--path={_CONTRACT}"]
        _run(*generate, f"--config={config}", f"--output-path={output}")
        shutil.rmtree(output / ".ruff_cache", ignore_errors=True)
        _run("compileall", "-q", str(output))

    def version(self, distribution: str) -> str:
        """Return the version of a distribution that is installed here, or next to the benchmark."""
        found = metadata.distributions(path=[str(self._packages)], name=distribution)
        return next((each.version for each in found), None) or metadata.version(distribution)

    def distributions(self) -> int:
        return len(list(self._packages.glob("*.dist-info")))

    def size(self, pattern: str = "*", *, byte_code: bool = True) -> int:
        """Return the bytes of what is installed, with or without the byte code that pip compiles."""
        files = (file for found in self._packages.glob(pattern) for file in (found, *found.rglob("*")))
        return sum(file.stat().st_size for file in files if file.is_file() and (byte_code or file.suffix != ".pyc"))


def _run(module: str, *arguments: str) -> None:
    # The generator looks for ruff on PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{module}: {(done.stderr or done.stdout).strip()[-1000:]}")
