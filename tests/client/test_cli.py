"""The command line, called in this process, against a real server."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import FrameType

import pytest

from runner_registration import _cli, _errors, _version
from runner_registration.testing import RegistrationServer
from tests.responses import CREDENTIAL, PATH, RESPONSES, SUCCESS, TOKEN

from .loopback import Server, created, http, refusal
from .shown import leaked
from .test_github_app import PKCS1_TEXT, PUBLIC_TEXT

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


def environment(server: Server | None = None, **variables: str) -> dict[str, str]:
    """Return variables for an environment without programs and credentials, except for those of the server."""
    leading = {"GITHUB_API_URL": server.url, "GH_TOKEN": CREDENTIAL} if server else {}
    return {**leading, "PATH": "", **variables}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command. Its options are arguments, and its variables are keyword arguments."""

    def run(*arguments: str, server: Server | None = None, stdin: str = "", **variables: str) -> Result:
        for name, value in environment(server, **variables).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = _cli.main(arguments)
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, printed.out, printed.err)

    return run


def assert_failed(result: Result, code: int, *texts: str) -> None:
    """Check for an exit code, one line on standard error, nothing on standard output, and no credential anywhere."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("runner-registration: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert not leaked(CREDENTIAL, result.stderr)
    for text in texts:
        assert text in result.stderr


def sent_to(server: Server) -> list[tuple[str, str, str | None]]:
    return [(request.method, request.path, request.headers.get("authorization")) for request in server.requests]


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
def test_prints_the_requested_format(server: Server, form: str, printed: str, run: Run) -> None:
    server.respond(http(201, SUCCESS))
    result = run("token", "octo-org", "--format", form, server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed.replace("{site}", server.url), "")
    assert sent_to(server) == [("POST", PATH, f"Bearer {CREDENTIAL}")]


@pytest.mark.parametrize(
    ("arguments", "variables", "url"),
    [
        (["SERVER/octo-org"], {"GH_HOST": "ghes.example"}, "SERVER/octo-org"),
        (["https://github.com/octo-org/", "--base-url", "SERVER"], {}, "https://github.com/octo-org/"),
        (
            ["https://ghes.example/octo-org", "--base-url", "https://other.example"],
            {"RUNNER_REGISTRATION_API_URL": "SERVER", "GH_ENTERPRISE_TOKEN": "never-sent-to-loopback"},
            "https://ghes.example/octo-org",
        ),
        (["https://github.com/orgs/octo-org/people", "--base-url", "SERVER"], {}, "https://github.com/octo-org"),
    ],
)
def test_sends_the_request_to_the_api_and_prints_the_url_for_the_runner(
    arguments: list[str], variables: dict[str, str], url: str, *, server: Server, run: Run
) -> None:
    arguments = [argument.replace("SERVER", server.url) for argument in arguments]
    variables = {name: value.replace("SERVER", server.url) for name, value in variables.items()}
    result = run("token", *arguments, "--format", "config", GH_TOKEN=CREDENTIAL, **variables)
    assert result.stdout == f"./config.sh --url {url.replace('SERVER', server.url)} --token {TOKEN}\n"
    assert sent_to(server) == [("POST", PATH, f"Bearer {CREDENTIAL}")]


EXPIRES_AT = datetime(2099, 1, 22, 12, 13, 35, tzinfo=timezone(timedelta(hours=-8)))
URL = "https://ghes.example/it's&more"


@pytest.mark.parametrize("form", ["token", "json", "env", "config", "mask"])
@pytest.mark.parametrize(
    "token",
    [
        *(
            "",
            " ",
            "A B",
            "A\n",
            "A\u2028B",
            "A\x1b[2J",
            "A'B",
            "--help",
            "\u00c0",
            "A;reboot",
            "$(reboot)",
            "`reboot`",
        ),
        *("A\nLD_PRELOAD=/evil.so", "A\r::set-env name=PATH::/evil", "A%0A::error::"),
    ],
)
def test_never_prints_a_token_that_could_be_read_as_more(form: str, token: str) -> None:
    with pytest.raises(_cli._Failure, match="contains characters that no token has") as caught:
        _cli._render(form, token, EXPIRES_AT, URL)
    assert caught.value.code == 6


@pytest.mark.parametrize("token", [TOKEN, "A.B-C_D~E+F/G==", "a"])
def test_a_shell_reads_any_other_token_unchanged(token: str) -> None:
    assert shlex.split(_cli._render("config", token, EXPIRES_AT, URL)) == [
        *("./config.sh", "--url", URL, "--token", token)
    ]
    assert shlex.split(_cli._render("env", token, EXPIRES_AT, URL)) == [f"ACTIONS_RUNNER_INPUT_TOKEN={token}"]


# --- Exit codes -------------------------------------------------------------------------------------------------------


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
def test_a_failure_is_one_line_and_an_exit_code(name: str, code: int, server: Server, run: Run) -> None:
    response = RESPONSES[name]
    server.respond(http(response.status, response.body, headers=dict(response.headers)))
    result = run("token", "octo-org", "--format", "env", "--max-wait", "0", server=server)
    assert_failed(result, code, *response.says)


def test_a_connection_error_that_another_attempt_will_not_fix_is_not_a_reason_to_try_again() -> None:
    assert _cli.exit_code(_errors.APIConnectionError("Connection refused.")) == 3
    assert _cli.exit_code(_errors.APIConnectionError("The certificate cannot be verified.", retryable=False)) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "required"),
        (["tokens"], "invalid choice"),
        (["token"], "ORG|URL"),
        (["token", ""], "organization"),
        (["token", "octo\norg"], "organization"),
        (["token", "octo-org", "octo-org"], "Only one organization"),
        (["token", "octo-org", "--format", "yaml"], "'json'"),
        (["token", "octo-org", "--out", "x"], "Unknown option --out"),
        (["token", "octo-org", "-x"], "Unknown option -x"),
        (["token", "octo-org", "--allow-http=yes"], "--allow-http: does not take a value"),
        (["token", "octo-org", "--error-format", "xml"], "'json'"),
        (["token", "octo-org", "--error-format", "json", "--error-format=text", "-x"], "Unknown option -x"),
        (["token", "octo-org", "--timeout", "2147484"], "number of seconds"),
        (["token", "octo-org", "--timeout", "0"], "more than 0"),
        (["token", "octo-org", "--timeout", "-1"], "number of seconds"),
        (["token", "octo-org", "--timeout", "nan"], "number of seconds"),
        (["token", "octo-org", "--timeout", "soon"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "inf"], "number of seconds"),
        (["token", "octo-org", "--max-wait", "1e300"], "number of seconds"),
        (["token", "octo-org", "--min-valid", "ten"], "number of seconds"),
        (["token", "octo-org", "--base-url", "ftp://ghes.example"], "https://"),
        (["token", "https://github.com/octo-org/hello-world"], "URL of a repository"),
    ],
)
def test_reports_a_usage_error_in_one_line(arguments: list[str], text: str, run: Run) -> None:
    assert_failed(run(*arguments, GH_TOKEN=CREDENTIAL), 2, text)


@pytest.mark.parametrize(
    "option", ["--output", "--base-url", "--credential-file", "--format", "--timeout", "--max-wait", "--store"]
)
def test_an_empty_argument_is_a_usage_error(option: str, run: Run) -> None:
    assert_failed(run("token", "octo-org", option, ""), 2, option)
    assert_failed(run("token", "octo-org", f"{option}="), 2, option)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere"),
        ("HTTPS_PROXY", f"http://octocat:{CREDENTIAL}@proxy.example:port"),
        ("SSLKEYLOGFILE", "/nowhere/keys"),
    ],
)
def test_reports_an_invalid_environment_variable_without_its_password(name: str, value: str, run: Run) -> None:
    assert_failed(run("token", "octo-org", GH_TOKEN=CREDENTIAL, **{name: value}), 2, name)


def test_leaves_the_signal_handler_of_a_program_that_calls_it(run: Run) -> None:
    def own_handler(_number: int, _frame: FrameType | None) -> None: ...

    before = signal.getsignal(signal.SIGTERM)
    for handler in (before, own_handler):
        signal.signal(signal.SIGTERM, handler)
        try:
            assert run("token", "octo-org").returncode == 4
            assert signal.getsignal(signal.SIGTERM) is handler
        finally:
            signal.signal(signal.SIGTERM, before)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(run, "token", "octo-org").result().returncode == 4


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
    arguments: list[str], before: list[str], run: Run
) -> None:
    assert_failed(run(*before, *arguments), 2)


@pytest.mark.parametrize("option", ["--token", "--credential", "--pat", "--password"])
def test_says_why_a_credential_in_an_argument_is_refused_and_what_to_do(option: str, run: Run) -> None:
    words = ("never taken from an argument", "history", "GH_TOKEN", "--credential-file")
    assert_failed(run("token", "octo-org", option, CREDENTIAL), 2, *words)


def test_refuses_plain_http_unless_allowed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    arguments = ("token", "octo-org", "--base-url", "http://ghes.example/api/v3")
    assert_failed(run(*arguments, GH_ENTERPRISE_TOKEN=CREDENTIAL), 4, "plain http")
    assert_failed(run(*arguments, "--allow-http"), 1, "Cannot resolve ghes.example: the host name is unknown")


def test_reads_a_credential_from_a_file_or_from_standard_input(server: Server, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "credential"
    file.write_bytes(b"\xef\xbb\xbf from-file \r\n")
    assert run("token", "octo-org", "--credential-file", str(file), server=server).returncode == 0
    assert run("token", "octo-org", "--credential-file", "-", server=server, stdin="from-stdin\n").returncode == 0
    assert [authorization for *_, authorization in sent_to(server)] == ["Bearer from-file", "Bearer from-stdin"]


@pytest.mark.parametrize(
    "content", ["", " \n", f"{CREDENTIAL}\n{CREDENTIAL}\n", f"{CREDENTIAL}\x00", "\ud800", "x" * 100_000]
)
def test_does_not_send_what_is_not_a_credential(server: Server, tmp_path: Path, content: str, run: Run) -> None:
    file = tmp_path / "credential"
    file.write_bytes(content.encode(errors="surrogatepass"))
    assert_failed(run("token", "octo-org", "--credential-file", str(file), server=server), 4)
    assert server.requests == []


def test_does_not_show_the_name_of_a_credential_file_as_it_may_be_the_credential(run: Run) -> None:
    assert_failed(run("token", "octo-org", "--credential-file", CREDENTIAL), 4, "--credential-file", "No such file")


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "app.pem"
    path.write_text(PKCS1_TEXT)
    return str(path)


@pytest.mark.parametrize(
    ("options", "variables", "requests"),
    [
        (["--app-id", "Iv1.1234", "--app-key-file", "KEY"], {}, 3),
        (["--app-id", "1", "--app-key-file", "-", "--app-installation-id", "1001"], {}, 2),
        ([], {"GITHUB_APP_ID": "123456", "GITHUB_APP_PRIVATE_KEY_PATH": "KEY"}, 3),
    ],
    ids=["file", "standard input", "environment"],
)
def test_signs_in_as_a_github_app(
    options: list[str], variables: dict[str, str], requests: int, key: str, run: Run
) -> None:
    options = [key if option == "KEY" else option for option in options]
    variables = {name: key if value == "KEY" else value for name, value in variables.items()}
    with RegistrationServer(app_public_key=PUBLIC_TEXT) as github:
        result = run("token", "octo-org", *options, stdin=PKCS1_TEXT, **{**github.environ, **variables})
        assert (result.returncode, result.stderr) == (0, "")
        assert len(github.requests) == requests


BOTH = ["--app-id", "1", "--app-key-file", "KEY"]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--app-id", "1"], 2, "requires both --app-id and --app-key-file"),
        (["--app-key-file", "KEY"], 2, "requires both --app-id and --app-key-file"),
        (["--app-installation-id", "1"], 2, "requires both --app-id and --app-key-file"),
        ([*BOTH, "--credential-file", "KEY"], 2, "exclude each other"),
        ([*BOTH, "--app-installation-id", "0"], 2, "must be the number"),
        ([*BOTH, "--app-installation-id", "9" * 5000], 2, "must be the number"),
        (["--app-id", "1", "--app-key-file", "/nowhere.pem"], 4, "--app-key-file cannot be read: No such file"),
        (["--app-id", "1 2", "--app-key-file", "KEY"], 4, "client ID of the GitHub App is empty or not valid"),
    ],
)
def test_half_an_app_is_one_line_that_says_what_is_missing(
    options: list[str], code: int, says: str, key: str, run: Run
) -> None:
    assert_failed(run("token", "octo-org", *(key if option == "KEY" else option for option in options)), code, says)


# --- Files ------------------------------------------------------------------------------------------------------------


@posix
def test_writes_a_file_that_only_its_owner_can_read(server: Server, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "runner.env"
    file.write_text("an older and longer content, for everyone to read")
    result = run("token", "octo-org", "--format", "env", "--output", str(file), server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_dash_is_standard_output(server: Server, run: Run) -> None:
    assert run("token", "octo-org", "--output", "-", server=server).stdout == f"{TOKEN}\n"


def test_replaces_a_file_only_on_success(server: Server, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "runner.env"
    file.write_text("before")
    server.respond(refusal(404, "Not Found"))
    assert_failed(run("token", "octo-org", "--output", str(file), server=server), 4)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


# --- Notices, and errors as JSON --------------------------------------------------------------------------------------

JSON = ("--max-wait", "0", "--error-format", "json")


def parsed(result: Result) -> dict[str, object]:
    assert result.stdout == ""
    assert CREDENTIAL not in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    error: dict[str, object] = json.loads(result.stderr)
    assert error["exit_code"] == result.returncode
    assert str(error["message"]).isprintable()
    assert error.pop("message")
    return error


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            refusal(404, "Not Found"),
            {"error": "NotFoundError", "exit_code": 4, "status_code": 404, "request_id": "D1CE:1234:5678"},
        ),
        (
            http(429, headers={"Retry-After": "120", "Date": "Mon, 21 Sep 2026 14:13:20 GMT"}),
            {
                "error": "RateLimitError",
                "exit_code": 5,
                "status_code": 429,
                "retry_after": 120,
                "resets_at": "2026-09-21T14:15:20Z",
            },
        ),
        (http(201, "<html>Sign in</html>"), {"error": "InvalidResponseError", "exit_code": 6}),
        (http(503, b"Non trouv\xe9 \x1b[31m"), {"error": "InternalServerError", "exit_code": 3, "status_code": 503}),
    ],
    ids=["request ID", "times", "contract", "text"],
)
def test_prints_the_error_of_a_response_as_json(
    server: Server, response: bytes, expected: dict[str, object], run: Run
) -> None:
    server.respond(response)
    assert parsed(run("token", "octo-org", *JSON, server=server)) == expected


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
        (["token", "octo-org", *JSON, "--output", "/proc/token"], "OutputError", 1),  # not even by root
        (["token", "octo-org", *JSON, "--output", os.fsdecode(b"/nowhere/\xff\n")], "OutputError", 1),
        (["token", "octo-org", *JSON, "--credential-file", "/nowhere"], "CredentialError", 4),
        (["token", "octo-org", *JSON, "--base-url", "ghes.example"], "CredentialError", 4),
    ],
)
def test_prints_every_other_error_as_json(
    arguments: list[str], error: str, code: int, server: Server, run: Run
) -> None:
    assert parsed(run(*arguments, server=server)) == {"error": error, "exit_code": code}
    assert server.requests == []


@pytest.mark.usefixtures("quick")
def test_text_has_notices_and_json_has_none(server: Server, run: Run) -> None:
    responses = [refusal(503, "Busy"), http(201, SUCCESS, headers={"Deprecation": "@1893456000"})]
    server.respond(*responses)
    result = run("token", "octo-org", server=server)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    assert re.fullmatch(
        r"runner-registration: .* 503 .*\nrunner-registration: Warning: .* \(deprecated: .*\n", result.stderr
    )
    server.respond(*responses)
    result = run("token", "octo-org", "--error-format", "json", server=server)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{TOKEN}\n", "")


# --- Token stores -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "variable", "user"])
def test_commands_share_a_token_by_a_store(how: str, server: Server, tmp_path: Path, run: Run) -> None:
    options, variables, folder = {
        "option": (["--store", str(tmp_path)], {}, ""),
        "variable": ([], {"RUNNER_REGISTRATION_STORE": str(tmp_path)}, ""),
        "user": (
            ["--store", "user"],
            dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), str(tmp_path)),
            "runner-registration/tokens",
        ),
    }[how]
    server.respond(created(token="AAA"), created(token="BBB"))
    results = [run("token", "octo-org", *options, server=server, **variables) for _ in range(2)]
    assert [(result.stdout, result.stderr) for result in results] == [("AAA\n", "")] * 2
    assert len(server.requests) == 1
    if sys.platform != "darwin" or how != "user":
        assert len([*(tmp_path / folder).glob("*.token")]) == 1


@pytest.mark.parametrize(
    ("options", "expected"), [([], "BBB"), (["--min-valid", "200"], "AAA"), (["--min-valid", "3600"], "BBB")]
)
def test_min_valid_decides_whether_a_token_of_the_store_is_used(
    options: list[str], expected: str, server: Server, tmp_path: Path, run: Run
) -> None:
    server.respond(created(token="AAA", lives=timedelta(minutes=5)), created(token="BBB"))
    run("token", "octo-org", "--store", str(tmp_path), server=server)
    assert run("token", "octo-org", "--store", str(tmp_path), *options, server=server).stdout == f"{expected}\n"


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
    options: list[str], variables: dict[str, str], text: str, server: Server, *, run: Run
) -> None:
    result = run("token", "octo-org", *options, server=server, **variables)
    assert_failed(result, 2, text)
    assert "PASS" not in result.stderr
    assert server.requests == []


@pytest.mark.parametrize(("error_format", "warnings"), [("text", 1), ("json", 0)])
def test_a_store_that_fails_costs_a_warning(error_format: str, warnings: int, server: Server, run: Run) -> None:
    where = "redis://:PASSWORD@127.0.0.1:9/0"
    options = ("--error-format", error_format)
    result = run("token", "octo-org", *options, server=server, RUNNER_REGISTRATION_STORE=where)
    assert (result.returncode, result.stdout) == (0, f"{TOKEN}\n")
    warning = "The RedisTokenStore cannot be used: redis.exceptions.ConnectionError. Tokens are requested without it"
    assert result.stderr == f"runner-registration: {warning} for 60 s.\n" * warnings


# --- Help -------------------------------------------------------------------------------------------------------------


def test_prints_the_version_of_the_package(run: Run) -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"runner-registration {_version.__version__}\n")


def test_help_lists_formats_variables_and_exit_codes(run: Run) -> None:
    result = run("token", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    for words in ("--credential-file", "GH_ENTERPRISE_TOKEN", "ACTIONS_RUNNER_INPUT_TOKEN", "admin:org", "config.sh"):
        assert words in result.stdout
    for code in _cli.Exit:
        assert f"\n  {code} " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120
