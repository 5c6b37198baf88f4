"""Which proxy applies to a URL, from the URL and the environment alone."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner_registration._proxies import Proxy, proxy_for

PROXY = "http://proxy.example:3128"
PASSWORD = "PasswordOfTheProxy"


def variable(url: str, **environ: str) -> str | None:
    proxy = proxy_for(url, environ)
    return proxy.variable if proxy else None


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://ghe.example", {}, None),
        ("https://ghe.example", {"HTTPS_PROXY": PROXY}, ("HTTPS_PROXY", PROXY)),
        ("https://ghe.example", {"https_proxy": "proxy.example:3128"}, ("https_proxy", PROXY)),
        ("https://ghe.example", {"https_proxy": f" {PROXY}\n"}, ("https_proxy", PROXY)),
        ("https://ghe.example", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, ("https_proxy", PROXY)),
        ("https://ghe.example", {"https_proxy": "", "HTTPS_PROXY": PROXY}, ("HTTPS_PROXY", PROXY)),
        ("https://ghe.example", {"ALL_PROXY": PROXY}, ("ALL_PROXY", PROXY)),
        ("https://ghe.example", {"all_proxy": PROXY, "ALL_PROXY": "socks://x"}, ("all_proxy", PROXY)),
        ("https://ghe.example", {"ALL_PROXY": "socks://x", "HTTPS_PROXY": PROXY}, ("HTTPS_PROXY", PROXY)),
        ("https://ghe.example", {"HTTP_PROXY": PROXY}, None),
        ("http://ghe.example", {"HTTPS_PROXY": PROXY}, None),
        ("http://ghe.example", {"HTTP_PROXY": PROXY, "ALL_PROXY": "socks4://x"}, ("HTTP_PROXY", PROXY)),
        ("http://ghe.example", {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "POST"}, None),
        ("http://ghe.example", {"http_proxy": PROXY, "REQUEST_METHOD": "POST"}, ("http_proxy", PROXY)),
        ("https://ghe.example", {"HTTPS_PROXY": "socks5h://127.0.0.1:1080"}, ("HTTPS_PROXY", "socks5://127.0.0.1:1080")),
        ("https://ghe.example", {"HTTPS_PROXY": "https://user:pw@[::1]:3128/"}, ("HTTPS_PROXY", "https://user:pw@[::1]:3128/")),
        # NO_PROXY: the lower case first, and an empty variable is not set.
        ("https://ghe.example", {"HTTPS_PROXY": PROXY, "no_proxy": "ghe.example"}, None),
        ("https://ghe.example", {"HTTPS_PROXY": PROXY, "no_proxy": "", "NO_PROXY": "ghe.example"}, None),
        ("https://ghe.example", {"HTTPS_PROXY": PROXY, "no_proxy": "x", "NO_PROXY": "*"}, ("HTTPS_PROXY", PROXY)),
    ],
)  # fmt: skip
def test_chooses_the_variable_that_curl_chooses(
    url: str, environ: dict[str, str], expected: tuple[str, str] | None
) -> None:
    assert proxy_for(url, environ) == expected


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        # Names
        ("ghe.corp.example", "ghe.corp.example"),
        ("ghe.corp.example", "GHE.Corp.Example"),
        ("ghe.corp.example", "corp.example"),
        ("ghe.corp.example", ".corp.example"),
        ("ghe.corp.example", ".corp.example."),
        ("ghe.corp.example", "ghe.corp.example."),
        ("ghe.corp.example.", "corp.example"),
        ("GHE.CORP.EXAMPLE", "corp.example"),
        ("corp.example", ".corp.example"),
        ("ghe.corp.example", "*"),
        ("10.1.2.3", "*"),
        ("[fd00::1]", "*"),
        # Separators
        ("ghe.corp.example", "localhost ghe.corp.example"),
        ("ghe.corp.example", "localhost, ghe.corp.example"),
        ("ghe.corp.example", " localhost ,\tghe.corp.example , "),
        ("ghe.corp.example", ",,localhost\nghe.corp.example,,"),
        # IPv4
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "10.9.9.9/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("10.1.2.3", "192.168.0.0/16 10.1.2.2/31"),
        # IPv6
        ("[fd00::1]", "fd00::1"),
        ("[fd00::1]", "FD00:0:0::1"),
        ("[fd00::1]", "[fd00::1]"),
        ("[fd00::1]", "fd00::/8"),
        ("[fd00::1]", "[fd00::]/8"),
        ("[fd00::1]", "[fd00::/8]"),
        ("[fe80::1]", "fe80::/10"),
        ("[fd00:0:0::1]", "fd00::1/128"),
        # Ports
        ("ghe.corp.example:8443", "ghe.corp.example"),
        ("ghe.corp.example:8443", "ghe.corp.example:8443"),
        ("ghe.corp.example:8443", ".corp.example:8443"),
        ("ghe.corp.example", "corp.example:443"),
        ("10.1.2.3:8443", "10.1.2.3:8443"),
        ("10.1.2.3:8443", "10.0.0.0/8:8443"),
        ("[fd00::1]:8443", "[fd00::1]:8443"),
        ("[fd00::1]", "[fd00::1]:443"),
        # What cannot be read is passed over.
        ("ghe.corp.example", "[::1,::1/129,fe80::%eth0,10.0.0.0/33,http://x/,corp.example"),
        ("10.1.2.3", "[::1,::1/129,fe80::%eth0,10.0.0.0/33,http://x/,10.0.0.0/8"),
    ],
)
def test_no_proxy_excludes(host: str, no_proxy: str) -> None:
    assert variable(f"https://{host}", HTTPS_PROXY=PROXY, NO_PROXY=no_proxy) is None


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        ("ghe.corp.example", ""),
        ("ghe.corp.example", " , "),
        ("ghe.corp.example", "."),
        ("ghe.corp.example", "orp.example"),
        ("ghecorp.example", "corp.example"),
        ("corp.example", "ghe.corp.example"),
        ("ghe.corp.example", "..corp.example"),
        ("ghe.corp.example", "*.corp.example"),  # as curl has it; a warning says so
        ("ghe.corp.example", "localhost,*"),
        ("ghe.corp.example", "localhost;ghe.corp.example"),
        ("ghe.corp.example", "https://ghe.corp.example"),
        ("ghe.corp.example", "corp.example/8"),
        ("ghe.corp.example:8443", "ghe.corp.example:443"),
        ("ghe.corp.example", "ghe.corp.example:80"),
        ("ghe.corp.example", "10.0.0.0/8"),
        ("10.1.2.3", "10.0.0.0/33"),
        ("10.1.2.3", "10.0.0.0/x"),
        ("10.1.2.3", "10.0.0.0"),
        ("10.1.2.3", "10.0.0.0/32"),
        ("10.1.2.3", "10.1.2"),
        ("10.1.2.3", "2.3"),
        ("10.1.2.3", "10.*"),
        ("10.1.2.3", "::/0"),
        ("10.1.2.3:8443", "10.0.0.0/8:443"),
        ("[fd00::1]", "fe80::/10"),
        ("[fd00::1]", "fd00::1/129"),
        ("[fd00::1]", "0.0.0.0/0"),
        ("[fd00::1]:8443", "[fd00::1]:443"),
    ],
)
def test_no_proxy_does_not_exclude(host: str, no_proxy: str) -> None:
    assert variable(f"https://{host}", HTTPS_PROXY=PROXY, NO_PROXY=no_proxy) == "HTTPS_PROXY"


@given(no_proxy=st.text(alphabet=st.sampled_from("[]:/.*%, 019afx\n-é"), max_size=20) | st.text(max_size=20))
@pytest.mark.parametrize("host", ["ghe.corp.example:8443", "10.1.2.3", "[fd00::1]"])
def test_any_no_proxy_can_be_read(host: str, no_proxy: str) -> None:
    assert variable(f"https://{host}", HTTPS_PROXY=PROXY, NO_PROXY=no_proxy) in {None, "HTTPS_PROXY"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:4010", "http://127.1.2.3", "https://localhost", "http://[::1]:80"])
@pytest.mark.parametrize(
    ("proxy", "applies"),
    [
        ("http://127.0.0.1:3128", True),
        ("localhost:3128", True),
        ("https://[::1]:3128", True),
        (PROXY, False),
        ("http://user:pass@192.0.2.1", False),
        ("socks5://127.0.0.1:7890", False),
        ("socks://127.0.0.1:7890", False),
        ("http://[", False),
        ("gopher://127.0.0.1", False),
    ],
)
def test_a_request_to_this_machine_does_not_leave_it(url: str, proxy: str, applies: bool) -> None:  # noqa: FBT001 - a column
    assert variable(url, ALL_PROXY=proxy) == ("ALL_PROXY" if applies else None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"http://user:{PASSWORD}@[", "is not a valid proxy address"),
        (f"http://user:{PASSWORD}@proxy:port", "is not a valid proxy address"),
        (f"http://user:{PASSWORD}@proxy:99999", "is not a valid proxy address"),
        (f"http://user:{PASSWORD}@pro xy", "is not a valid proxy address"),
        (f"gopher://user:{PASSWORD}@proxy", "is not a valid proxy address"),
        (f"user:{PASSWORD}", "is not a valid proxy address"),
        ("http://", "is not a valid proxy address"),
        ("://", "is not a valid proxy address"),
        (f"socks://user:{PASSWORD}@proxy", "names a SOCKS proxy of a version that is not supported: write socks5://"),
        (f"socks4a://user:{PASSWORD}@proxy", "names a SOCKS proxy of a version"),
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_refused_by_the_name_of_its_variable(name: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} {problem}") as caught:
        proxy_for("https://ghe.example", {name: text})
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize("text", ["socks://127.0.0.1:7890", "http://[", "gopher://proxy"])
@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("https://ghe.corp.example", {"NO_PROXY": "corp.example"}),
        ("https://[fd00::1]", {"NO_PROXY": "fd00::/8"}),
        ("https://ghe.corp.example", {"https_proxy": PROXY}),
        ("https://localhost", {}),
    ],
)
def test_a_variable_that_does_not_apply_is_not_judged(name: str, text: str, url: str, others: dict[str, str]) -> None:
    proxy_for(url, {name: text, **others})


@pytest.mark.parametrize(
    ("no_proxy", "url", "warned"),
    [
        ("*.corp.example", "https://ghe.corp.example", True),
        ("localhost,*", "https://ghe.corp.example", True),
        ("10.*", "https://10.1.2.3", True),
        ("*", "https://ghe.corp.example", False),
        ("*.corp.example,ghe.corp.example", "https://ghe.corp.example", False),
        ("*.corp.example", "https://localhost", False),
        ("corp.example", "https://ghe.example", False),
    ],
)
def test_an_asterisk_that_is_not_a_wildcard_is_reported(
    no_proxy: str,
    url: str,
    warned: bool,  # noqa: FBT001 - a column
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="runner_registration"):
        variable(url, HTTPS_PROXY=PROXY, NO_PROXY=no_proxy)
    assert ["asterisk" in record.message for record in caplog.records] == [True] * warned


def test_repr_does_not_show_the_password() -> None:
    assert repr(Proxy("HTTPS_PROXY", f"http://user:{PASSWORD}@proxy")) == "<Proxy from HTTPS_PROXY>"
