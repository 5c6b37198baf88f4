"""The command line as a process, against a real server."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from runner_registration import _cli, _errors, _version
from tests.responses import CREDENTIAL, PATH, RESPONSES, SUCCESS, TOKEN

from .loopback import Server, created, http, refusal
from .shown import leaked

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and devices of POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="devices of Linux")

COMMAND = [sys.executable, "-m", "runner_registration"]
PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}


def environment(server: Server | None = None, **variables: str) -> dict[str, str]:
    """Return an environment without programs and credentials, except for those of the server."""
    leading = {"GITHUB_API_URL": server.url, "GH_TOKEN": CREDENTIAL} if server else {}
    return {**os.environ, **leading, "PATH": "", **variables}


def run(
    *arguments: str, server: Server | None = None, stdin: str = "", within: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command, within a shell script if there is one, in which it is "$@"."""
    command = ["/bin/sh", "-c", within, "sh", *COMMAND] if within else COMMAND
    # Without an input, standard input is empty, not the terminal in which the tests run.
    return subprocess.run(
        [*command, *arguments], env=environment(server, **variables), input=stdin, timeout=60, check=False, **PIPES
    )


@contextlib.contextmanager
def started(
    server: Server, *command: str, folder: Path | None = None, **variables: str
) -> Generator[subprocess.Popen[str]]:
    """A process that is killed in the end."""
    env = environment(server, **variables)
    with subprocess.Popen(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, **PIPES) as process:
        try:
            yield process
        finally:
            process.kill()


