"""The command line, signing in as a GitHub App."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from runner_registration import _cli
from runner_registration.testing import RegistrationServer

from .test_github_app import PKCS1_TEXT, PUBLIC_TEXT


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistrationServer]:
    with RegistrationServer(app_public_key=PUBLIC_TEXT) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "app.pem"
    path.write_text(PKCS1_TEXT)
    return path


def test_signs_in_with_a_key_from_a_file(
    github: RegistrationServer, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _cli.main(["token", "octo-org", "--app-id", "Iv1.1234", "--app-key-file", str(key)]) == 0
    assert capsys.readouterr().out.strip()
    assert len(github.requests) == 3


def test_signs_in_with_a_key_from_standard_input(github: RegistrationServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PKCS1_TEXT.encode())))
    options = ["--app-id", "1", "--app-key-file", "-", "--app-installation-id", "1001"]
    assert _cli.main(["token", "octo-org", *options]) == 0
    assert len(github.requests) == 2


def test_signs_in_with_the_app_of_the_environment(
    github: RegistrationServer, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_APP_ID", "123456")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY_PATH", str(key))
    assert _cli.main(["token", "octo-org"]) == 0
    assert len(github.requests) == 3


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--app-id", "1"], 2, "requires both --app-id and --app-key-file"),
        (["--app-key-file", "KEY"], 2, "requires both --app-id and --app-key-file"),
        (["--app-installation-id", "1"], 2, "requires both --app-id and --app-key-file"),
        (["--app-id", "1", "--app-key-file", "KEY", "--credential-file", "KEY"], 2, "exclude each other"),
        (["--app-id", "1", "--app-key-file", "KEY", "--app-installation-id", "0"], 2, "must be the number"),
        (["--app-id", "1", "--app-key-file", "KEY", "--app-installation-id", "9" * 5000], 2, "must be the number"),
        (["--app-id", "1", "--app-key-file", "/nowhere.pem"], 4, "--app-key-file cannot be read: No such file"),
        (["--app-id", "1 2", "--app-key-file", "KEY"], 4, "client ID of the GitHub App is empty or not valid"),
    ],
)
@pytest.mark.usefixtures("github")
def test_half_an_app_is_one_line_that_says_what_is_missing(
    options: list[str], code: int, says: str, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(key) if option == "KEY" else option for option in options]
    assert _cli.main(["token", "octo-org", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert len(printed.err.splitlines()) == 1


def test_an_app_that_is_not_installed_has_the_exit_code_of_a_refusal(
    github: RegistrationServer, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github.use("app_not_installed")
    assert _cli.main(["token", "octo-org", "--app-id", "1", "--app-key-file", str(key)]) == 4
    assert "is not installed on the organization octo-org" in capsys.readouterr().err
