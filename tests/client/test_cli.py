"""The command line, run as people run it, against a server that really answers."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import pytest

from runner_registration import _cli, _errors, _version

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

TOKEN = "LLBF3JGZDX3P5PMEXLND6TS6FCWO6"
SECRET = "ghp_SECRETSECRETSECRETSECRETSECRET"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and devices of POSIX")


class Answer(NamedTuple):
    status: int = 201
    body: object = {"token": TOKEN, "expires_at": "2099-01-22T12:13:35.123-08:00"}
    headers: Mapping[str, str] = {}


class GitHub:
    """A server that gives its answers in turn, the last one again and again, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers = [Answer()]
        self.requests: list[tuple[str, str, str | None]] = []
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                github.requests.append((self.command, self.path, self.headers["Authorization"]))
                answer = github.answers.pop(0) if len(github.answers) > 1 else github.answers[0]
                content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", "X-GitHub-Request-Id": "1:2:3"} | {**answer.headers}
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

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
    """This environment without what decides where to ask, with which credential and through which proxy."""
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
    # Without an input of its own the command gets none, whoever runs the tests.
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(github, **variables),
        input=stdin or "",
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def assert_failed(result: subprocess.CompletedProcess[str], code: int, *told: str) -> None:
    """It failed as promised: an exit code, one line, nothing on standard output, and no credential anywhere."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("runner-registration: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert SECRET not in result.stderr
    for words in told:
        assert words in result.stderr


# --- What it prints ---------------------------------------------------------------------------------------------------


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
def test_standard_output_carries_what_was_asked_for(github: GitHub, form: str, printed: str) -> None:
    result = run("token", "octo-org", "--format", form, github=github)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed.replace("{site}", github.url), "")
    assert github.requests == [("POST", "/orgs/octo-org/actions/runners/registration-token", f"Bearer {SECRET}")]


def test_the_bare_token_is_the_default(github: GitHub) -> None:
    assert run("token", "octo-org", github=github).stdout == f"{TOKEN}\n"


def test_the_host_of_a_url_decides_where_to_ask(github: GitHub) -> None:
    result = run("token", f"{github.url}/octo-org", "--format", "config", GH_TOKEN=SECRET, GH_HOST="ghes.example")
    assert result.stdout == f"./config.sh --url {github.url}/octo-org --token {TOKEN}\n"
    assert len(github.requests) == 1


def test_base_url_decides_where_to_ask_and_the_url_is_kept_for_the_runner(github: GitHub) -> None:
    url = "https://github.com/octo-org/"
    result = run("token", url, "--base-url", github.url, "--format", "config", GH_TOKEN=SECRET)
    assert result.stdout == f"./config.sh --url https://github.com/octo-org/ --token {TOKEN}\n"
    assert [path for _, path, _ in github.requests] == ["/orgs/octo-org/actions/runners/registration-token"]


def test_the_override_gets_the_request_and_the_url_is_kept_for_the_runner(github: GitHub) -> None:
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


def test_an_override_that_leaves_the_machine_is_wrong_usage(github: GitHub) -> None:
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
def test_a_token_that_could_be_read_as_more_is_never_printed(form: str, token: str) -> None:
    with pytest.raises(_cli._Failure) as caught:
        _cli._render(form, token, EXPIRES_AT, URL)
    assert caught.value.code == 6
    assert str(caught.value).isprintable()
    assert "reboot" not in str(caught.value)


@pytest.mark.parametrize("token", [TOKEN, "A.B-C_D~E+F/G==", "a"])
def test_any_other_token_reaches_a_shell_as_it_is(token: str) -> None:
    line = _cli._render("config", token, EXPIRES_AT, "https://ghes.example/it's&more")
    assert shlex.split(line) == ["./config.sh", "--url", "https://ghes.example/it's&more", "--token", token]
    assert shlex.split(_cli._render("env", token, EXPIRES_AT, URL)) == [f"ACTIONS_RUNNER_INPUT_TOKEN={token}"]


def test_json_tells_the_time_in_utc() -> None:
    printed = json.loads(_cli._render("json", TOKEN, EXPIRES_AT, URL))
    assert printed == {"token": TOKEN, "expires_at": "2099-01-22T20:13:35Z"}
    assert datetime.fromisoformat(printed["expires_at"]).astimezone(UTC) == EXPIRES_AT


# --- Exit codes -------------------------------------------------------------------------------------------------------


def error_classes(root: type[_errors.RunnerRegistrationError]) -> Iterator[type[_errors.RunnerRegistrationError]]:
    yield root
    for kind in root.__subclasses__():
        yield from error_classes(kind)


def test_every_error_has_its_exit_code() -> None:
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


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(302, b"", {"Location": "https://evil.example/"}), 1),
        (Answer(422, {"message": "Validation Failed"}), 1),
        (Answer(502, b"<html>Bad Gateway</html>"), 3),
        (Answer(401, {"message": "Bad credentials"}), 4),
        (Answer(403, {"message": "Must have admin rights to Repository."}), 4),
        (Answer(404, {"message": "Not Found"}), 4),
        (Answer(429, {"message": "secondary rate limit"}, {"Retry-After": "120"}), 5),
        (Answer(201, b"<html>Sign in</html>", {"Content-Type": "text/html"}), 6),
        (Answer(201, {"token": None, "expires_at": "2099-01-22T12:13:35Z"}), 6),
        (Answer(201, {"token": "A\nGITHUB_ENV=/evil", "expires_at": "2099-01-22T12:13:35Z"}), 6),
        (Answer(200, {"token": TOKEN, "expires_at": "2099-01-22T12:13:35Z"}), 6),
    ],
    ids=lambda value: str(value.status) + str(value.body)[:20] if isinstance(value, Answer) else None,
)
def test_a_failure_is_one_line_and_a_code(github: GitHub, answer: Answer, code: int) -> None:
    github.answers = [answer]
    assert_failed(run("token", "octo-org", "--format", "env", "--max-wait", "0", github=github), code)


def test_nobody_there_is_a_failure_of_the_network(github: GitHub) -> None:
    github.server.server_close()
    assert_failed(run("token", "octo-org", "--max-wait", "0", github=github), 3)


@pytest.mark.parametrize("organization", ["", ".", "..", "octo\norg", "octo-org/hello-world", "github.com/octo-org"])
def test_an_invalid_organization_is_wrong_usage(github: GitHub, organization: str) -> None:
    assert_failed(run("token", organization, github=github), 2)
    assert_failed(run("token", organization, github=github, GH_TOKEN=""), 2)
    assert github.requests == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND"),
        (["tokens"], "invalid choice"),
        (["token"], "ORG|URL"),
        (["token", "octo-org", "octo-org"], "One organization"),
        (["token", "octo-org", "--format", "yaml"], "'json'"),
        (["token", "octo-org", "--out", "x"], "Unknown option --out"),
        (["token", "octo-org", "-x"], "Unknown option -x"),
        (["token", "octo-org", "--timeout", "0"], "more than 0"),
        (["token", "octo-org", "--timeout", "-1"], "number of seconds"),
        (["token", "octo-org", "--timeout", "nan"], "number of seconds"),
        (["token", "octo-org", "--timeout", "soon"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "inf"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "1e300"], "number of seconds"),
        (["token", "octo-org", "--base-url", "ftp://ghes.example"], "https://"),
        (["token", "https://github.com/octo-org", "--base-url", ""], "empty"),
        (["token", "https://github.com/octo-org/hello-world"], "URL of a repository"),
        (["token", "https://github.com/enterprises/octo-corp"], "URL of an enterprise"),
        (["token", "https://github.com"], "does not name an organization"),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", SECRET)
    code = _cli.main(arguments)
    printed = capsys.readouterr()
    assert_failed(subprocess.CompletedProcess(arguments, code, printed.out, printed.err), 2, told)


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
def test_a_credential_in_an_argument_is_refused_and_not_repeated(
    arguments: list[str], before: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = _cli.main([*before, *arguments])
    printed = capsys.readouterr()
    assert_failed(subprocess.CompletedProcess(arguments, code, printed.out, printed.err), 2)


def test_who_passes_a_credential_is_told_why_not_and_what_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["token", "octo-org", "--token", SECRET]) == 2
    told = capsys.readouterr().err
    for words in ("never taken from an argument", "history", "GH_TOKEN", "--credential-file"):
        assert words in told


def test_without_a_credential_it_says_where_it_looked() -> None:
    result = run("token", "octo-org", "--base-url", "https://ghes.example", GH_TOKEN=SECRET)
    assert_failed(
        result, 4, "ghes.example", "GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN", "never sent to this host"
    )


def test_plain_http_is_refused_unless_allowed(github: GitHub) -> None:
    arguments = ("token", "octo-org", "--base-url", "http://ghes.invalid/api/v3", "--max-wait", "0")
    assert_failed(run(*arguments, GH_ENTERPRISE_TOKEN=SECRET), 4, "plain http")
    assert_failed(run(*arguments, "--allow-http", GH_ENTERPRISE_TOKEN=SECRET), 3, "ghes.invalid")


def test_a_credential_is_read_from_a_file_or_from_standard_input(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_bytes(b"\xef\xbb\xbf from-file \r\n")
    assert run("token", "octo-org", "--credential-file", str(file), github=github).returncode == 0
    assert run("token", "octo-org", "--credential-file", "-", github=github, stdin="from-stdin\n").returncode == 0
    assert [authorization for *_, authorization in github.requests] == ["Bearer from-file", "Bearer from-stdin"]


@pytest.mark.parametrize("content", ["", " \n", f"{SECRET}\n{SECRET}\n", f"{SECRET}\x00", "\ud800", "x" * 100_000])
def test_what_is_no_credential_is_not_sent(github: GitHub, tmp_path: Path, content: str) -> None:
    file = tmp_path / "credential"
    file.write_bytes(content.encode(errors="surrogatepass"))
    assert_failed(run("token", "octo-org", "--credential-file", str(file), github=github), 4)
    assert github.requests == []


def test_a_credential_file_that_cannot_be_read_is_not_named_as_it_may_be_the_credential(github: GitHub) -> None:
    result = run("token", "octo-org", "--credential-file", SECRET, github=github)
    assert_failed(result, 4, "--credential-file", "No such file")


@pytest.mark.parametrize(
    "variables",
    [
        {"SSL_CERT_FILE": "/nowhere"},
        {"HTTPS_PROXY": f"http://octocat:{SECRET}@proxy.example:port"},
        {"NO_PROXY": "[::1"},
    ],
    ids=str,
)
def test_an_environment_that_makes_no_sense_is_wrong_usage_and_told_without_its_passwords(
    variables: dict[str, str],
) -> None:
    result = run("token", "octo-org", github=None, GH_TOKEN=SECRET, **variables)
    assert_failed(result, 2, next(iter(variables)))


@posix
def test_a_closed_standard_input_holds_no_credential(github: GitHub) -> None:
    assert_failed(shell('exec "$@" <&-', "--credential-file", "-", github=github), 4, "--credential-file")


# --- Files ------------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("before", [None, 0o644, 0o400])
def test_output_is_a_file_for_its_owner_alone(github: GitHub, tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "runner.env"
    if before is not None:
        file.write_text("an older and longer content, for everyone to read")
        file.chmod(before)
    result = run("token", "octo-org", "--format", "env", "--output", str(file), github=github)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_an_output_without_a_name_is_wrong_usage(github: GitHub) -> None:
    assert_failed(run("token", "octo-org", "--output", "", github=github), 2, "--output is empty")
    assert github.requests == []


def test_a_dash_is_standard_output(github: GitHub) -> None:
    assert run("token", "octo-org", "--output", "-", github=github).stdout == f"{TOKEN}\n"


def test_a_file_is_replaced_only_by_success(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "runner.env"
    file.write_text("before")
    github.answers = [Answer(404, {"message": "Not Found"})]
    assert_failed(run("token", "octo-org", "--output", str(file), github=github), 4)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_no_token_is_asked_for_if_it_could_not_be_written(github: GitHub, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    for name, reason in {
        "": "it is a directory",
        "link": "it is a symbolic link",
        "dangling": "it is a symbolic link",
        "fifo": "it is no regular file",
        "/dev/null": "it is no regular file",
        "missing/runner.env": "there is no such directory",
        "target/runner.env": "there is no such directory",
        "x" * 1000: "name too long",
    }.items():
        assert_failed(run("token", "octo-org", "--output", str(tmp_path / name), github=github), 1, reason)
    assert github.requests == []
    assert (tmp_path / "target").read_text() == "before"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116 - no reason to build a Path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc cannot be written to even by root")
def test_a_file_that_turns_out_to_be_unwritable_is_told(github: GitHub) -> None:
    assert_failed(
        run("token", "octo-org", "--output", "/proc/token", github=github), 1, "/proc/token cannot be written"
    )


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
def test_a_closed_standard_output_is_told_before_a_token_is_asked_for(github: GitHub) -> None:
    assert_failed(shell('exec "$@" >&-', github=github), 1, "Standard output cannot be written: it is closed")
    assert github.requests == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_full_standard_output_is_told(github: GitHub) -> None:
    assert_failed(shell('exec "$@" >/dev/full', github=github), 1, "No space left")


@posix
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_remains(github: GitHub, redirection: str) -> None:
    github.answers = [Answer(404, {"message": "Not Found"})]
    result = shell(f'exec "$@" {redirection}', github=github)
    assert (result.returncode, result.stdout) == (4, "")


@posix
@pytest.mark.parametrize("arguments", [["token", "octo-org"], ["--help"], ["token", "--help"], ["--version"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_went_away_is_told_in_one_line(github: GitHub, arguments: list[str], unbuffered: str) -> None:
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


LIMITED = Answer(429, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "30"})


@contextlib.contextmanager
def waiting(github: GitHub) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command while it waits, and what it said as it began to."""
    github.answers = [LIMITED]
    with subprocess.Popen(
        [*COMMAND, "token", "octo-org"],
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


def test_a_wait_is_told_as_it_begins(github: GitHub) -> None:
    with waiting(github) as (process, told):
        assert process.poll() is None
        assert told.startswith("runner-registration: ")
        assert "secondary rate limit" in told
        assert "30" in told


def test_a_withdrawal_that_the_server_announces_is_told_beside_the_token(github: GitHub) -> None:
    github.answers = [Answer(headers={"Deprecation": "@1893456000", "Sunset": "Tue, 01 Jan 2030 00:00:00 GMT"})]
    result = run("token", "octo-org", github=github)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    assert result.stderr.startswith("runner-registration: Warning: ")
    assert result.stderr.count("\n") == 1


@posix
def test_an_interrupt_is_a_line_and_130(github: GitHub) -> None:
    with waiting(github) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "runner-registration: Interrupted.\n")
        assert process.returncode == 130