def assert_failed(result: subprocess.CompletedProcess[str], code: int, *texts: str) -> None:
    """Check for an exit code, one line on standard error, nothing on standard output, and no credential anywhere."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("runner-registration: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert not leaked(CREDENTIAL, result.stderr)
    for text in texts:
        assert text in result.stderr


# --- Formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("token", f"{TOKEN}\n"),
        ("json", f'{{"token": "{TOKEN}", "expires_at": "2099-01-22T20:13:35.123000Z"}}\n'),
        ("env", f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"),
        ("config", f"./config.sh --url {{site}}/octo-org --token {TOKEN}\n"),
        ("mask", f"::add-mask::{TOKEN}\n{TOKEN}\n"),
    ],
)
def test_prints_the_requested_format(server: Server, form: str, printed: str) -> None:
    server.respond(http(201, SUCCESS))
    result = run("token", "octo-org", "--format", form, server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed.replace("{site}", server.url), "")
    assert sent_to(server) == [("POST", PATH, f"Bearer {CREDENTIAL}")]


def sent_to(server: Server) -> list[tuple[str, str, str | None]]:
    return [(request.method, request.path, request.headers.get("authorization")) for request in server.requests]


def test_sends_the_request_to_the_host_of_the_url(server: Server) -> None:
    result = run("token", f"{server.url}/octo-org", "--format", "config", GH_TOKEN=CREDENTIAL, GH_HOST="ghes.example")
    assert result.stdout == f"./config.sh --url {server.url}/octo-org --token {TOKEN}\n"
    assert len(server.requests) == 1


def test_sends_the_request_to_base_url_and_prints_the_url_for_the_runner(server: Server) -> None:
    url = "https://github.com/octo-org/"
    result = run("token", url, "--base-url", server.url, "--format", "config", GH_TOKEN=CREDENTIAL)
    assert result.stdout == f"./config.sh --url https://github.com/octo-org/ --token {TOKEN}\n"
    assert [path for _, path, _ in sent_to(server)] == [PATH]


def test_sends_the_request_to_the_override_and_prints_the_url_for_the_runner(server: Server) -> None:
    variables = {
        "RUNNER_REGISTRATION_API_URL": server.url,
        "GITHUB_API_URL": "https://ghes.example/api/v3",
        "GH_TOKEN": CREDENTIAL,
        "GH_ENTERPRISE_TOKEN": "never-sent-to-loopback",
    }
    for organization, base_url in (
        ("https://ghes.example/octo-org", []),
        ("https://ghes.example/octo-org", ["--base-url", "https://other.example"]),
    ):
        arguments = ("token", organization, *base_url, "--format", "config")
        result = run(*arguments, server=None, **variables)
        assert result.stdout == f"./config.sh --url https://ghes.example/octo-org --token {TOKEN}\n", result.stderr
    assert sent_to(server) == [("POST", PATH, f"Bearer {CREDENTIAL}")] * 2


def test_an_override_that_is_not_loopback_is_a_usage_error(server: Server) -> None:
    override = {"RUNNER_REGISTRATION_API_URL": "https://ghes.example"}
    assert_failed(run("token", "octo-org", server=server, **override), 2, "RUNNER_REGISTRATION_API_URL", "loopback")
    assert server.requests == []


EXPIRES_AT = datetime(2099, 1, 22, 12, 13, 35, tzinfo=timezone(timedelta(hours=-8)))
URL = "https://github.com/octo-org"


@pytest.mark.parametrize("form", ["token", "json", "env", "config", "mask"])
@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "A B",
        "A\nLD_PRELOAD=/evil.so",
        "A\r::set-env name=PATH::/evil",
        "A\n",
        "A\u2028B",
        "A\x1b[2J",
        "A%0A::error::",
        "A;reboot",
        "$(reboot)",
        "`reboot`",
        "A'B",
        "--help",
        "\u00c0",
    ],
)
def test_never_prints_a_token_that_could_be_read_as_more(form: str, token: str) -> None:
    with pytest.raises(_cli._Failure) as caught:
        _cli._render(form, token, EXPIRES_AT, URL)
    assert caught.value.code == 6
    assert str(caught.value).isprintable()
    assert "reboot" not in str(caught.value)


@pytest.mark.parametrize("token", [TOKEN, "A.B-C_D~E+F/G==", "a"])
def test_a_shell_reads_any_other_token_unchanged(token: str) -> None:
    line = _cli._render("config", token, EXPIRES_AT, "https://ghes.example/it's&more")
    assert shlex.split(line) == ["./config.sh", "--url", "https://ghes.example/it's&more", "--token", token]
    assert shlex.split(_cli._render("env", token, EXPIRES_AT, URL)) == [f"ACTIONS_RUNNER_INPUT_TOKEN={token}"]


def test_json_has_the_time_in_utc() -> None:
    printed = json.loads(_cli._render("json", TOKEN, EXPIRES_AT, URL))
    assert printed == {"token": TOKEN, "expires_at": "2099-01-22T20:13:35Z"}
    assert datetime.fromisoformat(printed["expires_at"]).astimezone(UTC) == EXPIRES_AT


# --- Exit codes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [_errors.APIConnectionError, _errors.APITimeoutError, _errors.ProxyError])
def test_a_connection_error_that_another_attempt_will_not_fix_is_not_a_reason_to_try_again(
    kind: type[_errors.APIConnectionError],
) -> None:
    error = kind("The certificate cannot be verified.")
    assert _cli.exit_code(error) == 3
    error._retryable = False
    assert _cli.exit_code(error) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("redirect to another host", 1),
        ("load balancer", 3),
        ("hostile text", 4),
        ("secondary, 429", 5),
        ("a token of two lines", 6),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(server: Server, name: str, code: int) -> None:
    response = RESPONSES[name]
    server.respond(http(response.status, response.body, headers=dict(response.headers)))
    result = run("token", "octo-org", "--format", "env", "--max-wait", "0", server=server)
    assert_failed(result, code, *response.says)


def test_a_refused_connection_is_a_network_error(server: Server) -> None:
    server.close()
    assert_failed(run("token", "octo-org", "--max-wait", "0", server=server), 3)


@pytest.mark.parametrize("organization", ["", "octo\norg", "octo-org/hello-world"])
def test_an_invalid_organization_is_a_usage_error(server: Server, organization: str) -> None:
    assert_failed(run("token", organization, server=server), 2)
    assert_failed(run("token", organization, server=server, GH_TOKEN=""), 2)
    assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "required"),
        (["tokens"], "invalid choice"),
        (["token"], "ORG|URL"),
        (["token", "octo-org", "octo-org"], "Only one organization"),
        (["token", "octo-org", "--format", "yaml"], "'json'"),
        (["token", "octo-org", "--out", "x"], "Unknown option --out"),
        (["token", "octo-org", "-x"], "Unknown option -x"),
        (["token", "octo-org", "--allow-http=yes"], "--allow-http: does not take a value"),
        (["token", "octo-org", "--error-format", "xml"], "'json'"),
        (["token", "octo-org", "--timeout", ""], "number of seconds"),
        (["token", "octo-org", "--timeout", "2147484"], "number of seconds"),
        (["token", "octo-org", "--timeout", "0"], "more than 0"),
        (["token", "octo-org", "--timeout", "-1"], "number of seconds"),
        (["token", "octo-org", "--timeout", "nan"], "number of seconds"),
        (["token", "octo-org", "--timeout", "soon"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "inf"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "1e300"], "number of seconds"),
        (["token", "octo-org", "--base-url", "ftp://ghes.example"], "https://"),
        (["token", "https://github.com/octo-org/hello-world"], "URL of a repository"),
    ],
)
def test_reports_a_usage_error_in_one_line(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", CREDENTIAL)
    assert_failed(run_here(arguments, capsys), 2, text)


def run_here(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> subprocess.CompletedProcess[str]:
    """Run the command in this process."""
    code = _cli.main(arguments)
    printed = capsys.readouterr()
    return subprocess.CompletedProcess(arguments, code, printed.out, printed.err)


# --- Credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--token", CREDENTIAL],
        [f"--token={CREDENTIAL}"],
        ["--credential", CREDENTIAL],
        ["--pat", CREDENTIAL],
        [f"--password={CREDENTIAL}"],
        [f"--github-token={CREDENTIAL}"],
        ["--github-token", CREDENTIAL],
        [f"-p{CREDENTIAL}"],
        ["octo-org", CREDENTIAL],
        ["--format", CREDENTIAL],
        ["--timeout", CREDENTIAL],
        ["--base-url", f"https://octocat:{CREDENTIAL}@github.com"],
    ],
)
@pytest.mark.parametrize("before", [[], ["token"], ["token", "octo-org"]], ids=len)
def test_refuses_a_credential_in_an_argument_and_does_not_show_it(
    arguments: list[str], before: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert_failed(run_here([*before, *arguments], capsys), 2)


def test_says_why_a_credential_in_an_argument_is_refused_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("never taken from an argument", "history", "GH_TOKEN", "--credential-file")
    assert_failed(run_here(["token", "octo-org", "--token", CREDENTIAL], capsys), 2, *words)


def test_says_where_it_looked_for_a_credential() -> None:
    result = run("token", "octo-org", "--base-url", "https://ghes.example", GH_TOKEN=CREDENTIAL)
    assert_failed(
        result, 4, "ghes.example", "GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN", "never sent to this host"
    )


def test_refuses_plain_http_unless_allowed(server: Server) -> None:
    arguments = ("token", "octo-org", "--base-url", "http://ghes.invalid/api/v3", "--max-wait", "0")
    assert_failed(run(*arguments, GH_ENTERPRISE_TOKEN=CREDENTIAL), 4, "plain http")
    result = run(*arguments, "--allow-http", GH_ENTERPRISE_TOKEN=CREDENTIAL)
    # 1 if DNS says that the name does not exist, 3 if DNS does not respond.
    assert_failed(result, 1 if "unknown" in result.stderr else 3, "Cannot resolve ghes.invalid")


def test_reads_a_credential_from_a_file_or_from_standard_input(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_bytes(b"\xef\xbb\xbf from-file \r\n")
    assert run("token", "octo-org", "--credential-file", str(file), server=server).returncode == 0
    assert run("token", "octo-org", "--credential-file", "-", server=server, stdin="from-stdin\n").returncode == 0
    assert [authorization for *_, authorization in sent_to(server)] == ["Bearer from-file", "Bearer from-stdin"]


@pytest.mark.parametrize(
    "content", ["", " \n", f"{CREDENTIAL}\n{CREDENTIAL}\n", f"{CREDENTIAL}\x00", "\ud800", "x" * 100_000]
)
def test_does_not_send_what_is_not_a_credential(server: Server, tmp_path: Path, content: str) -> None:
    file = tmp_path / "credential"
    file.write_bytes(content.encode(errors="surrogatepass"))
    assert_failed(run("token", "octo-org", "--credential-file", str(file), server=server), 4)
    assert server.requests == []


def test_does_not_show_the_name_of_a_credential_file_as_it_may_be_the_credential(server: Server) -> None:
    result = run("token", "octo-org", "--credential-file", CREDENTIAL, server=server)
    assert_failed(result, 4, "--credential-file", "No such file")


@pytest.mark.parametrize(
    "variables",
    [
        {"SSL_CERT_FILE": "/nowhere"},
        {"HTTPS_PROXY": f"http://octocat:{CREDENTIAL}@proxy.example:port"},
        {"SSLKEYLOGFILE": "/nowhere/keys"},
    ],
    ids=str,
)
def test_reports_an_invalid_environment_variable_without_its_password(
    variables: dict[str, str],
) -> None:
    result = run("token", "octo-org", server=None, GH_TOKEN=CREDENTIAL, **variables)
    assert_failed(result, 2, next(iter(variables)))


@posix
def test_reports_a_closed_standard_input(server: Server) -> None:
    result = run("token", "octo-org", "--credential-file", "-", server=server, within='exec "$@" <&-')
    assert_failed(result, 4, "--credential-file")


# --- Files ------------------------------------------------------------------------------------------------------------


@posix
def test_writes_a_file_that_only_its_owner_can_read(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "runner.env"
    file.write_text("an older and longer content, for everyone to read")
    result = run("token", "octo-org", "--format", "env", "--output", str(file), server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "option", ["--output", "--base-url", "--credential-file", "--format", "--timeout", "--max-wait"]
)
def test_an_empty_argument_is_a_usage_error(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert_failed(run_here(["token", "octo-org", option, ""], capsys), 2, option)
    assert_failed(run_here(["token", "https://github.com/octo-org", f"{option}="], capsys), 2, option)


def test_a_dash_is_standard_output(server: Server) -> None:
    assert run("token", "octo-org", "--output", "-", server=server).stdout == f"{TOKEN}\n"


def test_replaces_a_file_only_on_success(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "runner.env"
    file.write_text("before")
    server.respond(refusal(404, "Not Found"))
    assert_failed(run("token", "octo-org", "--output", str(file), server=server), 4)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@linux
@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("/proc/token", "/proc/token cannot be written"),  # not even by root
        (os.fsdecode(b"missing/\xff\n"), "there is no such directory"),
        ("x" * 256, "File name too long"),
    ],
    ids=ascii,
)
def test_requests_no_token_that_could_not_be_written(server: Server, output: str, reason: str) -> None:
    assert_failed(run("token", "octo-org", "--output", output, server=server), 1, reason)
    assert server.requests == []


def in_namespace(*options: str) -> list[str]:
    return ["unshare", "--user", "--map-root-user", *options]


def has_namespaces() -> bool:
    command = in_namespace("--mount", "true")
    return bool(shutil.which("unshare")) and not subprocess.run(command, capture_output=True, check=False).returncode


needs_namespaces = pytest.mark.skipif(not has_namespaces(), reason="requires Linux and unprivileged user namespaces")
READ_ONLY_DIRECTORY = "mount --bind directory directory && mount -o remount,bind,ro directory"


@needs_namespaces
@pytest.mark.parametrize(
    ("mount", "output", "reason"),
    [
        pytest.param("mount --bind host directory/file", "directory/file", None, id="file"),
        pytest.param(
            "mount --bind host directory/file && mount -o remount,bind,ro directory/file",
            "directory/file",
            "Read-only file system",
            id="read-only file",
        ),
        pytest.param(
            f"{READ_ONLY_DIRECTORY} && mount --bind host directory/file",
            "directory/file",
            None,
            id="file in a read-only directory",
        ),
        pytest.param(
            READ_ONLY_DIRECTORY,
            "directory/file",
            "Read-only file system",
            id="existing file in a read-only directory",
        ),
        pytest.param(
            READ_ONLY_DIRECTORY,
            "directory/new",
            "Read-only file system",
            id="new file in a read-only directory",
        ),
        pytest.param("mount --bind host directory/file", "directory/new", None, id="new file next to a mount"),
        pytest.param(
            "mount -t tmpfs -o size=4k tmpfs directory && head -c 4096 /dev/zero > directory/content",
            "directory/new",
            "No space left on device",
            id="full disk",
        ),
    ],
)
def test_writes_to_a_mount_or_requests_no_token(
    server: Server, tmp_path: Path, mount: str, output: str, reason: str | None
) -> None:
    (tmp_path / "host").touch(mode=0o644)
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "file").write_text("before")
    run_it = shlex.join([*COMMAND, "token", "octo-org", "--output", output])
    script = f"{mount} && {run_it} && cat {output} && stat -c %a {output}"
    command = in_namespace("--mount", "sh", "-c", script)
    with started(server, *command, folder=tmp_path, PATH=os.environ["PATH"]) as process:
        stdout, stderr = process.communicate(timeout=60)
    result = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    if reason is None:
        assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n600\n", "")
    else:
        assert_failed(result, 1, reason)
    assert len(server.requests) == (reason is None)
    left = {path.name for path in tmp_path.rglob("*")}
    assert left - {"new"} == {"host", "directory", "file"}


# --- Standard streams and signals -------------------------------------------------------------------------------------


@posix
def test_reports_a_closed_standard_output_before_the_request(server: Server) -> None:
    result = run("token", "octo-org", server=server, within='exec "$@" >&-')
    assert_failed(result, 1, "Standard output cannot be written: it is closed")
    assert server.requests == []


@linux
def test_reports_a_full_standard_output(server: Server) -> None:
    assert_failed(run("token", "octo-org", server=server, within='exec "$@" >/dev/full'), 1, "No space left")


@posix
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_is_the_same(server: Server, redirection: str) -> None:
    server.respond(refusal(404, "Not Found"))
    result = run("token", "octo-org", server=server, within=f'exec "$@" {redirection}')
    assert (result.returncode, result.stdout) == (4, "")


@posix
@pytest.mark.parametrize("arguments", [["token", "octo-org"], ["--help"], ["token", "--help"], ["--version"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reports_a_closed_pipe_in_one_line(server: Server, arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        result = subprocess.run(
            [*COMMAND, *arguments],
            env=environment(server, PYTHONUNBUFFERED=unbuffered),
            stdout=closed,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == "runner-registration: Standard output cannot be written: Broken pipe.\n"


LIMITED = refusal(429, "You have exceeded a secondary rate limit.", Retry_After="30")


@contextlib.contextmanager
def waiting(server: Server, *arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command while it waits, and the line that it printed before."""
    server.respond(LIMITED)
    with started(server, *COMMAND, "token", "octo-org", *arguments) as process:
        assert process.stderr is not None
        yield process, process.stderr.readline()


