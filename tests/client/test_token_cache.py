"""How long a registration token is kept, and what its callers can do to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import runner_registration as rr
from runner_registration._token_cache import TokenCache, cache_key

NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clocks:
    """This machine's two clocks."""

    def __init__(self) -> None:
        self.time = NOW.timestamp()
        self.monotonic = 1000.0

    def cache(self) -> TokenCache:
        return TokenCache(lambda: self.time, lambda: self.monotonic)

    def advance(self, seconds: float) -> None:
        self.time += seconds
        self.monotonic += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def token(lifetime: timedelta = timedelta(hours=1), text: str = "TOKEN", **fields: Any) -> rr.AuthenticationToken:
    return rr.AuthenticationToken.from_dict({"token": text, "expires_at": (NOW + lifetime).isoformat(), **fields})


def headers(server_time: datetime = NOW) -> httpx.Headers:
    return httpx.Headers({"Date": f"{server_time:%a, %d %b %Y %H:%M:%S GMT}"})


def test_a_token_is_kept_until_less_than_min_valid_is_left(clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put("octo-org", token(), headers())
    clocks.advance(49 * 60)
    assert cache.get("octo-org", 10 * MINUTE) == token()
    clocks.advance(61)
    assert cache.get("octo-org", 10 * MINUTE) is None
    assert cache.get("octo-org", 9 * MINUTE) == token()


@pytest.mark.parametrize("min_valid", [timedelta(hours=1), timedelta(hours=2)])
def test_an_hour_or_more_is_never_met_by_a_kept_token(min_valid: timedelta, clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put("octo-org", token(timedelta(days=1)), headers())
    assert cache.get("octo-org", min_valid) is None


def test_a_negative_min_valid_does_not_give_an_expired_token(clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put("octo-org", token(), headers())
    clocks.advance(3600)
    assert cache.get("octo-org", timedelta(hours=-1)) is None


@pytest.mark.parametrize("clock", ["time", "monotonic"])
def test_a_token_expires_by_whichever_clock_gets_there_first(clock: str, clocks: Clocks) -> None:
    # One is set back by hand, the other stands still while the machine sleeps.
    cache = clocks.cache()
    cache.put("octo-org", token(), headers())
    setattr(clocks, clock, getattr(clocks, clock) + 3600)
    assert cache.get("octo-org", timedelta(0)) is None


def test_a_date_in_the_past_does_not_keep_a_token_for_longer_than_an_hour(clocks: Clocks) -> None:
    cache = clocks.cache()
    cache.put("octo-org", token(), headers(NOW - timedelta(days=2000)))
    clocks.advance(3601)
    assert cache.get("octo-org", timedelta(0)) is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="as GitHub sends it"),
        pytest.param({"permissions": {"contents": "read"}, "single_file": "x"}, id="with documented fields"),
        pytest.param({"labels": [{"name": "gpu"}]}, id="with unknown fields"),
    ],
)
def test_a_caller_cannot_change_what_the_next_one_gets(fields: dict[str, Any], clocks: Clocks) -> None:
    cache = clocks.cache()
    expected = token(**fields)
    first = cache.put("octo-org", token(**fields), headers())
    for own in (first, cache.get("octo-org", 10 * MINUTE)):
        assert own == expected
        assert own is not None
        own.token = "tampered"
        own.additional_properties.get("labels", [{}])[0]["name"] = "tampered"
        own.additional_properties["more"] = "tampered"
        if not isinstance(own.permissions, rr.Unset):
            own.permissions["contents"] = "tampered"
    assert cache.get("octo-org", 10 * MINUTE) == expected


def test_expired_tokens_are_dropped(clocks: Clocks) -> None:
    cache = clocks.cache()
    for number in range(1000):
        cache.put(f"org-{number}", token(), headers())
    clocks.advance(3600)
    for number in range(2100):
        cache.put(f"later-{number}", token(timedelta(hours=2)), headers(NOW + timedelta(hours=1)))
    assert len(cache) == 2100


@pytest.mark.parametrize(
    ("org", "key"),
    [
        ("Octo-Org", "octo-org"),
        ("ABCXYZ019", "abcxyz019"),
        ("\N{LATIN SMALL LETTER LONG S}ecret-org", "\N{LATIN SMALL LETTER LONG S}ecret-org"),
        ("\N{KELVIN SIGN}ube", "\N{KELVIN SIGN}ube"),
        ("stra\N{LATIN SMALL LETTER SHARP S}e", "stra\N{LATIN SMALL LETTER SHARP S}e"),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}", "\N{FULLWIDTH LATIN CAPITAL LETTER A}"),
    ],
)
def test_only_the_case_of_ascii_letters_is_ignored(org: str, key: str) -> None:
    assert cache_key(org) == key