C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONIOENCODING": "ascii:strict"}], ids=["locale", "streams"])
def test_no_encoding_is_too_poor_for_what_a_server_says(github: GitHub, variables: dict[str, str]) -> None:
    github.answers = [Answer(404, {"message": "Non trouv\u00e9 \u2013 \U0001f937"})]
    assert_failed(run("token", "octo-org", github=github, **variables), 4, "Non trouv")


@posix
@pytest.mark.parametrize("variables", [C_LOCALE, {"PYTHONUTF8": "1", "PYTHONIOENCODING": "ascii:strict"}])
@pytest.mark.parametrize("name", [b"org-\xc3\xa9", b"org-\xff", b"\xe2\x80\xaeorg"])
def test_refuses_names_of_any_bytes_in_any_locale(github: GitHub, name: bytes, variables: dict[str, str]) -> None:
    assert_failed(run("token", os.fsdecode(name), github=github, **variables), 2, "organization")
    assert github.requests == []


# --- Help -------------------------------------------------------------------------------------------------------------


def test_the_version_is_the_packages() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"runner-registration {_version.__version__}\n")


def test_help_tells_formats_variables_and_exit_codes() -> None:
    result = run("token", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    for words in ("--credential-file", "GH_ENTERPRISE_TOKEN", "ACTIONS_RUNNER_INPUT_TOKEN", "admin:org", "config.sh"):
        assert words in result.stdout
    for code in _cli.Exit:
        assert f"\n  {code} " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


@pytest.mark.parametrize("arguments", [["--help"], ["token", "--help"], ["--version"], ["token", "a", "--format", "b"]])
def test_what_needs_no_request_imports_nothing_that_a_request_needs(arguments: list[str]) -> None:
    script = (
        "import sys; from runner_registration._cli import main; main(sys.argv[1:]);"
        "print({'httpx', 'attr', 'ssl', 'asyncio', 'inspect', 'logging', 'importlib.metadata', 'shutil'}"
        "& set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment(), capture_output=True, text=True, check=True
    )
    assert result.stdout.endswith("set()\n")
