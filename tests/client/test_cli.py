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
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from runner_registration import _cli, _errors, _version
from tests.responses import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from types import FrameType

TOKEN = "LLBF3JGZDX3P5PMEXLND6TS6FCWO6"
SECRET = "ghp_SECRETSECRETSECRETSECRETSECRET"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and devices of POSIX")


class Response(NamedTuple):
    status: int = 201
    body: object = {"token": TOKEN, "expires_at": "2099-01-22T12:13:35.123-08:00"}
    headers: Mapping[str, str] = {}


class GitHub:
    """A server that sends its responses in turn, then repeats the last one, and records the requests."""

    def __init__(self) -> None:
        self.responses = [Response()]
        self.requests: list[tuple[str, str, str | None]] = []
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                github.requests.append((self.command, self.path, self.headers["Authorization"]))
                response = github.responses.pop(0) if len(github.responses) > 1 else github.responses[0]
                content = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
                self.send_response(response.status)
                headers = {"Content-Type": "application/json", "X-GitHub-Request-Id": "1:2:3"} | {**response.headers}
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def github() -> Iterator[GitHub]:
    github = GitHub()
    with github.server:
        thread = threading.Thread(target=github.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield github
        github.server.shutdown()
        thread.join()


COMMAND = [sys.executable, "-m", "runner_registration"]


def environment(github: GitHub | None = None, **variables: str) -> dict[str, str]:
    """Return this environment without hosts, credentials and proxies."""
    foreign = (
        "GH_",
        "GITHUB_",
        "RUNNER_REGISTRATION_",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "PYTHONIO",
        "PYTHONUN",
        "PYTHONUTF8",
    )
    environ = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
    if github is not None:
        environ |= {"GITHUB_API_URL": github.url, "GH_TOKEN": SECRET}
    return environ | {"PATH": ""} | variables


def run(
    *arguments: str, github: GitHub | None = None, stdin: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    # Without an input, standard input is empty, not the terminal of whoever runs the tests.
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(github, **variables),
        input=stdin or "",
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def assert_failed(result: subprocess.CompletedProcess[str], code: int, *texts: str) -> None:
    """Check for an exit code, one line on standard error, nothing on standard output, and no credential anywhere."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("runner-registration: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert SECRET not in result.stderr
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
def test_prints_the_requested_format(github: GitHub, form: str, printed: str) -> None:
    result = run("token", "octo-org", "--format", form, github=github)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed.replace("{site}", github.url), "")
    assert github.requests == [("POST", "/orgs/octo-org/actions/runners/registration-token", f"Bearer {SECRET}")]


def test_prints_the_token_alone_by_default(github: GitHub) -> None:
    assert run("token", "octo-org", github=github).stdout == f"{TOKEN}\n"


def test_sends_the_request_to_the_host_of_the_url(github: GitHub) -> None:
    result = run("token", f"{github.url}/octo-org", "--format", "config", GH_TOKEN=SECRET, GH_HOST="ghes.example")
    assert result.stdout == f"./config.sh --url {github.url}/octo-org --token {TOKEN}\n"
    assert len(github.requests) == 1


def test_sends_the_request_to_base_url_and_prints_the_url_for_the_runner(github: GitHub) -> None:
    url = "https://github.com/octo-org/"
    result = run("token", url, "--base-url", github.url, "--format", "config", GH_TOKEN=SECRET)
    assert result.stdout == f"./config.sh --url https://github.com/octo-org/ --token {TOKEN}\n"
    assert [path for _, path, _ in github.requests] == ["/orgs/octo-org/actions/runners/registration-token"]


def test_sends_the_request_to_the_override_and_prints_the_url_for_the_runner(github: GitHub) -> None:
    variables = {
        "RUNNER_REGISTRATION_API_URL": github.url,
        "GITHUB_API_URL": "https://ghes.example/api/v3",
        "GH_TOKEN": SECRET,
        "GH_ENTERPRISE_TOKEN": "never-sent-to-loopback",
    }
    for organization, base_url in (
        ("https://ghes.example/octo-org", []),
        ("https://ghes.example/octo-org", ["--base-url", "https://other.example"]),
    ):
        arguments = ("token", organization, *base_url, "--format", "config")
        result = run(*arguments, github=None, **variables)
        assert result.stdout == f"./config.sh --url https://ghes.example/octo-org --token {TOKEN}\n", result.stderr
    sent = ("POST", "/orgs/octo-org/actions/runners/registration-token", f"Bearer {SECRET}")
    assert github.requests == [sent, sent]


def test_an_override_that_is_not_loopback_is_a_usage_error(github: GitHub) -> None:
    override = {"RUNNER_REGISTRATION_API_URL": "https://ghes.example"}
    assert_failed(run("token", "octo-org", github=github, **override), 2, "RUNNER_REGISTRATION_API_URL", "loopback")
    assert github.requests == []


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


def error_classes(root: type[_errors.RunnerRegistrationError]) -> Iterator[type[_errors.RunnerRegistrationError]]:
    yield root
    for kind in root.__subclasses__():
        yield from error_classes(kind)


def test_every_error_has_an_exit_code() -> None:
    codes = {
        kind.__name__: _cli.exit_code(kind.__new__(kind)) for kind in error_classes(_errors.RunnerRegistrationError)
    }
    assert codes == {
        "RunnerRegistrationError": 1,
        "APIStatusError": 1,
        "RedirectError": 1,
        "APIVersionError": 1,
        "BadRequestError": 1,
        "UnprocessableEntityError": 1,
        "InvalidOrganizationError": 2,
        "APIConnectionError": 3,
        "APITimeoutError": 3,
        "ProxyError": 3,
        "InternalServerError": 3,
        "CredentialError": 4,
        "AuthenticationError": 4,
        "PermissionDeniedError": 4,
        "SSORequiredError": 4,
        "NotFoundError": 4,
        "RateLimitError": 5,
        "InvalidResponseError": 6,
    }


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
        ("API version retired", 1),
        ("no JSON", 1),
        ("errors of a 422", 1),
        ("taken down", 1),
        ("a proxy's own 407", 1),
        ("load balancer", 3),
        ("bad credentials", 4),
        ("no admin", 4),
        ("SAML", 4),
        ("not found", 4),
        ("secondary, 429", 5),
        ("a page", 6),
        ("a token that is null", 6),
        ("a token of two lines", 6),
        ("200 instead of 201", 6),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(github: GitHub, name: str, code: int) -> None:
    response = RESPONSES[name]
    body = response.body.encode() if isinstance(response.body, str) else response.body
    github.responses = [Response(response.status, body, response.headers)]
    arguments = ("token", "octo-org", "--format", "env", "--max-wait", "0")
    assert_failed(run(*arguments, github=github), code, *response.says)


def test_a_refused_connection_is_a_network_error(github: GitHub) -> None:
    github.server.server_close()
    assert_failed(run("token", "octo-org", "--max-wait", "0", github=github), 3)


@pytest.mark.parametrize("organization", ["", ".", "..", "octo\norg", "octo-org/hello-world", "github.com/octo-org"])
def test_an_invalid_organization_is_a_usage_error(github: GitHub, organization: str) -> None:
    assert_failed(run("token", organization, github=github), 2)
    assert_failed(run("token", organization, github=github, GH_TOKEN=""), 2)
    assert github.requests == []


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
        (["token", "https://api.github.com/orgs/octo-org"], "URL of an API"),
        (["token", "https://github.com/%40octo-org"], "organization"),
        (["token", "https://github.com/octo-org/hello-world"], "URL of a repository"),
        (["token", "https://github.com/enterprises/octo-corp"], "URL of an enterprise"),
        (["token", "https://github.com"], "does not name an organization"),
    ],
)
def test_reports_a_usage_error_in_one_line(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", SECRET)
    code = _cli.main(arguments)
    printed = capsys.readouterr()
    assert_failed(subprocess.CompletedProcess(arguments, code, printed.out, printed.err), 2, text)


# --- Credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--token", SECRET],
        [f"--token={SECRET}"],
        ["--credential", SECRET],
        ["--pat", SECRET],
        [f"--password={SECRET}"],
        [f"--github-token={SECRET}"],
        ["--github-token", SECRET],
        [f"-p{SECRET}"],
        ["octo-org", SECRET],
        ["--format", SECRET],
        ["--timeout", SECRET],
        ["--base-url", f"https://octocat:{SECRET}@github.com"],
    ],
)
@pytest.mark.parametrize("before", [[], ["token"], ["token", "octo-org"]], ids=len)
def test_refuses_a_credential_in_an_argument_and_does_not_show_it(
    arguments: list[str], before: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = _cli.main([*before, *arguments])
    printed = capsys.readouterr()
    assert_failed(subprocess.CompletedProcess(arguments, code, printed.out, printed.err), 2)


def test_says_why_a_credential_in_an_argument_is_refused_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["token", "octo-org", "--token", SECRET]) == 2
    printed = capsys.readouterr().err
    for words in ("never taken from an argument", "history", "GH_TOKEN", "--credential-file"):
        assert words in printed


def test_says_where_it_looked_for_a_credential() -> None:
    result = run("token", "octo-org", "--base-url", "https://ghes.example", GH_TOKEN=SECRET)
    assert_failed(
        result, 4, "ghes.example", "GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN", "never sent to this host"
    )


def test_refuses_plain_http_unless_allowed(github: GitHub) -> None:
    arguments = ("token", "octo-org", "--base-url", "http://ghes.invalid/api/v3", "--max-wait", "0")
    assert_failed(run(*arguments, GH_ENTERPRISE_TOKEN=SECRET), 4, "plain http")
    result = run(*arguments, "--allow-http", GH_ENTERPRISE_TOKEN=SECRET)
    # 1 if DNS says that the name does not exist, 3 if DNS does not respond.
    assert_failed(result, 1 if "unknown" in result.stderr else 3, "Cannot resolve ghes.invalid")


def test_reads_a_credential_from_a_file_or_from_standard_input(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_bytes(b"\xef\xbb\xbf from-file \r\n")
    assert run("token", "octo-org", "--credential-file", str(file), github=github).returncode == 0
    assert run("token", "octo-org", "--credential-file", "-", github=github, stdin="from-stdin\n").returncode == 0
    assert [authorization for *_, authorization in github.requests] == ["Bearer from-file", "Bearer from-stdin"]


@pytest.mark.parametrize("content", ["", " \n", f"{SECRET}\n{SECRET}\n", f"{SECRET}\x00", "\ud800", "x" * 100_000])
def test_does_not_send_what_is_not_a_credential(github: GitHub, tmp_path: Path, content: str) -> None:
    file = tmp_path / "credential"
    file.write_bytes(content.encode(errors="surrogatepass"))
    assert_failed(run("token", "octo-org", "--credential-file", str(file), github=github), 4)
    assert github.requests == []


def test_does_not_show_the_name_of_a_credential_file_as_it_may_be_the_credential(github: GitHub) -> None:
    result = run("token", "octo-org", "--credential-file", SECRET, github=github)
    assert_failed(result, 4, "--credential-file", "No such file")


@pytest.mark.parametrize(
    "variables",
    [
        {"SSL_CERT_FILE": "/nowhere"},
        {"HTTPS_PROXY": f"http://octocat:{SECRET}@proxy.example:port"},
        {"SSLKEYLOGFILE": "/nowhere/keys"},
    ],
    ids=str,
)
def test_reports_an_invalid_environment_variable_without_its_password(
    variables: dict[str, str],
) -> None:
    result = run("token", "octo-org", github=None, GH_TOKEN=SECRET, **variables)
    assert_failed(result, 2, next(iter(variables)))


@posix
def test_reports_a_closed_standard_input(github: GitHub) -> None:
    assert_failed(shell('exec "$@" <&-', "--credential-file", "-", github=github), 4, "--credential-file")


# --- Files ------------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("before", [None, 0o644, 0o400])
def test_writes_a_file_that_only_its_owner_can_read(github: GitHub, tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "runner.env"
    if before is not None:
        file.write_text("an older and longer content, for everyone to read")
        file.chmod(before)
    result = run("token", "octo-org", "--format", "env", "--output", str(file), github=github)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "option", ["--output", "--base-url", "--credential-file", "--format", "--timeout", "--max-wait"]
)
def test_an_empty_argument_is_a_usage_error(github: GitHub, option: str) -> None:
    assert_failed(run("token", "octo-org", option, "", github=github), 2, option)
    assert_failed(run("token", f"{github.url}/octo-org", f"{option}=", github=github), 2, option)
    assert github.requests == []


def test_a_dash_is_standard_output(github: GitHub) -> None:
    assert run("token", "octo-org", "--output", "-", github=github).stdout == f"{TOKEN}\n"


def test_replaces_a_file_only_on_success(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "runner.env"
    file.write_text("before")
    github.responses = [Response(404, {"message": "Not Found"})]
    assert_failed(run("token", "octo-org", "--output", str(file), github=github), 4)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_requests_no_token_that_could_not_be_written(github: GitHub, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    for name, reason in {
        "": "it is a directory",
        "link": "it is a symbolic link",
        "missing/runner.env": "there is no such directory",
        "x" * 256: "File name too long",
        os.fsdecode(b"missing/\xff\n"): "there is no such directory",
    }.items():
        assert_failed(run("token", "octo-org", "--output", str(tmp_path / name), github=github), 1, reason)
    assert github.requests == []
    assert (tmp_path / "target").read_text() == "before"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="even root cannot write to /proc")
def test_reports_a_file_system_that_refuses_files(github: GitHub) -> None:
    result = run("token", "octo-org", "--output", "/proc/token", github=github)
    assert_failed(result, 1, "/proc/token cannot be written")
    assert github.requests == []


READ_ONLY_DIRECTORY = "mount --bind directory directory && mount -o remount,bind,ro directory"
NEW_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
can_mount = (
    shutil.which("unshare") and not subprocess.run([*NEW_MOUNTS, "true"], capture_output=True, check=False).returncode
)


@pytest.mark.skipif(not can_mount, reason="requires Linux and unprivileged user namespaces")
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
    github: GitHub, tmp_path: Path, mount: str, output: str, reason: str | None
) -> None:
    (tmp_path / "host").touch(mode=0o644)
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory" / "file").write_text("before")
    command = shlex.join([*COMMAND, "token", "octo-org", "--output", output])
    result = subprocess.run(
        [*NEW_MOUNTS, "sh", "-c", f"{mount} && {command} && cat {output} && stat -c %a {output}"],
        env=environment(github, PATH=os.environ["PATH"]),
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    if reason is None:
        assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n600\n", "")
    else:
        assert_failed(result, 1, reason)
    assert len(github.requests) == (reason is None)
    left = {path.name for path in tmp_path.rglob("*")}
    assert left - {"new"} == {"host", "directory", "file"}


# --- Standard streams and signals -------------------------------------------------------------------------------------


def shell(script: str, *arguments: str, github: GitHub, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a shell, which sets up its streams; the command is "$@" there."""
    return subprocess.run(
        ["/bin/sh", "-c", script, "sh", *COMMAND, "token", "octo-org", *arguments],
        env=environment(github, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@posix
def test_reports_a_closed_standard_output_before_the_request(github: GitHub) -> None:
    assert_failed(shell('exec "$@" >&-', github=github), 1, "Standard output cannot be written: it is closed")
    assert github.requests == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_reports_a_full_standard_output(github: GitHub) -> None:
    assert_failed(shell('exec "$@" >/dev/full', github=github), 1, "No space left")


@posix
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_is_the_same(github: GitHub, redirection: str) -> None:
    github.responses = [Response(404, {"message": "Not Found"})]
    result = shell(f'exec "$@" {redirection}', github=github)
    assert (result.returncode, result.stdout) == (4, "")


@posix
@pytest.mark.parametrize("arguments", [["token", "octo-org"], ["--help"], ["token", "--help"], ["--version"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reports_a_closed_pipe_in_one_line(github: GitHub, arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        result = subprocess.run(
            [*COMMAND, *arguments],
            env=environment(github, PYTHONUNBUFFERED=unbuffered),
            stdout=closed,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == "runner-registration: Standard output cannot be written: Broken pipe.\n"


LIMITED = Response(429, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "30"})


@contextlib.contextmanager
def waiting(github: GitHub, *arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command while it waits, and the line that it printed before."""
    github.responses = [LIMITED]
    with subprocess.Popen(
        [*COMMAND, "token", "octo-org", *arguments],
        env=environment(github),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        try:
            yield process, process.stderr.readline()
        finally:
            process.kill()


def test_reports_a_wait_when_it_begins(github: GitHub) -> None:
    with waiting(github) as (process, line):
        assert process.poll() is None
        assert line.startswith("runner-registration: ")
        assert "secondary rate limit" in line
        assert "30" in line


def test_reports_a_deprecation_and_prints_the_token(github: GitHub) -> None:
    github.responses = [Response(headers={"Deprecation": "@1893456000", "Sunset": "Tue, 01 Jan 2030 00:00:00 GMT"})]
    result = run("token", "octo-org", github=github)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    assert result.stderr.startswith("runner-registration: Warning: ")
    assert result.stderr.count("\n") == 1
    assert run("token", "octo-org", github=github, PYTHONWARNINGS="error").stdout == f"{TOKEN}\n"


@posix
@pytest.mark.parametrize(
    ("signal_number", "message", "code"),
    [(signal.SIGINT, "Interrupted.", 130), (signal.SIGTERM, "Terminated.", 143)],
)
def test_a_signal_is_one_line_and_an_exit_code(
    github: GitHub, tmp_path: Path, signal_number: int, message: str, code: int
) -> None:
    with waiting(github, "--output", str(tmp_path / "runner.env")) as (process, _):
        process.send_signal(signal_number)
        assert process.communicate(timeout=30) == ("", f"runner-registration: {message}\n")
        assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_second_signal_changes_nothing(github: GitHub) -> None:
    with waiting(github) as (process, _):
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.communicate() == ("", "runner-registration: Terminated.\n")
        assert process.returncode == 143


IN_A_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
can_be_first = (
    shutil.which("unshare")
    and not subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True, check=False).returncode
)


@pytest.mark.skipif(not can_be_first, reason="requires Linux and unprivileged user namespaces")
def test_sigterm_ends_the_first_process_of_a_container(github: GitHub) -> None:
    github.responses = [LIMITED]
    # A signal from outside the namespace comes from a parent of the first process, as with `docker stop`.
    with subprocess.Popen(
        [*IN_A_CONTAINER, *COMMAND, "token", "octo-org"],
        env=environment(github, PATH=os.environ["PATH"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as unshare:
        try:
            assert unshare.stderr is not None
            assert "rate limit" in unshare.stderr.readline()
            children = f"/proc/{unshare.pid}/task/{unshare.pid}/children"
            (first,) = Path(children).read_text().split()
            os.kill(int(first), signal.SIGTERM)
            assert unshare.communicate(timeout=30) == ("", "runner-registration: Terminated.\n")
            assert unshare.returncode == 143
        finally:
            unshare.kill()


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
    assert SECRET not in result.stderr
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
            Response(404, {"message": "Not Found"}),
            {"error": "NotFoundError", "exit_code": 4, "status_code": 404, "request_id": "1:2:3"},
        ),
        (
            Response(429, {"message": "secondary rate limit"}, {"Retry-After": "120"}),
            {
                "error": "RateLimitError",
                "exit_code": 5,
                "status_code": 429,
                "request_id": "1:2:3",
                "retry_after": 120,
            },
        ),
        (Response(201, b"<html>Sign in</html>"), {"error": "InvalidResponseError", "exit_code": 6}),
        (
            Response(201, {"token": "A\nB", "expires_at": "2099-01-22T12:13:35Z"}),
            {"error": "InvalidResponseError", "exit_code": 6},
        ),
        (
            Response(503, b"Non trouv\xe9 \x1b[31m", {"X-GitHub-Request-Id": ""}),
            {"error": "InternalServerError", "exit_code": 3, "status_code": 503},
        ),
    ],
    ids=lambda value: value.status if isinstance(value, Response) else None,
)
def test_prints_the_error_of_a_response_as_json(
    github: GitHub, response: Response, expected: dict[str, object]
) -> None:
    github.responses = [response]
    error = parsed(run("token", "octo-org", *JSON, github=github))
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
        (["token", "octo-org", "--error-format", "json", "--token", SECRET], "UsageError", 2),
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
    found = parsed(run(*arguments, github=None, GH_TOKEN=SECRET))
    assert set(found) == {"error", "message", "exit_code"}
    assert str(found["message"]).isprintable()
    assert (found["error"], found["exit_code"]) == (error, code)


@pytest.mark.parametrize("arguments", [["--error-format", "text"], ["--error-format", "json", "--error-format=text"]])
def test_the_last_error_format_counts(arguments: list[str]) -> None:
    assert_failed(run("token", "..", *arguments), 2)


def test_json_has_no_notices(github: GitHub) -> None:
    again = Response(429, {"message": "secondary rate limit"}, {"Retry-After": "1"})
    github.responses = [again, Response(404, {"message": "Not Found"}, {"Deprecation": "@1893456000"})]
    assert parsed(run("token", "octo-org", "--error-format", "json", github=github))["status_code"] == 404
    github.responses = [again, Response()]
    result = run("token", "octo-org", "--error-format", "json", github=github)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n", "")


@posix
def test_prints_a_signal_as_json(github: GitHub) -> None:
    github.responses = [LIMITED]
    with subprocess.Popen(
        [*COMMAND, "token", "octo-org", "--error-format", "json"],
        env=environment(github),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        while not github.requests:
            time.sleep(0.01)
        time.sleep(0.2)  # until it waits
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=30)
    found = parsed(subprocess.CompletedProcess([], process.returncode, stdout, stderr))
    assert found == {"error": "Terminated", "message": "Terminated.", "exit_code": 143}


# --- Encodings --------------------------------------------------------------------------------------------------------

C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONIOENCODING": "ascii:strict"}], ids=["locale", "streams"])
def test_prints_the_text_of_a_server_in_any_encoding(github: GitHub, variables: dict[str, str]) -> None:
    github.responses = [Response(404, {"message": "Non trouv\u00e9 \u2013 \U0001f937"})]
    assert_failed(run("token", "octo-org", github=github, **variables), 4, "Non trouv")


@posix
@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONUTF8": "1", "PYTHONIOENCODING": "ascii:strict"}])
@pytest.mark.parametrize("name", [b"org-\xc3\xa9", b"org-\xff", b"\xe2\x80\xaeorg"])
def test_refuses_names_of_any_bytes_in_any_locale(github: GitHub, name: bytes, variables: dict[str, str]) -> None:
    assert_failed(run("token", os.fsdecode(name), github=github, **variables), 2, "organization")
    assert github.requests == []


# --- Help -------------------------------------------------------------------------------------------------------------


def test_prints_the_version_of_the_package() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"runner-registration {_version.__version__}\n")


# --- Token stores -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "variable", "user"])
def test_commands_share_a_token_by_a_store(how: str, github: GitHub, tmp_path: Path) -> None:
    store = tmp_path / "cache" / "runner-registration" / "tokens" if how == "user" else tmp_path / "tokens"
    variables = {"RUNNER_REGISTRATION_STORE": str(store)} if how == "variable" else {}
    options = {"option": ["--store", str(store)], "variable": [], "user": ["--store", "user"]}[how]
    if how == "user":
        variables = dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path / "cache"))
    github.responses = [fresh("AAA"), fresh("BBB")]
    results = [run("token", "octo-org", *options, github=github, **variables) for _ in range(2)]
    assert [(result.stdout, result.stderr) for result in results] == [("AAA\n", "")] * 2
    assert len(github.requests) == 1
    if sys.platform != "darwin" or how != "user":
        assert [path.suffix for path in store.iterdir() if path.suffix == ".token"] == [".token"]


def fresh(token: str, lives: timedelta = timedelta(hours=1)) -> Response:
    return Response(body={"token": token, "expires_at": (datetime.now(UTC) + lives).isoformat()})


@pytest.mark.parametrize(
    ("min_valid", "expected"), [([], "BBB"), (["--min-valid", "200"], "AAA"), (["--min-valid", "3600"], "BBB")]
)
def test_min_valid_decides_whether_a_token_of_the_store_is_used(
    min_valid: list[str], expected: str, github: GitHub, tmp_path: Path
) -> None:
    github.responses = [fresh("AAA", timedelta(minutes=5)), fresh("BBB")]
    for options in ([], min_valid):
        result = run("token", "octo-org", "--store", str(tmp_path), *options, github=github)
    assert result.stdout == f"{expected}\n"


def test_without_a_store_each_command_requests_a_token(github: GitHub) -> None:
    for _ in range(2):
        assert run("token", "octo-org", "--min-valid", "0", github=github).returncode == 0
    assert len(github.requests) == 2


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
    options: list[str], variables: dict[str, str], text: str, github: GitHub
) -> None:
    result = run("token", "octo-org", *options, github=github, **variables)
    assert_failed(result, 2, text)
    assert "PASS" not in result.stderr
    assert github.requests == []


@pytest.mark.parametrize("error_format", ["text", "json"])
def test_a_store_that_fails_costs_a_warning(error_format: str, github: GitHub) -> None:
    where = "redis://:PASSWORD@127.0.0.1:9/0"
    options = ("--error-format", error_format)
    result = run("token", "octo-org", *options, github=github, RUNNER_REGISTRATION_STORE=where)
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
