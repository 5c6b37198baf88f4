"""Which credential is sent to which host. Sending one to the wrong host would be the worst bug of this package."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runner_registration import _credentials, _hosts
from runner_registration._errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CLOUD = ("GH_TOKEN", "GITHUB_TOKEN")
ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
VARIABLES = CLOUD + ENTERPRISE

NOWHERE = {"PATH": ""}
"""An environment without gh."""

SECRET = "ghp_SECRETSECRETSECRET"


def resolve(host: str, environ: Mapping[str, str], *, allow_http: bool = False) -> object:
    base_url = _hosts.resolve_base_url(host, environ)
    return _credentials.resolve_credential(
        None, base_url=base_url, allow_http=allow_http, environ=NOWHERE | {**environ}
    )


ACTIONS_ON_A_SERVER = {"GITHUB_API_URL": "https://ghes.example/api/v3"}
LOCAL = "http://127.0.0.1:4010"
OVERRIDDEN = {_hosts.OVERRIDE: LOCAL}

MEANT_FOR = [
    pytest.param("github.com", {}, CLOUD, id="github.com"),
    pytest.param("https://api.github.com", {}, CLOUD, id="its API"),
    pytest.param("GITHUB.COM.", {}, CLOUD, id="upper case, trailing dot"),
    pytest.param("www.github.com", {}, CLOUD, id="www"),
    pytest.param("https://www.github.com/api/v3", {}, CLOUD, id="www with a path"),
    pytest.param("github.com:8443", {}, CLOUD, id="another port of it"),
    pytest.param("https://github.com/api/v3", {}, CLOUD, id="with a path"),
    pytest.param("acme.ghe.com", {}, CLOUD, id="tenant"),
    pytest.param("https://api.acme.ghe.com", {}, CLOUD, id="tenant's API"),
    pytest.param("ghes.example", {}, ENTERPRISE, id="Enterprise Server"),
    pytest.param("https://ghes.example/api/v3", {"GH_HOST": "ghes.example"}, ENTERPRISE, id="GH_HOST adds no trust"),
    pytest.param("10.0.0.7", {}, ENTERPRISE, id="private address"),
    # In a job of GitHub Actions, GITHUB_TOKEN is for the server that the job belongs to.
    pytest.param("ghes.example", ACTIONS_ON_A_SERVER, CLOUD + ENTERPRISE, id="server of the job"),
    pytest.param(
        "GHES.example:443", ACTIONS_ON_A_SERVER, CLOUD + ENTERPRISE, id="server of the job, in another spelling"
    ),
    pytest.param("ghes.example", {"GITHUB_API_URL": "GHES.EXAMPLE"}, CLOUD + ENTERPRISE, id="server named by host"),
    pytest.param("ghes.example:8443", ACTIONS_ON_A_SERVER, ENTERPRISE, id="another port of it is another server"),
    pytest.param("other.example", ACTIONS_ON_A_SERVER, ENTERPRISE, id="not the server of the job"),
    pytest.param("ghes.example.evil.example", ACTIONS_ON_A_SERVER, ENTERPRISE, id="like the server of the job"),
    pytest.param("github.com", ACTIONS_ON_A_SERVER, CLOUD, id="github.com from a server's job"),
    pytest.param("github.com", {"GITHUB_API_URL": "https://api.github.com"}, CLOUD, id="github.com's own job"),
    pytest.param("ghes.example", {"GITHUB_API_URL": "https://a:b@ghes.example"}, ENTERPRISE, id="unreadable API URL"),
    pytest.param("http://127.0.0.1:4010", {}, CLOUD, id="loopback"),
    pytest.param("localhost:4010", {}, CLOUD, id="loopback by name"),
    pytest.param("http://[::1]:4010", {}, CLOUD, id="loopback of IPv6"),
    pytest.param("https://localhost", {}, CLOUD, id="loopback over TLS"),
    pytest.param("ghes.example", OVERRIDDEN, CLOUD, id="overridden"),
    pytest.param("ghes.example", OVERRIDDEN | {"GITHUB_API_URL": LOCAL}, CLOUD, id="overridden, as in the harness"),
    pytest.param("github.com", OVERRIDDEN | ACTIONS_ON_A_SERVER, CLOUD, id="overridden in a server's job"),
    # Hosts that look like GitHub's and belong to someone else
    pytest.param("api.github.com.evil.example", {}, ENTERPRISE, id="suffix"),
    pytest.param("github.com.evil.example", {}, ENTERPRISE, id="suffix of the site"),
    pytest.param("www.github.com.evil.example", {}, ENTERPRISE, id="suffix of www"),
    pytest.param("wwwgithub.com", {}, ENTERPRISE, id="www without a dot"),
    pytest.param("evilghe.com", {}, ENTERPRISE, id="not a tenant"),
    pytest.param("ghe.com", {}, ENTERPRISE, id="no tenant at all"),
    pytest.param("acme.ghe.com.evil.example", {}, ENTERPRISE, id="suffix of a tenant"),
    pytest.param("acme-ghe.com", {}, ENTERPRISE, id="dash"),
    pytest.param("evilgithub.com", {}, ENTERPRISE, id="prefix"),
    pytest.param("api-github.com", {}, ENTERPRISE, id="dash in the API"),
    pytest.param("pages.github.com", {}, ENTERPRISE, id="below github.com"),
    pytest.param("github.co", {}, ENTERPRISE, id="cut short"),
    pytest.param("https://evil.example/api.github.com", {}, ENTERPRISE, id="in the path"),
    pytest.param("https://evil.example/@github.com", {}, ENTERPRISE, id="in the path, behind an at sign"),
    pytest.param("xn--gthub-n4a.com", {}, ENTERPRISE, id="IDN"),
    pytest.param("127.0.0.1.evil.example", {}, ENTERPRISE, id="like loopback"),
    pytest.param("localhost.evil.example", {}, ENTERPRISE, id="like localhost"),
    pytest.param("evil.localhost", {}, ENTERPRISE, id="below localhost"),
    pytest.param("0.0.0.0", {}, ENTERPRISE, id="unspecified address"),  # noqa: S104 - it is not bound
]


@pytest.mark.parametrize(("host", "environ", "meant"), MEANT_FOR)
def test_a_host_gets_only_the_credentials_meant_for_it_in_order(
    host: str, environ: dict[str, str], meant: tuple[str, ...]
) -> None:
    credentials = {name: f"value-of-{name}" for name in VARIABLES}
    for position, name in enumerate(meant):
        assert resolve(host, environ | credentials) == f"value-of-{name}", f"{position}. choice"
        credentials[name] = " "
    with pytest.raises(CredentialError):
        resolve(host, environ | credentials)


@pytest.mark.parametrize(
    ("environ", "others"),
    [
        ({}, ""),
        ({"GH_TOKEN": SECRET}, " GH_TOKEN is set, but is never sent to this host."),
        (dict.fromkeys(CLOUD, SECRET), " GH_TOKEN and GITHUB_TOKEN are set, but are never sent to this host."),
    ],
)
def test_the_error_for_no_credential_says_where_it_looked(environ: dict[str, str], others: str) -> None:
    with pytest.raises(CredentialError) as caught:
        resolve("ghes.example", environ)
    assert str(caught.value) == (
        "No credential for ghes.example. Set GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN, "
        f"or log in with `gh auth login --hostname ghes.example`.{others}"
    )


def test_the_error_for_the_server_of_a_job_names_all_variables() -> None:
    with pytest.raises(CredentialError, match="Set GH_TOKEN, GITHUB_TOKEN, GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE"):
        resolve("ghes.example", ACTIONS_ON_A_SERVER)


def test_the_error_for_loopback_does_not_suggest_gh() -> None:
    with pytest.raises(CredentialError) as caught:
        resolve("localhost:4010", {})
    assert str(caught.value) == "No credential for localhost:4010. Set GH_TOKEN or GITHUB_TOKEN."


# --- Plain http -------------------------------------------------------------------------------------------------------


def from_callable() -> str:
    return SECRET


@pytest.mark.parametrize("credential", [SECRET, from_callable, httpx.BasicAuth("octocat", SECRET), None])
@pytest.mark.parametrize(
    ("base_url", "loopback"),
    [
        ("http://127.0.0.1:4010", True),
        ("http://api.github.com", False),
        ("http://ghes.example/api/v3", False),
        ("http://127.0.0.1.evil.example", False),
    ],
)
def test_sends_a_credential_over_plain_http_to_loopback_only(
    credential: str | Callable[[], str] | httpx.Auth | None, base_url: str, *, loopback: bool
) -> None:
    environ = NOWHERE | dict.fromkeys(VARIABLES, SECRET)

    def send(*, allow_http: bool) -> object:
        return _credentials.resolve_credential(credential, base_url=base_url, allow_http=allow_http, environ=environ)

    assert send(allow_http=True) == (credential or SECRET)
    if loopback:
        assert send(allow_http=False) == (credential or SECRET)
    else:
        with pytest.raises(CredentialError, match=r"plain http.*allow_http") as caught:
            send(allow_http=False)
        assert SECRET not in repr(caught.value)


@pytest.mark.parametrize("allow_http", ["false", "0", "", 1, None])
def test_refuses_an_allow_http_that_is_not_a_bool(allow_http: Any) -> None:
    with pytest.raises(TypeError, match=f"^allow_http must be True or False, not {type(allow_http).__name__}$"):
        resolve("http://ghes.example", {"GH_ENTERPRISE_TOKEN": SECRET}, allow_http=allow_http)


# --- The caller's own credential ------------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [from_callable, httpx.BasicAuth("octocat", SECRET)])
def test_returns_a_callable_or_an_auth_as_it_is(credential: Callable[[], str] | httpx.Auth) -> None:
    base_url = "https://api.github.com"
    got = _credentials.resolve_credential(credential, base_url=base_url, allow_http=False, environ=NOWHERE)
    assert got is credential


def test_an_empty_credential_is_not_the_same_as_none() -> None:
    environ = NOWHERE | {"GH_TOKEN": SECRET}
    with pytest.raises(CredentialError, match="is empty"):
        _credentials.resolve_credential("", base_url="https://api.github.com", allow_http=False, environ=environ)


@pytest.mark.parametrize(
    ("credential", "kind"),
    [(SECRET.encode(), "bytes"), (bytearray(SECRET, "ascii"), "bytearray"), (("octocat", SECRET), "tuple"), (7, "int")],
)
def test_refuses_a_credential_of_another_type(credential: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"^credential must be a string, .*, not {kind}$") as caught:
        _credentials.resolve_credential(
            credential, base_url="https://api.github.com", allow_http=False, environ=NOWHERE
        )
    traceback = caught.value.__traceback__
    assert traceback is not None
    assert traceback.tb_next is not None
    assert SECRET not in repr(traceback.tb_next.tb_frame.f_locals)


@pytest.mark.parametrize("around", ["{}", " {}", "{}\n", "\t{}\r\n", "\u00a0{}\u2003"])
def test_strips_white_space_around_a_credential(around: str) -> None:
    assert _credentials.clean(around.format(SECRET)) == SECRET


@pytest.mark.parametrize(
    "inner", [" ", "\t", "\n", "\r\n", "\r\nX-Evil: 1\r\n", "\x00", "\x1b[31m", "\x7f", "\x85", "\u00a0", "\u200b", "é"]
)
def test_refuses_characters_that_no_credential_has_and_does_not_show_them(inner: str) -> None:
    invalid = f"SECRET{inner}SECRET"
    with pytest.raises(CredentialError, match=r"^The credential contains white space, control characters") as given:
        _credentials.clean(invalid)
    with pytest.raises(CredentialError, match=r"^The credential in GH_TOKEN contains white space") as found:
        resolve("github.com", {"GH_TOKEN": invalid, "GITHUB_TOKEN": "not-used-instead-of-an-invalid-one"})
    for caught in (given, found):
        assert "SECRET" not in repr(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("credential", "message"),
    [
        # docker --env-file, YAML and shells leave quotes around a value.
        (f'"{SECRET}"', "has quotes around it"),
        (f"'{SECRET}'", "has quotes around it"),
        (f"`{SECRET}`", "has quotes around it"),
        (f' "{SECRET}"\n', "has quotes around it"),
        (f'"{SECRET}', "has quotes around it"),
        (f"{SECRET}'", "has quotes around it"),
        ('""', "has quotes around it"),
        ("'", "has quotes around it"),
        (f"\u201c{SECRET}\u201d", "contains .* non-ASCII characters"),
        # A header in place of its value
        (f"Bearer {SECRET}", "starts with the name of an authentication scheme"),
        (f"token {SECRET}", "starts with the name of an authentication scheme"),
        (f"Authorization: Bearer {SECRET}", "contains white space"),
        # Undecodable bytes of a variable, and the mark that Windows editors put in front of a file
        (f"{SECRET}\udcff", "contains .* non-ASCII characters"),
        (f"\ufeff{SECRET}", "contains .* non-ASCII characters"),
    ],
)
def test_refuses_a_credential_with_something_around_it(credential: str, message: str) -> None:
    with pytest.raises(CredentialError, match=f"^The credential {message}") as given:
        _credentials.clean(credential)
    with pytest.raises(CredentialError, match=f"^The credential in GITHUB_TOKEN {message}") as found:
        resolve("github.com", {"GH_TOKEN": " ", "GITHUB_TOKEN": credential})
    for caught in (given, found):
        assert SECRET not in repr(caught.value)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("value", ["", " ", "\n", None, b"bytes", 7])
def test_a_callable_must_return_a_string_that_is_not_empty(value: object) -> None:
    with pytest.raises(CredentialError, match=r"is empty\.|not a string\."):
        _credentials.clean(value)


# --- gh ---------------------------------------------------------------------------------------------------------------

GH = f"""#!{sys.executable}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
(here / "call.json").write_text(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ)}}))
exec((here / "script.py").read_text())
"""


@pytest.fixture
def gh(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Install a `gh` that runs this Python. Returns the environment in which it is found."""

    def install(script: str) -> dict[str, str]:
        (tmp_path / "script.py").write_text(script)
        (tmp_path / "gh").write_text(GH)
        (tmp_path / "gh").chmod(0o755)
        return {"PATH": str(tmp_path)}

    return install


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for gh is a script with a #! line")