def test_reports_a_wait_when_it_begins(server: Server) -> None:
    with waiting(server) as (process, line):
        assert process.poll() is None
        assert line.startswith("runner-registration: ")
        assert "secondary rate limit" in line
        assert "30" in line


def test_reports_a_deprecation_and_prints_the_token(server: Server) -> None:
    server.respond(http(201, SUCCESS, headers={"Deprecation": "@1893456000"}))
    result = run("token", "octo-org", server=server)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    assert result.stderr.startswith("runner-registration: Warning: ")
    assert result.stderr.count("\n") == 1
    assert run("token", "octo-org", server=server, PYTHONWARNINGS="error").stdout == f"{TOKEN}\n"


@posix
@pytest.mark.parametrize(
    ("signal_number", "message", "code"),
    [(signal.SIGINT, "Interrupted.", 130), (signal.SIGTERM, "Terminated.", 143)],
)
def test_a_signal_is_one_line_and_an_exit_code(
    server: Server, tmp_path: Path, signal_number: int, message: str, code: int
) -> None:
    with waiting(server, "--output", str(tmp_path / "runner.env")) as (process, _):
        process.send_signal(signal_number)
        assert process.communicate(timeout=30) == ("", f"runner-registration: {message}\n")
        assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_second_signal_changes_nothing(server: Server) -> None:
    with waiting(server) as (process, _):
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.communicate() == ("", "runner-registration: Terminated.\n")
        assert process.returncode == 143


