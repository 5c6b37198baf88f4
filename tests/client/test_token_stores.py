"""Tokens that clients share by a store."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import redis
import redis.asyncio
import valkey
from hypothesis import example, given
from hypothesis import strategies as st
from runner_registration_api.models import AuthenticationToken

import runner_registration as rr
from runner_registration import _token_stores
from runner_registration._token_stores import Entries
from tests.responses import CREDENTIAL, TOKEN

from .conftest import TRUST, MakeClient
from .loopback import Server, created, organization_server, own_tokens, refusal, token_of
from .shown import leaked
from .test_fork import in_child
from .token_stores import PASSWORD, FaultyStore, MemoryStore, Valkey

MakeStore = Callable[[], rr.TokenStore]
Warnings = Callable[[], list[str]]
Ask = Callable[..., str]

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


def connect(server: Valkey, kind: Any = redis.Redis, **options: Any) -> Any:
    return kind.from_url(server.url, socket_timeout=5, **options)


@pytest.fixture(params=["files", "redis", "valkey", "memory"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Make a store of one kind: each has the same tokens, as on several machines."""
    if request.param == "memory":
        memory = MemoryStore()
        yield lambda: memory
    elif request.param == "files":
        yield lambda: rr.FileTokenStore(tmp_path / "tokens")
    else:
        server: Valkey = request.getfixturevalue("valkey_server")
        with connect(server, redis.Redis if request.param == "redis" else valkey.Valkey) as client:
            client.flushall()
            yield lambda: rr.RedisTokenStore(client)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Warnings:
    caplog.set_level(logging.INFO, "runner_registration")

    def messages() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

    return messages


@pytest.fixture
def ask(server: Server, make_client: MakeClient) -> Ask:
    """Return a function that gets a token with a client of its own."""

    def token(store: rr.TokenStore, org: str = "octo-org", **options: Any) -> str:
        return make_client(server.url, token_store=store, **options).registration_token(org).token

    return token


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_clients_share_a_token(server: Server, ask: Ask, make_store: MakeStore) -> None:
    own_tokens(server)
    orgs = ("octo-org", "octo-org", "Octo-Org", "github")
    assert [ask(make_store(), org) for org in orgs] == [f"{TOKEN}0"] * 3 + [f"{TOKEN}1"]


@pytest.mark.parametrize(
    ("lives", "min_valid", "requests"),
    [(11, 10, 1), (9, 10, 2), (9, 5, 1), (-1, 0, 2), (-1, -60, 2), (59, 60, 2), (59, 58, 1)],
)
def test_clients_share_a_token_while_it_is_valid_for_min_valid(
    lives: int, min_valid: int, requests: int, *, server: Server, make_client: MakeClient, make_store: MakeStore
) -> None:
    own_tokens(server, lives=timedelta(minutes=lives))
    for _ in range(2):
        client = make_client(server.url, token_store=make_store())
        client.registration_token("octo-org", min_valid=timedelta(minutes=min_valid))
    assert len(server.requests) == requests


@pytest.mark.parametrize("make_store", ["files", "redis"], indirect=True)
def test_a_shared_token_is_then_kept_in_memory(server: Server, make_client: MakeClient, make_store: MakeStore) -> None:
    store: Any = make_store()
    client, another = (make_client(server.url, token_store=store) for _ in range(2))
    for each in (another, client):
        each.registration_token("octo-org")
    store.load = None  # it would fail from here on
    assert client.registration_token("octo-org").token == TOKEN
    assert len(server.requests) == 1


def test_a_token_of_unknown_age_is_not_kept_in_memory(server: Server, make_client: MakeClient, ask: Ask) -> None:
    """A store that does not tell the age removes expired tokens, so each call loads from it."""
    own_tokens(server)
    store = MemoryStore()
    ask(store)
    client = make_client(server.url, token_store=store)
    assert client.registration_token("octo-org").token == f"{TOKEN}0"
    store.values.clear()
    assert client.registration_token("octo-org").token == f"{TOKEN}1"


