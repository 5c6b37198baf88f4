"""Which credential is sent where. The worst that this package could do is to send one to the wrong host."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

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
    pytest.param("GITHUB.COM.", {}, CLOUD, id="upper case, closing dot"),
    pytest.param("github.com:8443", {}, CLOUD, id="another port of it"),
    pytest.param("https://github.com/api/v3", {}, CLOUD, id="with a path"),
    pytest.param("acme.ghe.com", {}, CLOUD, id="tenant"),
    pytest.param("https://api.acme.ghe.com", {}, CLOUD, id="tenant's API"),
    pytest.param("ghes.example", {}, ENTERPRISE, id="Enterprise Server"),
    pytest.param(
        "https://ghes.example/api/v3", {"GH_HOST": "ghes.example"}, ENTERPRISE, id="GH_HOST trusts no further"
    ),
    pytest.param("10.0.0.7", {}, ENTERPRISE, id="private address"),
    # In a job of GitHub Actions, GITHUB_TOKEN is for the server that the job belongs to.
    pytest.param("ghes.example", ACTIONS_ON_A_SERVER, CLOUD + ENTERPRISE, id="server of the job"),
    pytest.param("GHES.example:443", ACTIONS_ON_A_SERVER, CLOUD + ENTERPRISE, id="server of the job, spelt otherwise"),
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
    # Hosts that look like GitHub's, and are anybody's.
    pytest.param("api.github.com.evil.example", {}, ENTERPRISE, id="suffix"),
    pytest.param("github.com.evil.example", {}, ENTERPRISE, id="suffix of the site"),
    pytest.param("evilghe.com", {}, ENTERPRISE, id="no tenant"),
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
    pytest.param("0.0.0.0", {}, ENTERPRISE, id="unspecified address"),  # noqa: S104 - an address to be asked, not bound
]


@pytest.mark.parametrize(("host", "environ", "meant"), MEANT_FOR)
def test_a_host_gets_the_credentials_meant_for_it_in_order(
    host: str, environ: dict[str, str], meant: tuple[str, ...]
) -> None:
    credentials = {name: f"value-of-{name}" for name in VARIABLES}
    for position, name in enumerate(meant):
        assert resolve(host, environ | credentials) == f"value-of-{name}", f"{position}. choice"
        credentials[name] = " "
    with pytest.raises(CredentialError):
        resolve(host, environ | credentials)


def test_without_a_credential_the_error_says_what_was_looked_at() -> None:
    with pytest.raises(CredentialError) as caught:
        resolve("ghes.example", {"GH_TOKEN": SECRET})
    assert str(caught.value) == (
        "No credential for ghes.example: set GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN, "
        "or log in with `gh auth login --hostname ghes.example` (GH_TOKEN set, but never sent to this host)"
    )
    with pytest.raises(CredentialError) as caught:
        resolve("localhost:4010", {})
    assert str(caught.value) == "No credential for localhost:4010: set GH_TOKEN or GITHUB_TOKEN"


# --- Plain http -------------------------------------------------------------------------------------------------------


def from_callable() -> str:
    return SECRET


@pytest.mark.parametrize("credential", [SECRET, from_callable, httpx.BasicAuth("octocat", SECRET), None])
@pytest.mark.parametrize(
    ("base_url", "loopback"),
    [
        ("http://127.0.0.1:4010", True),
        ("http://localhost:4010", True),
        ("http://[::1]:4010", True),
        ("http://[::ffff:127.0.0.1]:4010", True),
        ("http://api.github.com", False),
        ("http://ghes.example/api/v3", False),
        ("http://10.0.0.7/api/v3", False),
        ("http://0.0.0.0:4010", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://evil.localhost", False),
    ],
)
def test_over_plain_http_a_credential_goes_to_loopback_only(
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


# --- A credential of the caller's own ---------------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [from_callable, httpx.BasicAuth("octocat", SECRET)])
def test_a_callable_and_an_auth_are_kept_as_they_are(credential: Callable[[], str] | httpx.Auth) -> None:
    base_url = "https://api.github.com"
    got = _credentials.resolve_credential(credential, base_url=base_url, allow_http=False, environ=NOWHERE)
    assert got is credential


def test_an_empty_credential_is_not_replaced_by_another() -> None:
    environ = NOWHERE | {"GH_TOKEN": SECRET}
    with pytest.raises(CredentialError, match="empty"):
        _credentials.resolve_credential("", base_url="https://api.github.com", allow_http=False, environ=environ)


@pytest.mark.parametrize("credential", [b"bytes", ("octocat", SECRET), 7])
def test_a_credential_of_another_kind_is_refused(credential: object) -> None:
    with pytest.raises(TypeError, match=r"a callable that returns one, or an httpx\.Auth, not a ") as caught:
        _credentials.resolve_credential(
            credential,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - what is tested
            base_url="https://api.github.com",
            allow_http=False,
            environ=NOWHERE,
        )
    assert SECRET not in repr(caught.value)


@pytest.mark.parametrize("around", ["{}", " {}", "{}\n", "\t{}\r\n", "\u00a0{}\u2003"])
def test_white_space_around_a_credential_is_stripped(around: str) -> None:
    assert _credentials.clean(around.format(SECRET)) == SECRET


@pytest.mark.parametrize(
    "inner", [" ", "\t", "\n", "\r\n", "\r\nX-Evil: 1\r\n", "\x00", "\x1b[31m", "\x7f", "\x85", "\u00a0", "\u200b", "é"]
)
def test_any_other_character_that_fits_no_header_is_refused_unprinted(inner: str) -> None:
    unfit = f"SECRET{inner}SECRET"
    with pytest.raises(CredentialError, match=r"^The credential holds white space, control characters") as given:
        _credentials.clean(unfit)
    with pytest.raises(CredentialError, match=r"^The credential in GH_TOKEN holds white space") as found:
        resolve("github.com", {"GH_TOKEN": unfit, "GITHUB_TOKEN": "a-second-choice-for-no-bad-first"})
    for caught in (given, found):
        assert "SECRET" not in repr(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nothing", ["", " ", "\n", None, b"bytes", 7])
def test_what_a_callable_returns_must_be_a_string_with_something_in_it(nothing: object) -> None:
    with pytest.raises(CredentialError):
        _credentials.clean(nothing)


# --- gh ---------------------------------------------------------------------------------------------------------------

GH = f"""#!{sys.executable}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
(here / "asked.json").write_text(json.dumps({{"argv": sys.argv[1:], "environ": dict(os.environ)}}))
exec((here / "answer.py").read_text())
"""


@pytest.fixture
def gh(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Install a `gh` that answers with the Python given; returns the environment in which it is found."""

    def install(answer: str) -> dict[str, str]:
        (tmp_path / "answer.py").write_text(answer)
        (tmp_path / "gh").write_text(GH)
        (tmp_path / "gh").chmod(0o755)
        return {"PATH": str(tmp_path)}

    return install


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for gh is a script with a #! line")