@needs_namespaces
def test_sigterm_ends_the_first_process_of_a_container(server: Server) -> None:
    server.respond(LIMITED)
    container = in_namespace("--pid", "--fork", "--kill-child")
    # A signal from outside the namespace comes from a parent of the first process, as with `docker stop`.
    with started(server, *container, *COMMAND, "token", "octo-org", PATH=os.environ["PATH"]) as unshare:
        assert unshare.stderr is not None
        assert "rate limit" in unshare.stderr.readline()
        children = f"/proc/{unshare.pid}/task/{unshare.pid}/children"
        (first,) = Path(children).read_text().split()
        os.kill(int(first), signal.SIGTERM)
        assert unshare.communicate(timeout=30) == ("", "runner-registration: Terminated.\n")
        assert unshare.returncode == 143


def test_leaves_the_signal_handler_of_a_program_that_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def own_handler(_number: int, _frame: FrameType | None) -> None: ...

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("PATH", "")
    for handler in (before, own_handler):
        signal.signal(signal.SIGTERM, handler)
        try:
            assert _cli.main(["token", "octo-org"]) == 4
            assert signal.getsignal(signal.SIGTERM) is handler
        finally:
            signal.signal(signal.SIGTERM, before)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(_cli.main, ["token", "octo-org"]).result() == 4