@needs_posix
@pytest.mark.parametrize(
    ("host", "hostname", "foreign"),
    [
        ("github.com", "github.com", ENTERPRISE),
        ("https://api.github.com", "github.com", ENTERPRISE),
        ("https://api.acme.ghe.com", "acme.ghe.com", ENTERPRISE),
        ("https://ghes.example/api/v3", "ghes.example", CLOUD),
        ("ghes.example:8443", "ghes.example:8443", CLOUD),
        ("api.github.com.evil.example", "api.github.com.evil.example", CLOUD),
    ],
)
def test_runs_gh_for_exactly_the_host_without_the_variables(
    host: str, hostname: str, foreign: tuple[str, ...], gh: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    # In a codespace gh would take GITHUB_TOKEN for any server.
    environ = gh(f"print({SECRET!r})") | {"GH_CONFIG_DIR": "/kept", "CODESPACES": "true"}
    assert resolve(host, environ | dict.fromkeys(foreign, "foreign")) == SECRET
    seen = json.loads((tmp_path / "call.json").read_text())
    assert seen["argv"] == ["auth", "token", "--hostname", hostname]
    assert not set(VARIABLES) & set(seen["environ"])
    assert seen["environ"]["GH_CONFIG_DIR"] == "/kept"


@needs_posix
@pytest.mark.parametrize(
    "host",
    [
        pytest.param("localhost:4010", id="loopback"),
        pytest.param("http://127.0.0.1:4010", id="loopback address"),
        # gh would give the credential of another host for these.
        pytest.param("pages.github.com", id="below github.com"),
        pytest.param("evil.localhost", id="below localhost"),
        pytest.param("https://a.acme.ghe.com/api", id="below a tenant"),
    ],
)
def test_does_not_run_gh_for_a_host_that_it_treats_as_another(
    host: str, gh: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(CredentialError):
        resolve(host, gh(f"print({SECRET!r})"))
    assert not (tmp_path / "call.json").exists()


@needs_posix
def test_prefers_a_variable_to_gh(gh: Callable[[str], dict[str, str]], tmp_path: Path) -> None:
    assert resolve("github.com", gh("print('gho_other')") | {"GITHUB_TOKEN": SECRET}) == SECRET
    assert not (tmp_path / "call.json").exists()


NOT_FOUND = (
    "No credential for api.github.com. Set GH_TOKEN or GITHUB_TOKEN, "
    "or log in with `gh auth login --hostname github.com`."
)


@needs_posix
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param("sys.exit('no oauth token found for github.com')", "", id="not logged in"),
        pytest.param("sys.exit('no oauth token')", "", id="not logged in, older gh"),
        pytest.param("print(' ')", " `gh auth token` printed nothing.", id="no output"),
        pytest.param("sys.exit(4)", " `gh auth token` failed with exit status 4.", id="no message"),
        pytest.param(
            "print('SECRET'); sys.exit('unknown command \"token\" for \"gh auth\"\\n\\nUsage: gh auth')",
            ' `gh auth token` failed with exit status 1: unknown command "token" for "gh auth".',
            id="older gh",
        ),
        pytest.param(
            "sys.exit('failed to read configuration: open /etc/gh/hosts.yml: permission denied.')",
            " `gh auth token` failed with exit status 1: failed to read configuration: "
            "open /etc/gh/hosts.yml: permission denied.",
            id="configuration",
        ),
        pytest.param(
            f"sys.exit('\\x1b[31m' + 'x' * 1000 + {SECRET!r})",
            f" `gh auth token` failed with exit status 1: {'x' * 199}\u2026.",
            id="long, with a terminal sequence",
        ),
        pytest.param(
            f"sys.exit('refused for ' + {SECRET!r})",
            " `gh auth token` failed with exit status 1: refused for ***.",
            id="with a credential",
        ),
        pytest.param("os.kill(os.getpid(), 9)", " `gh auth token` was stopped by signal 9.", id="killed"),
    ],
)
def test_reports_a_gh_that_fails(script: str, problem: str, gh: Callable[[str], dict[str, str]]) -> None:
    with pytest.raises(CredentialError) as caught:
        resolve("github.com", gh(script))
    assert str(caught.value) == NOT_FOUND + problem
    assert caught.value.__context__ is None


