"""A folder to run things in, with a runner that only records how it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from runner_registration.testing import RegistrationServer

from .standins import command


class Workshop(NamedTuple):
    """An empty folder, and the test server that programs there use as GitHub."""

    folder: Path
    server: RegistrationServer

    @property
    def token(self) -> str:
        """The registration token that was sent last."""
        return self.server.tokens()[-1]

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def run(self, *command: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command that has to end with this exit status."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def script(self, name: str, text: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a shell script in which shellcheck finds no problem."""
        path = self.write(name, text)
        self.run("shellcheck", path)
        return self.run("sh", path, status=status)


@pytest.fixture
def workshop(tmp_path: Path, registration_server: RegistrationServer, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    commands = tmp_path / "bin"
    commands.mkdir()
    path = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    folder = tmp_path / "here"
    folder.mkdir()
    command(folder / "config.sh")
    command(folder / "run.sh")
    monkeypatch.chdir(folder)
    return Workshop(folder, registration_server)


@pytest.fixture(scope="session")
def app_key() -> rsa.RSAPrivateKey:
    """The key of a GitHub App."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def app_key_file(workshop: Workshop, app_key: rsa.RSAPrivateKey) -> Path:
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    private = app_key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password).decode()
    return workshop.write("app.private-key.pem", private)