# --- Errors as JSON ---------------------------------------------------------------------------------------------------


def parsed(result: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert result.stdout == ""
    assert CREDENTIAL not in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    error: dict[str, object] = json.loads(result.stderr)
    assert error["exit_code"] == result.returncode
    assert error["message"]
    return error


JSON = ("--max-wait", "0", "--error-format", "json")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            refusal(404, "Not Found"),
            {"error": "NotFoundError", "exit_code": 4, "status_code": 404, "request_id": "D1CE:1234:5678"},
        ),
        (
            http(429, {"message": "secondary rate limit"}, headers={"Retry-After": "120"}),
            {"error": "RateLimitError", "exit_code": 5, "status_code": 429, "retry_after": 120},
        ),
        (http(201, "<html>Sign in</html>"), {"error": "InvalidResponseError", "exit_code": 6}),
        (http(503, b"Non trouv\xe9 \x1b[31m"), {"error": "InternalServerError", "exit_code": 3, "status_code": 503}),
    ],
    ids=["request ID", "times", "contract", "text"],
)
def test_prints_the_error_of_a_response_as_json(server: Server, response: bytes, expected: dict[str, object]) -> None:
    server.respond(response)
    error = parsed(run("token", "octo-org", *JSON, server=server))
    resets_at = error.pop("resets_at", None)
    assert {name: value for name, value in error.items() if name != "message"} == expected
    assert str(error["message"]).isprintable()
    if "retry_after" in expected:
        assert isinstance(resets_at, str)
        wait = datetime.fromisoformat(resets_at) - datetime.now(UTC)
        assert timedelta(seconds=60) < wait <= timedelta(seconds=121)


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["--error-format", "json"], "UsageError", 2),
        (["token", "--error-format=json"], "UsageError", 2),
        (["token", "octo-org", "--error-format", "json", "--token", CREDENTIAL], "UsageError", 2),
        (["token", "octo-org", "--base-url", "ftp://x", *JSON], "UsageError", 2),
        (["token", "octo-org", "--error-format", "text", *JSON, "--format", "xml"], "UsageError", 2),
        (["token", "@octo-org", *JSON], "InvalidOrganizationError", 2),
        (["token", "octo-org/hello-world", *JSON], "InvalidOrganizationError", 2),
        (["token", "octo-org", *JSON, "--output", "/"], "OutputError", 1),
        (["token", "octo-org", *JSON, "--output", os.fsdecode(b"/nowhere/\xff\n")], "OutputError", 1),
        (["token", "octo-org", *JSON, "--credential-file", "/nowhere"], "CredentialError", 4),
        (["token", "octo-org", *JSON, "--base-url", "ghes.example"], "CredentialError", 4),
    ],
)
def test_prints_every_other_error_as_json(arguments: list[str], error: str, code: int) -> None:
    found = parsed(run(*arguments, GH_TOKEN=CREDENTIAL))
    assert set(found) == {"error", "message", "exit_code"}
    assert str(found["message"]).isprintable()
    assert (found["error"], found["exit_code"]) == (error, code)