def test_other_calls_leave_the_store_alone(server: Server, make_client: MakeClient) -> None:
    own_tokens(server)
    store = MemoryStore()
    client = make_client(server.url, token_store=store)
    client.create_registration_token_for_org("octo-org")
    client.registration_token("octo-org", min_valid=HOUR)
    with pytest.raises(rr.InvalidOrganizationError):
        client.registration_token("../octo")
    assert store.calls == []


def test_more_fields_of_a_token_are_shared_as_well() -> None:
    body = {"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z", "single_file": "a", "x-new": [1]}
    token = AuthenticationToken.from_dict(body)
    found = ENTRIES.decode("key", ENTRIES.encode("key", token, 1800), token.expires_at.timestamp() - 1800)
    assert found is not None
    assert found.token == token


# --- Whose token ------------------------------------------------------------------------------------------------------


def key_of(base_url: str, namespace: str | None, credential: object, org: str = "octo-org") -> str:
    return Entries(base_url, namespace, credential).key(org)


APP = rr.GitHubApp("Iv23liABCDEFGHIJKLMN", sign=bytes)
DIFFERENT = {
    "a credential": ("https://api.github.com", None, CREDENTIAL),
    "another credential": ("https://api.github.com", None, f"{CREDENTIAL}1"),
    "another host": ("https://github.example.com/api/v3", None, CREDENTIAL),
    "a namespace": ("https://api.github.com", "one", CREDENTIAL),
    "another namespace": ("https://api.github.com", "two", CREDENTIAL),
    "a callable": ("https://api.github.com", "one", lambda: CREDENTIAL),
    "another namespace of callables": ("https://api.github.com", "two", lambda: CREDENTIAL),
    "an app": ("https://api.github.com", None, APP),
    "another app": ("https://api.github.com", None, rr.GitHubApp("Iv23liABCDEFGHIJKLMO", sign=bytes)),
    "an installation": ("https://api.github.com", None, rr.GitHubApp(APP.identity[0], sign=bytes, installation_id=1)),
    "parts that look the same": ("https://api.github.com", "one\0credential", CREDENTIAL),
    "the app's id as a credential": ("https://api.github.com", None, APP.identity[0]),
}


def test_different_callers_have_different_keys_and_cannot_read_each_others_entries() -> None:
    keys = {name: key_of(*caller) for name, caller in DIFFERENT.items()}
    assert len({*keys.values()}) == len(DIFFERENT)
    token = AuthenticationToken(TOKEN, created_until())
    for name, caller in DIFFERENT.items():
        value = Entries(*caller).encode("key", token, 3600)
        readers = [other for other, reader in DIFFERENT.items() if Entries(*reader).decode("key", value, time.time())]
        assert readers == [name]


def created_until(seconds: float = 3600) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rr.GitHubApp("Iv23liABCDEFGHIJKLMN", sign=bytes), rr.GitHubApp("Iv23liABCDEFGHIJKLMN", sign=bytes.strip)),
        (rr.GitHubApp(5, sign=bytes), rr.GitHubApp("5", sign=bytes)),
        (lambda: "a", lambda: "b"),
        (httpx.BasicAuth("a", "b"), httpx.BasicAuth("a", "c")),
    ],
)
def test_the_app_or_the_namespace_decides_who_shares(first: object, second: object) -> None:
    assert key_of("https://api.github.com", "one", first) == key_of("https://api.github.com", "one", second)


@pytest.mark.parametrize("org", ["o", "octo_managed", "9" * 100])
def test_a_key_is_a_plain_name_that_shows_nothing_of_the_credential(org: str) -> None:
    key = key_of("https://api.github.com", None, CREDENTIAL, org)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,149}", key)
    assert not leaked(CREDENTIAL, key)


