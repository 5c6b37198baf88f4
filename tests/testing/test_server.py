"""`RegistrationServer` by itself: who is answered what, what is remembered, and that nothing stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import httpx
import pytest

from runner_registration.testing import RegistrationServer, _contract

PATH = "/orgs/octo-org/actions/runners/registration-token"
SECRET = "a-secret-that-nobody-may-see"


@pytest.fixture
def server() -> Iterator[RegistrationServer]:
    with RegistrationServer() as server:
        yield server


@pytest.fixture
def http(server: RegistrationServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False) as client:
        yield client


def statuses(http: httpx.Client, times: int) -> list[int]:
    return [http.post(PATH).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["not_found"], [404, 404, 404], id="one name, again and again"),
        pytest.param(["bad_gateway", "created"], [502, 201, 201], id="in turn, the last repeated"),
        pytest.param(["bad_gateway"] * 2 + ["created"], [502, 502, 201], id="repeats"),
        pytest.param(["bad_gateway_once", "not_found"], [502, 201, 404, 404], id="sequences compose"),
    ],
)
def test_scenarios_are_served_in_turn(
    names: list[str], expected: list[int], server: RegistrationServer, http: httpx.Client
) -> None:
    server.use(*names)
    assert statuses(http, len(expected)) == expected


def test_without_a_scenario_there_is_a_token_and_a_new_choice_replaces_the_old(
    server: RegistrationServer, http: httpx.Client
) -> None:
    assert statuses(http, 1) == [201]
    server.use("bad_gateway", "not_found")
    server.use("sso_required")
    assert statuses(http, 2) == [403, 403]


def test_what_the_contract_does_not_have_is_not_found_and_takes_no_answer(
    server: RegistrationServer, http: httpx.Client
) -> None:
    server.use("bad_gateway", "created")
    assert http.get(PATH).status_code == 404
    assert http.post("/orgs/octo-org/actions/runners").json()["message"] == "Not Found"
    assert http.post(f"{PATH}/more").status_code == 404
    assert statuses(http, 2) == [502, 201]


def test_without_a_credential_the_answer_is_401_and_none_is_taken(
    server: RegistrationServer, http: httpx.Client
) -> None:
    server.use("bad_gateway", "created")
    assert httpx.post(server.url + PATH, trust_env=False).json()["message"] == "Requires authentication"
    assert statuses(http, 2) == [502, 201]


def test_the_path_may_be_an_enterprise_servers(http: httpx.Client) -> None:
    assert http.post(f"/api/v3{PATH}").status_code == 201


def test_rate_limits_end_when_told_to(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("secondary_rate_limit", "primary_rate_limit", retry_after=7)
    assert http.post(PATH).headers["Retry-After"] == "7"
    answer = http.post(PATH)
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert int(answer.headers["X-RateLimit-Reset"]) - date == 7


def test_who_follows_a_redirect_to_another_host_is_found_out(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("redirect_to_another_host")
    http.post(PATH, follow_redirects=True)
    first, second = server.requests
    assert first.headers["host"].startswith("127.0.0.1:")
    assert (second.path, second.headers["host"].partition(":")[0]) == (f"{PATH}?redirected", "localhost")
    assert "authorization" not in second.headers  # httpx leaves it behind


def test_requests_are_remembered_as_they_came(server: RegistrationServer, http: httpx.Client) -> None:
    http.post(PATH, params={"a": "b"}, json={"c": "d"}, headers={"X-Twice": "1"})
    http.post(PATH, content=iter([b"in ", b"chunks"]))
    http.get("/nowhere")
    first, second, third = server.requests
    assert (first.method, first.path, json.loads(first.body)) == ("POST", f"{PATH}?a=b", {"c": "d"})
    assert first.headers["x-twice"] == "1"
    assert second.body == b"in chunks"
    assert (third.method, third.path, third.body) == ("GET", "/nowhere", b"")


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        pytest.param({"Authorization": f"Bearer {SECRET}"}, "Bearer ***", id="bearer"),
        pytest.param({"Authorization": f"token {SECRET}"}, "token ***", id="token"),
        pytest.param({"Authorization": SECRET}, "***", id="bare"),
        pytest.param({"Proxy-Authorization": f"Basic {SECRET}", "Authorization": "token x"}, "token ***", id="proxy"),
        pytest.param({"Cookie": f"a=b; session={SECRET}", "Authorization": "token x"}, "token ***", id="cookie"),
        pytest.param({"Authorization": f"Bearer {SECRET}", "X-Again": f"<{SECRET}>"}, "Bearer ***", id="repeated"),
    ],
)
def test_credentials_are_masked(headers: dict[str, str], seen: str, server: RegistrationServer) -> None:
    body = f"token={SECRET}".encode() if "X-Again" in headers else b""
    path = f"{PATH}?access_token={SECRET}" if "X-Again" in headers else PATH
    httpx.post(server.url + path, headers=headers, content=body, trust_env=False)
    (request,) = server.requests
    assert request.headers["authorization"] == seen
    assert SECRET not in repr(server.requests)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("secondary_ratelimit", "did you mean 'secondary_rate_limit'"),
        ("Not_Found", "did you mean 'not_found'"),
        ("xyzzy", "runner_registration.testing.scenarios() lists them all"),
    ],
)
def test_an_unknown_scenario_is_refused_and_the_nearest_named(
    name: str, advice: str, server: RegistrationServer, http: httpx.Client
) -> None:
    server.use("not_found")
    with pytest.raises(ValueError, match=re.escape(f"there is no scenario '{name}': {advice}")):
        server.use("created", name)
    assert statuses(http, 1) == [404]


def test_no_scenario_is_refused(server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match="name at least one scenario"):
        server.use()


def test_a_port_in_use_is_named(server: RegistrationServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match=f"port {port} is in use: choose another, or 0"), RegistrationServer(port=port):
        pass


def test_a_port_is_free_again_at_once(server: RegistrationServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        with RegistrationServer(port=port) as again:
            assert httpx.post(again.url + PATH, trust_env=False).status_code == 401


def test_a_server_that_does_not_run_has_no_url() -> None:
    with pytest.raises(RuntimeError, match=re.escape("use it as `with RegistrationServer() as server:`")):
        _ = RegistrationServer().url


def test_what_keeps_it_from_answering_is_told_to_the_client_and_raised_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    _contract._document.cache_clear()
    _contract.operations.cache_clear()
    server = RegistrationServer().__enter__()
    answer = httpx.post(server.url + PATH, trust_env=False)
    assert answer.status_code == 500
    assert "pip install" in answer.text
    with pytest.raises(RuntimeError, match=re.escape("pip install 'runner-registration[testing]'")):
        server.__exit__(None, None, None)


def test_the_environment_alone_points_the_command_line_at_it(server: RegistrationServer) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runner_registration", "token", "octo-org"],
        env={**os.environ, "HTTP_PROXY": "http://127.0.0.1:9", **server.environ},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == _contract.operations()[0].body(201, "default")["token"]
    assert [request.path for request in server.requests] == [PATH]


def test_many_clients_at_once_share_the_answers(server: RegistrationServer) -> None:
    server.use(*["bad_gateway"] * 20, "created")

    def ask(_: int) -> int:
        return httpx.post(server.url + PATH, headers={"Authorization": "token x"}, trust_env=False).status_code

    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(ask, range(40)))
    assert (seen.count(502), seen.count(201), len(server.requests)) == (20, 20, 40)


@pytest.mark.parametrize("name", ["created", "no_answer", "slow_headers", "trickled_body", "length_too_long", "reset"])
def test_no_thread_and_no_connection_outlives_it(name: str) -> None:
    before = set(threading.enumerate())
    with contextlib.ExitStack() as connections:
        with RegistrationServer() as server:
            server.use(name)
            host, port = server.url.removeprefix("http://").split(":")
            idle, *asking = [
                connections.enter_context(socket.create_connection((host, int(port)), timeout=10)) for _ in range(4)
            ]
            for connection in asking:
                connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: token x\r\n\r\n".encode())
            while len(server.requests) < len(asking):
                time.sleep(0.01)
            start = time.monotonic()
        assert time.monotonic() - start < 5
        assert set(threading.enumerate()) == before
        assert idle.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))


def test_it_starts_within_50_ms() -> None:
    def start() -> float:
        begun = time.perf_counter()
        with RegistrationServer():
            return time.perf_counter() - begun

    assert statistics.median(start() for _ in range(9)) < 0.05