@pytest.mark.parametrize("arguments", [["--error-format", "text"], ["--error-format", "json", "--error-format=text"]])
def test_the_last_error_format_counts(arguments: list[str]) -> None:
    assert_failed(run("token", "..", *arguments), 2)


def test_json_has_no_notices(server: Server) -> None:
    again = refusal(429, "secondary rate limit", Retry_After="1")
    server.respond(again, refusal(404, "Not Found", Deprecation="@1893456000"))
    assert parsed(run("token", "octo-org", "--error-format", "json", server=server))["status_code"] == 404
    server.respond(again, created())
    result = run("token", "octo-org", "--error-format", "json", server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n", "")


@posix
def test_prints_a_signal_as_json(server: Server) -> None:
    server.respond(LIMITED)
    with started(server, *COMMAND, "token", "octo-org", "--error-format", "json") as process:
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)  # until it waits
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=30)
    found = parsed(subprocess.CompletedProcess([], process.returncode, stdout, stderr))
    assert found == {"error": "Terminated", "message": "Terminated.", "exit_code": 143}


# --- Encodings --------------------------------------------------------------------------------------------------------

C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONIOENCODING": "ascii:strict"}], ids=["locale", "streams"])
def test_prints_the_text_of_a_server_in_any_encoding(server: Server, variables: dict[str, str]) -> None:
    server.respond(refusal(404, "Non trouv\u00e9 \u2013 \U0001f937"))
    assert_failed(run("token", "octo-org", server=server, **variables), 4, "Non trouv")


