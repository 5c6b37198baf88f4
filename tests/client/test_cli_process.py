"""The command line as a process of its own: its streams, its signals, encodings and mounts."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.responses import TOKEN

from .loopback import Server, refusal
from .test_cli import Result, assert_failed, environment

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and streams of POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="devices of Linux")

COMMAND = [sys.executable, "-m", "runner_registration"]


@contextlib.contextmanager
def started(server: Server, *command: str, variables: dict[str, str] | None = None, **options: Any) -> Generator[Any]:
    """A process that is killed in the end."""
    env = {**os.environ, **environment(server), **(variables or {})}
    streams: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        **options,
    }
    with subprocess.Popen(command, env=env, encoding="utf-8", **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(server: Server, *command: str, **options: Any) -> Result:
    with started(server, *command, **options) as process:
        stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def run_within(script: str, server: Server, *arguments: str) -> Result:
    """Run the command within a shell script, in which it is "$@"."""
    return ended(server, "/bin/sh", "-c", script, "sh", *COMMAND, "token", "octo-org", *arguments)


def test_prints_a_token(server: Server) -> None:
    result = ended(server, *COMMAND, "token", "octo-org")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["token", "--help"], ["--version"], ["token", "a", "--format", "b"]])
def test_without_a_request_imports_nothing_that_only_a_request_needs(arguments: list[str]) -> None:
    script = (
        "import sys; from runner_registration._cli import main; main(sys.argv[1:]);"
        "print({'httpx', 'attr', 'ssl', 'asyncio', 'inspect', 'dataclasses', 'signal', 'logging', 'shutil',"
        "'importlib.metadata'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert printed.stdout.endswith("set()\n")


# --- Standard streams -------------------------------------------------------------------------------------------------


@posix
def test_reports_a_closed_standard_input(server: Server) -> None:
    assert_failed(run_within('exec "$@" <&-', server, "--credential-file", "-"), 4, "--credential-file")


@posix
def test_reports_a_closed_standard_output_before_the_request(server: Server) -> None:
    assert_failed(run_within('exec "$@" >&-', server), 1, "Standard output cannot be written: it is closed")
    assert server.requests == []


@linux
def test_reports_a_full_standard_output(server: Server) -> None:
    assert_failed(run_within('exec "$@" >/dev/full', server), 1, "No space left")


@posix
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_is_the_same(server: Server, redirection: str) -> None:
    server.respond(refusal(404, "Not Found"))
    result = run_within(f'exec "$@" {redirection}', server)
    assert (result.returncode, result.stdout) == (4, "")


@posix
@pytest.mark.parametrize(
    ("arguments", "unbuffered"), [(["token", "octo-org"], ""), (["token", "octo-org"], "1"), (["--help"], "")]
)
def test_reports_a_closed_pipe_in_one_line(server: Server, arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        variables = {"PYTHONUNBUFFERED": unbuffered}
        result = ended(server, *COMMAND, *arguments, variables=variables, stdout=closed)
    assert result.returncode == 1
    assert result.stderr == "runner-registration: Standard output cannot be written: Broken pipe.\n"


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ASCII_STREAMS = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "ascii:strict"}


@pytest.mark.parametrize("variables", [C_LOCALE, ASCII_STREAMS], ids=["locale", "streams"])
def test_prints_the_text_of_a_server_in_any_encoding(server: Server, variables: dict[str, str]) -> None:
    server.respond(refusal(404, "Non trouv\u00e9 \u2013 \U0001f937"))
    assert_failed(ended(server, *COMMAND, "token", "octo-org", variables=variables), 4, "Non trouv")


@posix
@pytest.mark.parametrize("variables", [C_LOCALE, ASCII_STREAMS], ids=["locale", "streams"])
@pytest.mark.parametrize("name", [b"org-\xc3\xa9", b"org-\xff", b"\xe2\x80\xaeorg"])
def test_refuses_names_of_any_bytes_in_any_locale(server: Server, name: bytes, variables: dict[str, str]) -> None:
    assert_failed(ended(server, *COMMAND, "token", os.fsdecode(name), variables=variables), 2, "organization")


# --- Signals ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def waiting(server: Server, *command: str, **options: Any) -> Generator[Any]:
    """The command while it waits, after the line that says so."""
    server.respond(refusal(429, "You have exceeded a secondary rate limit.", Retry_After="300"))
    with started(server, *command, *COMMAND, "token", "octo-org", "--max-wait", "300", **options) as process:
        line = process.stderr.readline()
        assert line.startswith("runner-registration: ")
        assert "secondary rate limit" in line
        assert "300" in line
        yield process


@posix
@pytest.mark.parametrize(
    ("signal_number", "message", "code"),
    [(signal.SIGINT, "Interrupted.", 130), (signal.SIGTERM, "Terminated.", 143)],
)
def test_a_signal_is_one_line_and_an_exit_code(server: Server, signal_number: int, message: str, code: int) -> None:
    with waiting(server) as process:
        process.send_signal(signal_number)
        assert process.communicate(timeout=60) == ("", f"runner-registration: {message}\n")
        assert process.returncode == code


@posix
def test_a_second_signal_changes_nothing(server: Server) -> None:
    with waiting(server) as process:
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.communicate() == ("", "runner-registration: Terminated.\n")
        assert process.returncode == 143


@posix
def test_prints_a_signal_as_json(server: Server) -> None:
    server.respond(lambda _: process.send_signal(signal.SIGTERM))
    with started(server, *COMMAND, "token", "octo-org", "--error-format", "json") as process:
        stdout, stderr = process.communicate(timeout=60)
    assert stdout == ""
    assert json.loads(stderr) == {"error": "Terminated", "message": "Terminated.", "exit_code": 143}


# --- Namespaces of Linux ----------------------------------------------------------------------------------------------


def in_namespace(*options: str) -> list[str]:
    return ["unshare", "--user", "--map-root-user", *options]


def has_namespaces() -> bool:
    command = in_namespace("--mount", "true")
    return bool(shutil.which("unshare")) and not subprocess.run(command, capture_output=True, check=False).returncode


needs_namespaces = pytest.mark.skipif(not has_namespaces(), reason="requires Linux and unprivileged user namespaces")
MOUNT = "mount --bind host directory/file"
READ_ONLY_DIRECTORY = "mount --bind directory directory && mount -o remount,bind,ro directory"


@needs_namespaces
def test_sigterm_ends_the_first_process_of_a_container(server: Server) -> None:
    container = in_namespace("--pid", "--fork", "--kill-child")
    # A signal from outside the namespace comes from a parent of the first process, as with `docker stop`.
    with waiting(server, *container, variables={"PATH": os.environ["PATH"]}) as unshare:
        children = f"/proc/{unshare.pid}/task/{unshare.pid}/children"
        (first,) = Path(children).read_text().split()
        os.kill(int(first), signal.SIGTERM)
        assert unshare.communicate(timeout=60) == ("", "runner-registration: Terminated.\n")
        assert unshare.returncode == 143


@needs_namespaces
@pytest.mark.parametrize(
    ("mount", "output", "reason"),
    [
        (MOUNT, "directory/file", None),
        (f"{MOUNT} && mount -o remount,bind,ro directory/file", "directory/file", "Read-only file system"),
        (f"{READ_ONLY_DIRECTORY} && {MOUNT}", "directory/file", None),
        (READ_ONLY_DIRECTORY, "directory/file", "Read-only file system"),
        (READ_ONLY_DIRECTORY, "directory/new", "Read-only file system"),
        (MOUNT, "directory/new", None),
        (
            "mount -t tmpfs -o size=4k tmpfs directory && head -c 4096 /dev/zero > directory/content",
            "directory/new",
            "No space left on device",
        ),
    ],
    ids=[
        *("file", "read-only file", "file in a read-only directory", "existing file in a read-only directory"),
        *("new file in a read-only directory", "new file next to a mount", "full disk"),
    ],
)
def test_writes_to_a_mount_or_requests_no_token(
    server: Server, tmp_path: Path, mount: str, output: str, reason: str | None
) -> None:
    (tmp_path / "host").touch(mode=0o644)
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "file").write_text("before")
    script = f"{mount} && {shlex.join([*COMMAND, 'token', 'octo-org', '--output', output])} && cat {output}"
    command = in_namespace("--mount", "sh", "-c", f"{script} && stat -c %a {output}")
    result = ended(server, *command, variables={"PATH": os.environ["PATH"]}, cwd=tmp_path)
    if reason is None:
        assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n600\n", "")
    else:
        assert_failed(result, 1, reason)
    assert len(server.requests) == (reason is None)
    assert {path.name for path in tmp_path.rglob("*")} - {"new"} == {"host", "directory", "file"}