@pytest.mark.parametrize("credential", [lambda: CREDENTIAL, httpx.BasicAuth("user", CREDENTIAL)])
def test_a_credential_that_cannot_be_identified_requires_a_namespace(
    credential: Any, server: Server, make_client: MakeClient
) -> None:
    store = MemoryStore()
    with pytest.raises(ValueError, match=r"token_store\.namespace must be set") as caught:
        make_client(server.url, credential, token_store=store)
    assert not leaked(CREDENTIAL, str(caught.value))
    store.namespace = "runners"
    for _ in range(2):
        make_client(server.url, credential, token_store=store).registration_token("octo-org")
    assert len(server.requests) == 1


class NoLock:
    def load(self, key: str) -> bytes | None: ...
    def save(self, key: str, value: bytes, seconds: float) -> None: ...


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (NoLock, "token_store must have the method lock, and NoLock does not"),
        (lambda: rr.FileTokenStore(namespace=""), r"token_store\.namespace must be a string"),
        (lambda: rr.FileTokenStore(" "), "directory is empty or not a valid path"),
        (lambda: rr.FileTokenStore("a\0b"), "empty or not a valid path"),
        (lambda: rr.RedisTokenStore(redis.asyncio.Redis()), "client must not be an asynchronous one"),
        (lambda: rr.RedisTokenStore(cast("Any", "redis://localhost")), "client must be a redis.Redis"),
    ],
)
def test_what_is_not_a_token_store_is_refused(make: Callable[[], Any], problem: str) -> None:
    with pytest.raises((TypeError, ValueError), match=problem):
        rr.Client(CREDENTIAL, token_store=make())


# --- Entries ----------------------------------------------------------------------------------------------------------

ENTRIES = Entries("https://api.github.com", None, CREDENTIAL)
GOOD = AuthenticationToken(TOKEN, created_until())
ENTRY = ENTRIES.encode("key", GOOD, 3600)


def resigned(change: Callable[[Any], object]) -> bytes:
    """An entry that was written with the right key, but by another version of this package."""
    content = json.loads(ENTRY.partition(b" ")[2])
    changed = change(content)
    payload = json.dumps(content if changed is None else changed).encode()
    return ENTRIES._authenticate(b"entry key " + payload).encode() + b" " + payload


UNUSABLE: dict[str, Any] = {
    "nothing": None,
    "no bytes": "text",
    "of another key": ENTRIES.encode("other", GOOD, 3600),
    "empty": b"",
    "cut off": ENTRY[:-1],
    "longer": ENTRY + b" ",
    "without authentication": ENTRY.partition(b" ")[2],
    "not ASCII": "ä".encode() + ENTRY,
    "too long": ENTRY + b" " * 100_000,
    "another version": resigned(lambda content: content.update(version=2)),
    "no version": resigned(lambda content: content.pop("version") and None),
    "a list": resigned(lambda content: [content]),
    "no token": resigned(lambda content: content.pop("token") and None),
    "a token without a time": resigned(lambda content: content["token"].pop("expires_at") and None),
    "a token that is not one": resigned(lambda content: content.update(token="A B")),
    "no lifetime": resigned(lambda content: content.update(lifetime=None)),
}