@posix
@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONUTF8": "1", "PYTHONIOENCODING": "ascii:strict"}])
@pytest.mark.parametrize("name", [b"org-\xc3\xa9", b"org-\xff", b"\xe2\x80\xaeorg"])
def test_refuses_names_of_any_bytes_in_any_locale(server: Server, name: bytes, variables: dict[str, str]) -> None:
    assert_failed(run("token", os.fsdecode(name), server=server, **variables), 2, "organization")
    assert server.requests == []


# --- Help -------------------------------------------------------------------------------------------------------------


def test_prints_the_version_of_the_package() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"runner-registration {_version.__version__}\n")


# --- Token stores -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "variable", "user"])
def test_commands_share_a_token_by_a_store(how: str, server: Server, tmp_path: Path) -> None:
    store = tmp_path / "cache" / "runner-registration" / "tokens" if how == "user" else tmp_path / "tokens"
    variables = {"RUNNER_REGISTRATION_STORE": str(store)} if how == "variable" else {}
    options = {"option": ["--store", str(store)], "variable": [], "user": ["--store", "user"]}[how]
    if how == "user":
        variables = dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path / "cache"))
    server.respond(created(token="AAA"), created(token="BBB"))
    results = [run("token", "octo-org", *options, server=server, **variables) for _ in range(2)]
    assert [(result.stdout, result.stderr) for result in results] == [("AAA\n", "")] * 2
    assert len(server.requests) == 1
    if sys.platform != "darwin" or how != "user":
        assert [path.suffix for path in store.iterdir() if path.suffix == ".token"] == [".token"]