@needs_posix
@pytest.mark.parametrize(
    ("host", "asked", "foreign"),
    [
        ("github.com", "github.com", ENTERPRISE),
        ("https://api.github.com", "github.com", ENTERPRISE),
        ("https://api.acme.ghe.com", "acme.ghe.com", ENTERPRISE),
        ("https://ghes.example/api/v3", "ghes.example", CLOUD),
        ("ghes.example:8443", "ghes.example:8443", CLOUD),
        ("api.github.com.evil.example", "api.github.com.evil.example", CLOUD),
    ],
)
def test_gh_is_asked_for_the_host_alone_and_sees_none_of_the_variables(
    host: str, asked: str, foreign: tuple[str, ...], gh: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    # In a codespace gh would take GITHUB_TOKEN for any server.
    environ = gh(f"print({SECRET!r})") | {"GH_CONFIG_DIR": "/kept", "CODESPACES": "true"}
    assert resolve(host, environ | dict.fromkeys(foreign, "foreign")) == SECRET
    seen = json.loads((tmp_path / "asked.json").read_text())
    assert seen["argv"] == ["auth", "token", "--hostname", asked]
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
def test_gh_is_not_asked_where_it_would_answer_for_another_host(
    host: str, gh: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    with pytest.raises(CredentialError):
        resolve(host, gh(f"print({SECRET!r})"))
    assert not (tmp_path / "asked.json").exists()


@needs_posix
def test_a_variable_comes_before_gh(gh: Callable[[str], dict[str, str]], tmp_path: Path) -> None:
    assert resolve("github.com", gh("print('gho_other')") | {"GITHUB_TOKEN": SECRET}) == SECRET
    assert not (tmp_path / "asked.json").exists()


@needs_posix
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param("sys.exit('no oauth token found for github.com')", "No credential", id="not logged in"),
        pytest.param("print(' ')", "No credential", id="nothing said"),
        pytest.param("print('SECRET'); sys.exit(1)", "No credential", id="failed"),
        pytest.param("print('SECRET SECRET')", "gh auth token` holds white space", id="two words"),
        pytest.param("sys.stdout.buffer.write(b'SECRET\\xff')", "gh auth token` holds white space", id="no text"),
    ],
)
def test_an_answer_of_gh_is_a_credential_or_none(answer: str, why: str, gh: Callable[[str], dict[str, str]]) -> None:
    with pytest.raises(CredentialError, match=why) as caught:
        resolve("github.com", gh(answer))
    assert "SECRET" not in repr(caught.value)
    assert caught.value.__context__ is None


@needs_posix
def test_a_gh_that_hangs_is_given_up(gh: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_credentials, "_GH_SECONDS", 0.2)
    started = time.perf_counter()
    with pytest.raises(CredentialError, match="No credential"):
        resolve("github.com", gh("time.sleep(60)"))
    assert time.perf_counter() - started < 30


@needs_posix
def test_a_gh_in_the_working_directory_is_not_run(
    gh: Callable[[str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gh(f"print({SECRET!r})")
    monkeypatch.chdir(tmp_path)
    for path in ("", ".", ":/nowhere"):
        with pytest.raises(CredentialError):
            resolve("github.com", {"PATH": path})
    assert not (tmp_path / "asked.json").exists()
