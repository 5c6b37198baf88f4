"""Which API a host or URL stands for, and which addresses are refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from runner_registration import _hosts

SECRET = "ghp_SECRETSECRETSECRET"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("github.com", "https://api.github.com"),
        ("GitHub.COM", "https://api.github.com"),
        ("github.com.", "https://api.github.com"),
        ("github.com:443", "https://api.github.com"),
        (" github.com\n", "https://api.github.com"),
        ("https://github.com", "https://api.github.com"),
        ("HTTPS://github.com///", "https://api.github.com"),
        ("api.github.com", "https://api.github.com"),
        ("https://api.github.com/", "https://api.github.com"),
        ("www.github.com", "https://api.github.com"),
        ("https://WWW.GitHub.com./", "https://api.github.com"),
        ("www.github.com:443", "https://api.github.com"),
        ("https://www.github.com/api/v3", "https://github.com/api/v3"),
        ("acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://ACME.ghe.com/", "https://api.acme.ghe.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        ("ghes.example", "https://ghes.example/api/v3"),
        ("ghes.example:8443", "https://ghes.example:8443/api/v3"),
        ("https://ghes.example", "https://ghes.example/api/v3"),
        ("https://ghes.example/api/v3/", "https://ghes.example/api/v3"),
        ("ghes.example/api/v3", "https://ghes.example/api/v3"),
        ("https://ghes.example/behind/a/proxy", "https://ghes.example/behind/a/proxy"),
        ("http://ghes.example", "http://ghes.example/api/v3"),
        ("http://ghes.example:80", "http://ghes.example/api/v3"),
        ("http://ghes.example:443", "http://ghes.example:443/api/v3"),
        ("api.ghes.example", "https://api.ghes.example"),
        ("github", "https://github/api/v3"),
        ("10.0.0.7", "https://10.0.0.7/api/v3"),
        ("[2001:DB8::0:7]:8443", "https://[2001:db8::7]:8443/api/v3"),
        ("localhost:4010", "http://localhost:4010"),
        ("127.0.0.1:4010", "http://127.0.0.1:4010"),
        ("http://127.0.0.1:4010/", "http://127.0.0.1:4010"),
        ("https://localhost:8443", "https://localhost:8443"),
        ("http://[::1]:4010", "http://[::1]:4010"),
        ("http://127.0.0.1:4010/api/v3", "http://127.0.0.1:4010/api/v3"),
        # Hosts that look like GitHub's
        ("www.github.com.evil.example", "https://www.github.com.evil.example/api/v3"),
        ("www.github.co", "https://www.github.co/api/v3"),
        ("wwwgithub.com", "https://wwwgithub.com/api/v3"),
        ("www.ghes.example", "https://www.ghes.example/api/v3"),
        ("api.github.com.evil.example", "https://api.github.com.evil.example"),
        ("github.com.evil.example", "https://github.com.evil.example/api/v3"),
        ("evilghe.com", "https://evilghe.com/api/v3"),
        ("ghe.com", "https://ghe.com/api/v3"),
        ("xn--gthub-n4a.com", "https://xn--gthub-n4a.com/api/v3"),
    ],
)
def test_resolves_a_host_or_url_to_its_api(address: str, url: str) -> None:
    assert _hosts.resolve_base_url(address, {}) == url
    assert _hosts.resolve_base_url(url, {}) == url, "its result resolves to itself"
    assert httpx.URL(url).netloc.decode() == _hosts.origin_of(url).authority, "httpx connects to the same host"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://api.github.com"),
        ({"GITHUB_API_URL": "", "GH_HOST": " "}, "https://api.github.com"),
        ({"GH_HOST": "ghes.example"}, "https://ghes.example/api/v3"),
        ({"GITHUB_API_URL": "https://api.acme.ghe.com", "GH_HOST": "ghes.example"}, "https://api.acme.ghe.com"),
    ],
)
def test_the_environment_is_used_without_an_argument(environ: dict[str, str], url: str) -> None:
    assert _hosts.resolve_base_url(None, environ) == url
    assert _hosts.resolve_base_url("ghes2.example", environ) == "https://ghes2.example/api/v3"


@pytest.mark.parametrize("name", ["GITHUB_API_URL", "GH_HOST", _hosts.OVERRIDE])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("ssh://ghes.example", "must start with https://"),
        ('"https://ghes.example"', "has quotes around it"),
        ("${GITHUB_API_URL}", "is neither a host"),
        ("\udcff", "is neither a host"),
    ],
)
def test_names_the_variable_that_is_invalid(name: str, value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} {problem}"):
        _hosts.resolve_base_url(None, {name: value})


@pytest.mark.parametrize("base_url", [None, "github.com", "https://ghes.example/api/v3", "http://127.0.0.1:1"])
@pytest.mark.parametrize(
    ("override", "url"),
    [
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
        (" localhost:4010/api/v3/\n", "http://localhost:4010/api/v3"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_the_override_replaces_the_argument_and_every_other_variable(
    base_url: str | None, override: str, url: str
) -> None:
    environ = {"GITHUB_API_URL": "https://ghes.example/api/v3", "GH_HOST": "not a host", _hosts.OVERRIDE: override}
    assert _hosts.resolve_base_url(base_url, environ) == url


@pytest.mark.parametrize("override", ["", " ", "\n"])
def test_an_empty_override_is_the_same_as_none(override: str) -> None:
    assert _hosts.resolve_base_url(None, {_hosts.OVERRIDE: override}) == "https://api.github.com"


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("https://ghes.example", "is not a loopback address. It is for tests"),
        ("http://0.0.0.0:4010", "is not a loopback address"),
        ("http://evil.localhost", "is not a loopback address"),
        ("127.0.0.1.evil.example", "is not a loopback address"),
        (f"http://{SECRET}@127.0.0.1", "user name"),
        ("ftp://127.0.0.1", "must start with"),
    ],
)
def test_an_override_that_leaves_the_machine_is_refused(override: str, why: str) -> None:
    for base_url in (None, "http://127.0.0.1:4010"):
        with pytest.raises(ValueError, match=f"^{_hosts.OVERRIDE} .*{why}") as caught:
            _hosts.resolve_base_url(base_url, {_hosts.OVERRIDE: override})
        assert SECRET not in str(caught.value)


def test_an_invalid_argument_is_an_error_even_if_it_is_overridden() -> None:
    with pytest.raises(ValueError, match=r"^base_url must start with"):
        _hosts.resolve_base_url("ftp://ghes.example", {_hosts.OVERRIDE: "http://127.0.0.1:4010"})


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ftp://ghes.example", "must start with https://"),
        ("ssh://git@github.com/octo-org", "must start with https://"),
        ("file:///etc/passwd", "must start with https://"),
        (f"https://{SECRET}@github.com", "user name"),
        (f"https://octocat:{SECRET}@github.com", "user name"),
        (f"{SECRET}@github.com", "user name"),
        ("https://github.com@evil.example", "user name"),
        ("https://github.com\\@evil.example", "neither"),
        ("git@github.com:octo-org", "user name"),
        (f"https://ghes.example/api/v3?token={SECRET}", "query"),
        (f"https://ghes.example#{SECRET}", "fragment"),
        ("https://evil.example#@github.com", "fragment"),
        ("https://evil.example\\.github.com", "neither"),
        ("https://github.com\r\nhost: evil.example", "neither"),
        ("https://git\thub.com", "neither"),
        ("https://git\x00hub.com", "neither"),
        ("https://git%68ub.com", "neither"),
        ("https://ghes.example/a b", "neither"),
        ("//ghes.example", "neither"),
        ("https://", "neither"),
        ("https:///api/v3", "neither"),
        ("https:/ghes.example", "neither"),
        (".github.com", "neither"),
        ("github..com", "neither"),
        ("github.com..", "neither"),
        ("-oProxyCommand", "neither"),
        ("github.com:", "neither"),
        ("github.com:0", "neither"),
        ("github.com:65536", "neither"),
        ("github.com:443:443", "neither"),
        ("github.com:\u0664\u0664\u0663", "neither"),
        ("\uff47ithub.com", "neither"),
        ("g\u0131thub.com", "neither"),
        ("localho\u017ft", "neither"),
        ("github\u3002com", "neither"),
        ("::1", "neither"),
        ("[::1", "neither"),
        ("[::1%25eth0]", "neither"),
        ("[v1.x]", "neither"),
        ("2130706433", "neither"),
        ("0x7f.0.0.1", "neither"),
        ("0x7f000001", "neither"),
        ("0177.0.0.1", "neither"),
        ("127.1", "neither"),
        ("127.0.0.1.5", "neither"),
        ("256.0.0.1", "neither"),
        # Names that are too long, or not valid IDNA: httpx fails for them in its own ways.
        ("a." * 126 + "aa", "neither"),
        (".".join(["a" * 63] * 4), "neither"),
        ("a" * 64, "neither"),
        ("xn--0", "neither"),
        ("https://xn--0/api/v3", "neither"),
        ("xn--a.example", "neither"),
        ("https://ghes.example/" + "a" * 70_000, "longer than 2048 characters"),
        ("a" * 70_000, "longer than 2048 characters"),
        ("\udcff.example", "neither"),
        # docker --env-file, YAML and shells leave quotes around a value.
        ('"github.com"', "has quotes around it"),
        ("'https://ghes.example'", "has quotes around it"),
        ('"github.com', "has quotes around it"),
        ("`https://ghes.example/api/v3`", "has quotes around it"),
        ('""', "has quotes around it"),
        ("\u201cgithub.com\u201d", "neither"),
    ],
)
def test_refuses_what_could_be_read_as_another_host_and_does_not_show_it(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        _hosts.resolve_base_url(address, {})
    assert "\n" not in str(caught.value)
    assert SECRET not in repr(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("value", [7, b"github.com", ("github.com",), httpx.URL("https://github.com"), True])
def test_refuses_what_is_not_a_string(value: Any) -> None:
    with pytest.raises(TypeError, match=f"^base_url must be a string, not {type(value).__name__}$"):
        _hosts.resolve_base_url(value, {})


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:4010", True),
        ("http://127.8.8.8", True),
        ("http://localhost", True),
        ("http://LOCALHOST.:80", True),
        ("https://[::1]", True),
        ("http://[0:0:0:0:0:0:0:1]", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://[::ffff:7f00:1]", True),
        ("http://0.0.0.0", False),
        ("http://[::]", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://[::127.0.0.1]", False),
        ("http://128.0.0.1", False),
        ("http://10.0.0.1", False),
        ("http://169.254.169.254", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://evil.localhost", False),
        ("http://localhost.localdomain", False),
        ("http://notlocalhost", False),
        ("http://github.com", False),
    ],
)
def test_loopback_is_what_stays_on_the_machine(url: str, *, loopback: bool) -> None:
    assert _hosts.is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("base_url", "site"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://acme.ghe.com/api/v3", "https://acme.ghe.com"),
        ("https://ghes.example:8443/api/v3", "https://ghes.example:8443"),
        ("https://api.ghes.example", "https://api.ghes.example"),
        ("https://api.github.com.evil.example", "https://api.github.com.evil.example"),
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
    ],
)
def test_finds_the_site_of_an_api(base_url: str, site: str) -> None:
    assert str(_hosts.web_origin(base_url)) == site


@pytest.mark.parametrize(
    ("url", "org", "base_url"),
    [
        ("https://github.com/octo-org", "octo-org", "https://api.github.com"),
        ("https://GitHub.com/Octo-Org/", "Octo-Org", "https://api.github.com"),
        ("https://www.github.com/octo-org", "octo-org", "https://api.github.com"),
        ("https://acme.ghe.com/octo-org", "octo-org", "https://api.acme.ghe.com"),
        ("https://ghes.example/octo-org", "octo-org", "https://ghes.example/api/v3"),
        ("https://ghes.example:8443//octo-org", "octo-org", "https://ghes.example:8443/api/v3"),
        ("http://ghes.example/octo-org", "octo-org", "http://ghes.example/api/v3"),
        ("http://127.0.0.1:4010/octo-org", "octo-org", "http://127.0.0.1:4010"),
        # As a browser shows it
        ("https://github.com/orgs/octo-org", "octo-org", "https://api.github.com"),
        ("https://www.github.com/Orgs/octo-org/", "octo-org", "https://api.github.com"),
        ("https://github.com/orgs/octo-org/repositories", "octo-org", "https://api.github.com"),
        ("https://acme.ghe.com/orgs/octo-org", "octo-org", "https://api.acme.ghe.com"),
        ("https://ghes.example/orgs/octo-org/people", "octo-org", "https://ghes.example/api/v3"),
        (
            "https://github.com/organizations/octo-org/settings/actions/runners/new",
            "octo-org",
            "https://api.github.com",
        ),
    ],
)
def test_parses_the_url_of_an_organization(url: str, org: str, base_url: str) -> None:
    assert _hosts.parse_config_url(url) == (org, base_url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://github.com/octo-org/hello-world", "URL of a repository. .* is https://github.com/ORG$"),
        ("https://ghes.example/octo-org/hello-world/", "URL of a repository. .* is https://ghes.example/ORG$"),
        ("https://github.com/enterprises/octo-corp", "URL of an enterprise"),
        ("https://github.com/Enterprises/octo-corp", "URL of an enterprise"),
        ("https://github.com/enterprises", "URL of an enterprise"),
        ("https://api.github.com/octo-org", "URL of an API. .* is https://github.com/ORG$"),
        ("https://api.github.com/orgs/octo-org/actions/runners", "URL of an API"),
        ("https://ghes.example/api/v3", "URL of an API. .* is https://ghes.example/ORG$"),
        ("https://ghes.example/api/v3/orgs/octo-org", "URL of an API"),
        ("https://github.com", "does not name an organization"),
        ("https://github.com/orgs", "does not name an organization"),
        ("https://github.com/organizations/", "does not name an organization"),
        ("https://github.com/octo-org/hello-world/settings", "does not name an organization"),
        ("https://github.com/octo-org?tab=people", "query"),
        (f"https://{SECRET}@github.com/octo-org", "user name"),
        ("github.com/octo-org", "must start with https://"),
        ("ssh://git@github.com/octo-org", "must start with https://"),
        ('"https://github.com/octo-org"', "has quotes around it"),
        ("https://github.com/octo org", "is neither a host"),
    ],
)
def test_refuses_the_url_of_anything_else(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        _hosts.parse_config_url(url)
    assert SECRET not in repr(caught.value)