@pytest.mark.parametrize(
    ("min_valid", "expected"), [([], "BBB"), (["--min-valid", "200"], "AAA"), (["--min-valid", "3600"], "BBB")]
)
def test_min_valid_decides_whether_a_token_of_the_store_is_used(
    min_valid: list[str], expected: str, server: Server, tmp_path: Path
) -> None:
    server.respond(created(token="AAA", lives=timedelta(minutes=5)), created(token="BBB"))
    for options in ([], min_valid):
        result = run("token", "octo-org", "--store", str(tmp_path), *options, server=server)
    assert result.stdout == f"{expected}\n"


def test_without_a_store_each_command_requests_a_token(server: Server) -> None:
    for _ in range(2):
        assert run("token", "octo-org", "--min-valid", "0", server=server).returncode == 0
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("options", "variables", "text"),
    [
        (["--store", "redis://:PASSWORD@127.0.0.1/0"], {}, "--store must not contain a password"),
        (["--store", "redis://127.0.0.1/0?password=PASSWORD"], {}, "--store must not contain a password"),
        (["--store", "https://cache.example.com"], {}, "--store must be a directory, user, or a URL"),
        (["--store", ""], {}, "must not be empty"),
        ([], {"RUNNER_REGISTRATION_STORE": "s3://PASSWORD"}, "RUNNER_REGISTRATION_STORE must be a directory"),
        ([], {"RUNNER_REGISTRATION_STORE": "redis://:PASS/WORD@h:x/"}, "RUNNER_REGISTRATION_STORE is not a valid URL"),
        (["--min-valid", "-1"], {}, "must be a number of seconds"),
        (["--min-valid", "ten"], {}, "must be a number of seconds"),
    ],
)
def test_an_invalid_store_is_refused_before_any_request(
    options: list[str], variables: dict[str, str], text: str, server: Server
) -> None:
    result = run("token", "octo-org", *options, server=server, **variables)
    assert_failed(result, 2, text)
    assert "PASS" not in result.stderr
    assert server.requests == []


@pytest.mark.parametrize("error_format", ["text", "json"])
def test_a_store_that_fails_costs_a_warning(error_format: str, server: Server) -> None:
    where = "redis://:PASSWORD@127.0.0.1:9/0"
    options = ("--error-format", error_format)
    result = run("token", "octo-org", *options, server=server, RUNNER_REGISTRATION_STORE=where)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    warning = "runner-registration: The RedisTokenStore cannot be used: redis.exceptions.ConnectionError. "
    assert result.stderr.startswith(warning if error_format == "text" else "")
    assert result.stderr.count("\n") == (1 if error_format == "text" else 0)


def test_help_lists_formats_variables_and_exit_codes() -> None:
    result = run("token", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    for words in ("--credential-file", "GH_ENTERPRISE_TOKEN", "ACTIONS_RUNNER_INPUT_TOKEN", "admin:org", "config.sh"):
        assert words in result.stdout
    for code in _cli.Exit:
        assert f"\n  {code} " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


@pytest.mark.parametrize("arguments", [["--help"], ["token", "--help"], ["--version"], ["token", "a", "--format", "b"]])
def test_without_a_request_imports_nothing_that_only_a_request_needs(arguments: list[str]) -> None:
    script = (
        "import sys; from runner_registration._cli import main; main(sys.argv[1:]);"
        "print({'httpx', 'attr', 'ssl', 'asyncio', 'inspect', 'dataclasses', 'signal', 'logging', 'shutil',"
        "'importlib.metadata'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment(), capture_output=True, text=True, check=True
    )
    assert result.stdout.endswith("set()\n")