@needs_posix
@pytest.mark.parametrize(
    "script",
    [
        pytest.param("print('SECRET SECRET')", id="two words"),
        pytest.param("sys.stdout.buffer.write(b'SECRET\\xff')", id="not text"),
    ],
)
def test_refuses_output_of_gh_that_is_not_a_credential(script: str, gh: Callable[[str], dict[str, str]]) -> None:
    with pytest.raises(CredentialError, match="gh auth token` contains white space") as caught:
        resolve("github.com", gh(script))
    assert "SECRET" not in repr(caught.value)
    assert caught.value.__context__ is None


@needs_posix
@pytest.mark.parametrize(
    "script",
    [
        "time.sleep(60)",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
        "import subprocess; subprocess.Popen(['/bin/sleep', '5'])",  # which keeps standard output open
    ],
)
def test_reports_a_gh_that_hangs(
    script: str, gh: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_credentials, "_GH_SECONDS", 0.2)
    started = time.perf_counter()
    with pytest.raises(CredentialError, match=r"`gh auth token` did not finish within 0\.2 s\."):
        resolve("github.com", gh(script))
    assert time.perf_counter() - started < 30


@needs_posix
@pytest.mark.parametrize("content", ["#!/nowhere/python\n", "\x7fELF but not really"])
def test_reports_a_gh_that_cannot_be_run(content: str, tmp_path: Path) -> None:
    (tmp_path / "gh").write_text(content)
    (tmp_path / "gh").chmod(0o755)
    with pytest.raises(CredentialError, match=r"`gh` cannot be run: \w[\w ]+\.$"):
        resolve("github.com", {"PATH": str(tmp_path)})


@needs_posix
def test_does_not_run_a_gh_in_the_working_directory(
    gh: Callable[[str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gh(f"print({SECRET!r})")
    monkeypatch.chdir(tmp_path)
    for path in ("", ".", ":/nowhere"):
        with pytest.raises(CredentialError):
            resolve("github.com", {"PATH": path})
    assert not (tmp_path / "call.json").exists()