@pytest.mark.parametrize("value", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_entry_is_ignored(value: Any) -> None:
    assert ENTRIES.decode("key", value, time.time()) is None


def test_an_unusable_entry_is_replaced(server: Server, ask: Ask) -> None:
    store = MemoryStore()
    ask(store)
    ((key, good),) = store.values.items()
    store.values[key] = good[:-1]
    assert [ask(store) for _ in range(2)] == [TOKEN] * 2
    assert len(server.requests) == 2


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    position = draw(st.integers(0, len(ENTRY) - 1))
    kept = draw(st.integers(position, len(ENTRY)))
    return ENTRY[:position] + draw(st.binary(max_size=20)) + ENTRY[kept:]


@given(value=st.binary() | damaged())
@example(value=ENTRY)
def test_any_bytes_give_a_miss_or_the_token_that_was_saved(value: bytes) -> None:
    found = ENTRIES.decode("key", value, time.time())
    assert (found is not None) == (value == ENTRY)
    assert found is None or found.token == GOOD


@given(value=st.binary(max_size=200) | damaged().map(lambda entry: b"3600 unknown 0\n" + entry) | st.just(ENTRY))
def test_any_bytes_in_a_file_give_a_miss(value: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.getbasetemp() / "any"
    directory.mkdir(0o700, exist_ok=True)
    store = rr.FileTokenStore(directory)
    store._path("key").write_bytes(value)
    assert ENTRIES.decode("key", store.load("key"), time.time()) is None or value.endswith(b"\n" + ENTRY)


@pytest.mark.parametrize("decodes", [False, True])
@given(value=st.binary(max_size=200) | damaged())
def test_any_bytes_in_redis_give_a_miss(decodes: bool, value: bytes, valkey_server: Valkey) -> None:  # noqa: FBT001
    with connect(valkey_server) as writer, connect(valkey_server, decode_responses=decodes) as reader:
        writer.set("any:key", value, px=60_000)
        loaded = rr.RedisTokenStore(reader, prefix="any:").load("key")
    assert ENTRIES.decode("key", loaded, time.time()) is None or value == ENTRY


# --- Clocks -----------------------------------------------------------------------------------------------------------

MINUTES = 60.0


@pytest.mark.parametrize("tells_age", [True, False])
@pytest.mark.parametrize("wrong", [-300, -45, -1, 0, 1, 45, 300])
@pytest.mark.parametrize("age", [0, 20, 49, 51, 59])
def test_a_token_is_never_taken_for_younger_than_it_is(wrong: float, age: float, *, tells_age: bool) -> None:
    """The reader's clock is wrong by some minutes. An entry contains no time of the writer's clock."""
    made = 1_800_000_000.0  # by the server's clock
    left = (60 - age) * MINUTES
    token = AuthenticationToken(TOKEN, datetime.fromtimestamp(made + 60 * MINUTES, UTC))
    value: bytes = ENTRIES.encode("key", token, 60 * MINUTES)
    if tells_age:
        value = _token_stores._Loaded.of(value, left)
    found = ENTRIES.decode("key", value, made + (age + wrong) * MINUTES)
    if tells_age:
        assert found is not None
        assert found.is_exact
        assert found.seconds_left == min(left, left - wrong * MINUTES)
    elif found is not None:
        assert not found.is_exact  # it is used now, and not kept in memory
        assert found.seconds_left <= 60 * MINUTES
    else:
        assert wrong < -age  # by the reader's clock it has not been made yet


@pytest.mark.parametrize("ahead", [timedelta(hours=-5), timedelta(minutes=30)])
def test_the_servers_clock_decides_how_long_an_entry_is_kept(ahead: timedelta, server: Server, ask: Ask) -> None:
    server.respond(created(lives=timedelta(minutes=30), ahead=ahead))
    store = MemoryStore()
    ask(store)
    (seconds,) = store.seconds.values()
    assert 1790 < seconds <= 1801  # the Date has whole seconds


@pytest.mark.parametrize(("is_same_boot", "step"), [(True, -3000), (True, 3000), (False, -3000), (False, 3000)])
def test_a_file_store_measures_the_age_by_a_clock_that_is_right(
    *, is_same_boot: bool, step: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same boot by the time since then, and elsewhere by the clock of the file system."""
    store = rr.FileTokenStore(tmp_path)
    store.save("key", b"value", 3600)
    if not is_same_boot:
        monkeypatch.setattr(_token_stores, "_boot", lambda: "another-boot")
        monkeypatch.setattr(_token_stores, "_since_boot", lambda: 5.0)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + step)
    loaded: Any = store.load("key")
    assert bytes(loaded) == b"value"
    assert 3590 < loaded.seconds_left <= 3600


def test_a_file_store_loads_what_was_saved_a_moment_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_token_stores, "_since_boot", lambda: 100.0006)
    store = rr.FileTokenStore(tmp_path)
    store.save("key", b"value", 3600)
    assert store.load("key") == b"value"


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize(("age", "is_found"), [(-60, False), (0, True), (3500, True), (3601, False)])
def test_a_file_is_not_used_once_its_seconds_have_passed(
    system: str, age: float, *, is_found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    since_boot = [100_000.0]
    monkeypatch.setattr(_token_stores, "_since_boot", lambda: since_boot[0])
    if system != "linux":
        monkeypatch.setattr(_token_stores, "_boot", lambda: _token_stores._UNKNOWN)
    store = rr.FileTokenStore(tmp_path)
    store.save("key", b"value", 3600)
    if system == "linux":
        since_boot[0] += age
    else:
        # By the file's own time: the clock of a file system is coarser than that of the machine, and so may be behind.
        saved_at = store._path("key").stat().st_mtime_ns - round(age * 1e9)
        os.utime(store._path("key"), ns=(saved_at, saved_at))
    loaded: Any = store.load("key")
    assert (loaded is not None) == is_found
    assert loaded is None or loaded.seconds_left == pytest.approx(3600 - age, abs=5)


# --- A store that fails -----------------------------------------------------------------------------------------------

STEPS = ["load", "lock", "save", "release"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, PASSWORD), os.strerror(errno.ENOSPC)),
        (redis.ConnectionError(f"redis://:{PASSWORD}@cache.internal"), "redis.exceptions.ConnectionError"),
        (KeyboardInterrupt(PASSWORD), "KeyboardInterrupt"),
    ],
    ids=["OSError", "ConnectionError", "KeyboardInterrupt"],
)
def test_a_store_that_fails_costs_one_warning_and_never_a_call(
    step: str,
    error: BaseException,
    reason: str,
    *,
    server: Server,
    make_client: MakeClient,
    warnings: Warnings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(_: logging.LogRecord) -> bool:
        time.sleep(0.05)  # the warning is written before the call returns
        return True

    monkeypatch.setattr(logging.getLogger("runner_registration"), "filters", [slow])
    client = make_client(server.url, token_store=FaultyStore(step, error))
    for org in ("octo-org", "github"):
        assert client.registration_token(org).token == TOKEN
        assert warnings() == [f"The FaultyStore cannot be used: {reason}. Tokens are requested without it for 60 s."]
    assert len(server.requests) == 2


@pytest.mark.parametrize("step", STEPS)
def test_a_store_that_hangs_is_given_up(
    step: str, server: Server, make_client: MakeClient, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_token_stores, "STORE_TIMEOUT", 0.3)
    goes_on = threading.Event()
    store = FaultyStore(step, lambda: goes_on.wait(30))
    client = make_client(server.url, timeout=1, max_wait=0, token_store=store)
    began = time.monotonic()
    for org in ("octo-org", "github"):
        assert client.registration_token(org).token == TOKEN
    assert time.monotonic() - began < 20
    (warning,) = warnings()
    assert "no response within" in warning
    goes_on.set()  # its thread goes on, saves, and releases the lock
    assert store.held.acquire(timeout=30)


@pytest.mark.parametrize(("pause", "calls"), [(60.0, []), (0.0, ["load", "lock", "load", "save"])])
def test_a_store_that_failed_is_used_again_after_a_pause(
    pause: float, calls: list[str], server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_token_stores, "STORE_PAUSE", pause)
    store = FaultyStore("load", OSError())
    client = make_client(server.url, token_store=store)
    client.registration_token("octo-org")
    store.step = "none"
    client.registration_token("github")
    assert store.calls == calls


def test_a_thread_that_cannot_be_started_costs_one_warning(
    server: Server, make_client: MakeClient, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(server.url, token_store=MemoryStore())
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if "token store" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert client.registration_token("octo-org").token == TOKEN
    assert warnings() == [
        "The MemoryStore cannot be used: no thread can be started. Tokens are requested without it for 60 s."
    ]


# --- The lock ---------------------------------------------------------------------------------------------------------


def test_a_request_that_fails_leaves_the_lock_free(server: Server, ask: Ask, make_store: MakeStore) -> None:
    server.respond(refusal(404, "Not Found"), created())
    with pytest.raises(rr.NotFoundError):
        ask(make_store())
    began = time.monotonic()
    assert ask(make_store()) == TOKEN
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("make_store", ["files", "redis"], indirect=True)
def test_a_caller_waits_for_the_lock_no_longer_than_its_own_bounds(
    server: Server, make_client: MakeClient, make_store: MakeStore, warnings: Warnings
) -> None:
    store = make_store()
    key = key_of(server.url, None, CREDENTIAL)
    with store.lock(key, 5):
        began = time.monotonic()
        client = make_client(server.url, timeout=1, max_wait=0.1, token_store=make_store())
        assert client.registration_token("octo-org").token == TOKEN
        assert 1 < time.monotonic() - began < 10
    assert warnings() == []
    assert store.load(key) is not None  # it is shared nevertheless


def test_a_caller_takes_the_token_as_soon_as_it_is_saved(
    server: Server, ask: Ask, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock need not be free: its holder may have been stopped."""
    monkeypatch.setattr(_token_stores, "STORE_RECHECK", 0.1)
    store = make_store()
    entries = Entries(server.url, None, CREDENTIAL)
    key = entries.key("octo-org")
    with store.lock(key, 5):
        timer = threading.Timer(0.1, lambda: store.save(key, entries.encode(key, GOOD, 3600), 3600))
        timer.start()
        assert ask(make_store()) == TOKEN
        timer.join()
    assert server.requests == []


def test_threads_that_each_have_a_client_make_one_request(make_store: MakeStore) -> None:
    def ask(_: int) -> str:
        with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST, token_store=make_store()) as client:
            return client.registration_token("octo-org").token

    with organization_server(delay=0.2) as server, ThreadPoolExecutor(8) as pool:
        assert [*pool.map(ask, range(8))] == [token_of("octo-org")] * 8
        assert server.connections == 1


# --- Files ------------------------------------------------------------------------------------------------------------

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@posix
def test_files_are_for_the_user_alone(ask: Ask, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        store = rr.FileTokenStore(tmp_path / "a" / "b")
        ask(store)
        store._now()
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    files = [*(tmp_path / "a" / "b").iterdir()]
    assert {path.suffix for path in files} >= {".token"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
def test_a_directory_that_others_can_write_to_is_not_used(
    mode: int, ask: Ask, tmp_path: Path, warnings: Warnings
) -> None:
    directory = tmp_path / "tokens"
    directory.mkdir()
    directory.chmod(mode)
    store = rr.FileTokenStore(directory)
    assert ask(store) == TOKEN
    (warning,) = warnings()
    assert f"other users can write to {directory}" in warning
    assert [*directory.iterdir()] == []


@posix
@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_what_is_not_a_plain_file_is_not_read(kind: str, server: Server, ask: Ask, tmp_path: Path) -> None:
    own_tokens(server)
    store = rr.FileTokenStore(tmp_path)
    ask(store)
    path = store._path(key_of(server.url, None, CREDENTIAL))
    saved = path.rename(tmp_path / "saved")
    match kind:
        case "link":
            path.symlink_to(saved)
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    assert ask(store) == f"{TOKEN}1"


def test_old_tokens_and_what_killed_processes_left_are_removed(tmp_path: Path) -> None:
    store = rr.FileTokenStore(tmp_path)
    for name in ("old.token", "old.new", "new.token", "other.txt", "aa.lock"):
        (tmp_path / name).touch()
        if name != "new.token":
            os.utime(tmp_path / name, (0, 0))
    store.save("key", b"value", 3600)
    assert {path.name for path in tmp_path.iterdir()} == {"aa.lock", "clock", "key.token", "new.token", "other.txt"}


def test_a_value_that_cannot_be_saved_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = rr.FileTokenStore(tmp_path)

    def replace(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="full"):
        store.save("key", b"value", 3600)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/cache"}, "/cache/runner-registration/tokens"),
        ("linux", {"XDG_CACHE_HOME": ""}, "/users/me/.cache/runner-registration/tokens"),
        ("darwin", {}, "/users/me/Library/Caches/runner-registration/tokens"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/runner-registration/tokens"),
    ],
)
def test_without_a_directory_the_users_cache_is_used(
    system: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    for name, value in {"HOME": "/users/me", **variables}.items():
        monkeypatch.setenv(name, value)
    assert _token_stores._user_directory() == Path(expected)


# --- Redis and Valkey -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [redis.Redis, valkey.Valkey])
def test_a_token_in_redis_expires_with_the_registration_token(
    kind: Any, server: Server, ask: Ask, valkey_server: Valkey
) -> None:
    server.respond(created(lives=timedelta(minutes=30)))
    with connect(valkey_server, kind) as client:
        client.flushall()
        store = rr.RedisTokenStore(client, prefix="ours:")
        ask(store)
        (key,) = client.keys("*")
        assert key.startswith(b"ours:octo-org-")
        assert 1_790_000 < client.pttl(key) <= 1_801_000


def test_a_few_commands_are_all_that_redis_has_to_allow(
    server: Server, ask: Ask, valkey_server: Valkey, warnings: Warnings
) -> None:
    """The commands that the documentation names."""
    page = (Path(__file__).parents[2] / "docs/many-machines.md").read_text("utf-8")
    rules = re.findall(r"ACL SETUSER runners on >PASSWORD (.*)", page)[0].split()
    with connect(valkey_server) as admin:
        admin.flushall()
        admin.script_flush()
        admin.execute_command("ACL", "SETUSER", "runners", "reset", "on", f">{PASSWORD}", *rules)
        with connect(valkey_server, username="runners", password=PASSWORD) as client:
            for _ in range(2):
                store = rr.RedisTokenStore(client)
                ask(store)
        assert admin.keys("*:lock") == []
        admin.execute_command("ACL", "DELUSER", "runners")
    assert warnings() == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", [redis.Redis, valkey.Valkey])
def test_a_lock_in_redis_is_renewed_while_it_is_held(
    kind: Any, valkey_server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_token_stores, "STORE_LEASE", 1.5)
    with connect(valkey_server, kind) as client:
        store = rr.RedisTokenStore(client, prefix="renewed:")
        with store.lock("key", 0):
            assert client.pexpire("renewed:key:lock", 600_000)
            end = time.monotonic() + 60
            while client.pttl("renewed:key:lock") > 1500:
                assert time.monotonic() < end
                time.sleep(0.01)
        with store.lock("key", 0):  # it is free at once
            pass


def test_a_lock_that_was_lost_is_not_taken_from_its_new_holder(valkey_server: Valkey) -> None:
    with connect(valkey_server) as client:
        store = rr.RedisTokenStore(client, prefix="lost:")
        with store.lock("key", 0):
            client.set("lost:key:lock", "another holder")
        assert client.get("lost:key:lock") == b"another holder"


# --- Processes --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("make_store", ["files", "redis"], indirect=True)
def test_a_store_works_in_a_forked_process(make_store: MakeStore) -> None:
    with organization_server() as server:
        with rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST, token_store=make_store()) as client:
            client.registration_token("octo-org")

            def ask() -> str:
                return f"{client.registration_token('github').token} {client.registration_token('octo-org').token}"

            children = [in_child(ask) for _ in range(3)]
            assert {child() for child in children} == {f"{token_of('github')} {token_of('octo-org')}"}
        assert server.connections == 2


@pytest.mark.parametrize("extra", ["filelock", "redis"])
def test_a_missing_library_is_named_with_its_extra(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, extra, None)
    where = "user" if extra == "filelock" else "redis://127.0.0.1/0"
    with pytest.raises(ImportError, match=r"pip install 'runner-registration\[(store|redis)\]'"):
        _token_stores.named_store(where)
