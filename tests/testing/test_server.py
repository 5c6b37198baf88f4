"""`RegistrationServer`: which response a request gets, what is recorded, and what is left after it is closed."""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from runner_registration.testing import RegistrationServer, _server
from tests.responses import PATH

from .conftest import SECRET


def statuses(http: httpx.Client, times: int, org: str = "octo-org") -> list[int]:
    return [http.post(PATH.replace("octo-org", org)).status_code for _ in range(times)]


# --- which response


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["bad_gateway", "created"], [502, 201, 201], id="in turn, the last repeated"),
        pytest.param(["bad_gateway_once", "not_found"], [502, 201, 404, 404], id="scenarios of several responses"),
    ],
)
def test_scenarios_are_served_in_turn(
    names: list[str], expected: list[int], server: RegistrationServer, http: httpx.Client
) -> None:
    server.use(*names)
    assert statuses(http, len(expected)) == expected


def test_the_default_is_a_token_and_a_new_choice_replaces_the_old_one(
    server: RegistrationServer, http: httpx.Client
) -> None:
    assert statuses(http, 1) == [201]
    server.use("bad_gateway", "not_found")
    server.use("sso_required")
    assert statuses(http, 2) == [403, 403]


def test_every_success_has_a_token_of_its_own(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("created", "full_body", "unknown_fields", "expires_soon", "redirect")
    tokens = [http.post(PATH, follow_redirects=True).json()["token"] for _ in range(8)]
    assert len(set(tokens)) == len(tokens)
    assert all(re.fullmatch(r"[A-Z2-7]{29}", token) for token in tokens)
    assert server.tokens() == tokens


def test_tokens_are_told_apart_by_organization(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("not_found", org="third-org")
    given = [http.post(PATH.replace("octo-org", org)).json().get("token") for org in ("one", "two", "ONE", "third-org")]
    assert server.tokens("one") == [given[0], given[2]]
    assert server.tokens("Two") == [given[1]]
    assert server.tokens("third-org") == []


def test_an_unknown_operation_is_404_and_takes_no_response(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("bad_gateway", "created")
    assert http.get(PATH).status_code == 404
    assert http.post("/orgs/octo-org/actions/runners").json()["message"] == "Not Found"
    assert http.post(f"{PATH}/more").status_code == 404
    assert statuses(http, 2) == [502, 201]


def test_a_missing_credential_is_401_and_takes_no_response(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("bad_gateway", "created")
    assert httpx.post(server.url + PATH, trust_env=False).json()["message"] == "Requires authentication"
    assert statuses(http, 2) == [502, 201]


def test_paths_of_an_enterprise_server_are_accepted(http: httpx.Client) -> None:
    assert http.post(f"/api/v3{PATH}").status_code == 201


def test_a_proxys_request_is_one_for_the_path(server: RegistrationServer) -> None:
    with httpx.Client(proxy=server.url, headers={"Authorization": f"Bearer {SECRET}"}) as http:
        assert http.post(f"http://api.github.example{PATH}?a=b").status_code == 201
    assert server.requests[0].path == f"{PATH}?a=b"


def test_requests_show_who_follows_a_redirect_to_another_host(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("redirect_to_another_host")
    http.post(PATH, follow_redirects=True)
    first, second = server.requests
    assert first.headers["host"].startswith("127.0.0.1:")
    assert (second.path, second.headers["host"].partition(":")[0]) == (f"{PATH}?redirected", "localhost")
    assert "authorization" not in second.headers  # httpx removes it


def test_many_clients_at_once_share_the_responses(server: RegistrationServer) -> None:
    server.use(*["bad_gateway"] * 20, "created")

    def request(_: int) -> int:
        return httpx.post(server.url + PATH, headers={"Authorization": "token x"}, trust_env=False).status_code

    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(request, range(40)))
    assert (seen.count(502), seen.count(201), len(server.requests)) == (20, 20, 40)


# --- organizations


def test_a_scenario_of_one_organization_leaves_the_others_alone(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("bad_gateway")
    server.use("not_found", "sso_required", org="other-org")
    assert statuses(http, 1) == [502]
    assert statuses(http, 3, "other-org") == [404, 403, 403]
    server.use("created")
    assert statuses(http, 1) == [201]
    assert statuses(http, 1, "other-org") == [403]


@pytest.mark.parametrize(
    ("chosen", "requested", "expected"),
    [
        ("octo-org", "Octo-ORG", 404),
        ("OCTO-ORG", "octo-org", 404),
        ("octo-org", "%6Fcto%2Dorg", 404),
        ("octo-org", "octo-org2", 201),
        ("secret-org", "%C5%BFecret-org", 201),  # a long s, which Unicode's case folding takes for an s
    ],
)
def test_names_are_compared_as_github_compares_them(
    chosen: str, requested: str, expected: int, server: RegistrationServer, http: httpx.Client
) -> None:
    server.use("not_found", org=chosen)
    assert statuses(http, 1, requested) == [expected]


@pytest.mark.parametrize("org", ["", ".", "..", "a/b", "a\nb"])
def test_an_invalid_organization_is_refused(org: str, server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match="organization"):
        server.use("created", org=org)
    with pytest.raises(ValueError, match="organization"):
        server.respond(404, org=org)
    with pytest.raises(ValueError, match="organization"):
        server.assert_requested(org=org)


# --- responses of one's own


def test_a_custom_response_is_sent_as_given(server: RegistrationServer, http: httpx.Client) -> None:
    server.respond(403, json={"message": "You must be an org admin"}, headers={"X-GitHub-SSO": "required"})
    response = http.post(PATH)
    assert (response.status_code, response.json()) == (403, {"message": "You must be an org admin"})
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-github-sso"] == "required"
    server.respond(520, body="<html>", headers={"content-type": "text/html", "Date": "tomorrow"})
    response = http.post(PATH)
    assert (response.status_code, response.text) == (520, "<html>")
    assert response.headers.get_list("content-type") == ["text/html"]
    assert response.headers.get_list("date") == ["tomorrow"]
    own = {"token": "MINE", "expires_at": "2020-01-01T00:00:00Z"}
    server.respond(201, json=own)
    assert http.post(PATH).json() == own
    server.respond(200, body=b"\x00\xff")
    assert http.post(PATH).content == b"\x00\xff"
    server.respond(204)
    response = http.post(PATH)
    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers


def test_a_custom_response_may_be_for_one_organization_and_some_times_only(
    server: RegistrationServer, http: httpx.Client
) -> None:
    server.respond(503, times=2)
    assert statuses(http, 4) == [503, 503, 201, 201]
    server.respond(418, org="other-org", times=1)
    server.use("not_found")
    assert statuses(http, 1) == [404]
    assert statuses(http, 2, "other-org") == [418, 404]


def test_without_a_body_a_documented_status_has_the_contracts(server: RegistrationServer, http: httpx.Client) -> None:
    server.respond(422)
    assert http.post(PATH).json()["message"] == "Validation Failed"
    server.respond(418)
    assert (http.post(PATH).status_code, http.post(PATH).content) == (418, b"")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"status": 99}, "status is 99: it must be a whole number from 200 to 599"),
        ({"status": 600}, "from 200 to 599"),
        ({"status": "404"}, "status is '404'"),
        ({"status": 404.0}, "status is 404.0"),
        ({"status": True}, "status is True"),
        ({"status": 404, "json": {}, "body": ""}, "pass json or body, not both"),
        ({"status": 204, "json": {}}, "a response with status 204 has no body"),
        ({"status": 200, "json": {"a": {1, 2}}}, "json cannot be written as JSON"),
        ({"status": 200, "body": 5}, "body is 5"),
        ({"status": 200, "headers": {"Content-Length": "5"}}, "the server sets Content-Length itself"),
        ({"status": 200, "headers": {"transfer-encoding": "chunked"}}, "the server sets transfer-encoding itself"),
        ({"status": 200, "headers": {"X-A": "b\r\nX-C: d"}}, "not a valid header"),
        ({"status": 200, "headers": {"X A": "b"}}, "not a valid header"),
        ({"status": 200, "headers": {"X-A": "\u20ac"}}, "not a valid header"),
        ({"status": 200, "headers": {"X-A": 5}}, "not a valid header"),
        ({"status": 200, "delay": -1}, "delay is -1: it must be a number, 0 or more"),
        ({"status": 200, "delay": float("nan")}, "delay is nan"),
        ({"status": 200, "times": 0.5}, "times is 0.5: it must be a whole number, 0 or more"),
    ],
)
def test_an_invalid_custom_response_is_refused(
    arguments: dict[str, Any], message: str, server: RegistrationServer, http: httpx.Client
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        server.respond(**arguments)
    assert statuses(http, 1) == [201]


def test_a_delay_comes_before_each_response(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("created", delay=0.5)
    server.respond(404, delay=60, org="other-org")
    start = time.monotonic()
    assert statuses(http, 1) == [201]
    assert time.monotonic() - start >= 0.5
    with pytest.raises(httpx.ReadTimeout):
        http.post(PATH.replace("octo-org", "other-org"), timeout=0.5)


@pytest.mark.parametrize("arguments", [{"delay": -1}, {"delay": "1"}, {"retry_after": 0.5}, {"retry_after": -1}])
def test_an_invalid_number_is_refused(arguments: dict[str, Any], server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} is "):
        server.use("created", **arguments)


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
    with pytest.raises(ValueError, match="name at least one scenario"):
        server.use()
    assert statuses(http, 1) == [404]


# --- what was requested


def test_requests_are_recorded_as_they_came(server: RegistrationServer, http: httpx.Client) -> None:
    http.post(PATH, params={"a": "b"}, json={"c": "d"}, headers={"X-Twice": "1"})
    http.post(PATH, content=iter([b"in ", b"chunks"]))
    http.get("/nowhere")
    first, second, third = server.requests
    assert (first.method, first.path, json.loads(first.body)) == ("POST", f"{PATH}?a=b", {"c": "d"})
    assert (first.headers["x-twice"], first.org) == ("1", "octo-org")
    assert second.body == b"in chunks"
    assert (third.method, third.path, third.body, third.org) == ("GET", "/nowhere", b"", None)


SENT = ("Authorization", f"Bearer {SECRET}")
OTHER = ("Authorization", "token x")
HEADERS = {
    "bearer": ([SENT], "Bearer ***"),
    "token": ([("Authorization", f"token {SECRET}")], "token ***"),
    "bare": ([("Authorization", SECRET)], "***"),
    "two words": ([("Authorization", f"Bearer {SECRET} more")], "Bearer ***"),
    "three words": ([("Authorization", f"Bearer  {SECRET} {SECRET}2")], "Bearer  ***"),
    "two headers": ([SENT, ("Authorization", f"token {SECRET}2")], "Bearer ***, token ***"),
    "digest": ([("Authorization", f'Digest username="octocat", response="{SECRET}", uri="{PATH}"')], "Digest ***"),
    "proxy": ([("Proxy-Authorization", f"Basic {SECRET}"), OTHER], "token ***"),
    "cookie": ([("Cookie", f"a=b; session={SECRET}"), OTHER], "token ***"),
    "another header": ([("X-Api-Key", SECRET), OTHER], "token ***"),
    "repeated in a header": ([SENT, ("X-Again", f"<{SECRET}>")], "Bearer ***"),
}


@pytest.mark.parametrize(("headers", "seen"), HEADERS.values(), ids=HEADERS)
def test_credentials_are_masked(headers: list[tuple[str, str]], seen: str, server: RegistrationServer) -> None:
    body = f"token={SECRET}" if SENT in headers else ""
    httpx.post(f"{server.url}{PATH}?access_token={SECRET}", headers=headers, content=body, trust_env=False)
    (request,) = server.requests
    assert request.headers["authorization"] == seen
    assert request.path == f"{PATH}?access_token=***"
    assert request.org == "octo-org"
    assert SECRET not in repr(server.requests)


def test_assert_requested_counts_and_lists_requests(server: RegistrationServer, http: httpx.Client) -> None:
    server.assert_requested(0)
    with pytest.raises(AssertionError, match=r"expected 1 request, got 0\. All requests so far:\n  none"):
        server.assert_requested()
    statuses(http, 2)
    statuses(http, 1, "Other-Org")
    http.get("/nowhere")
    server.assert_requested(3)
    server.assert_requested(2, org="OCTO-ORG")
    server.assert_requested(times=1, org="other-org")
    with pytest.raises(AssertionError) as failure:
        server.assert_requested(2, org="other-org")
    assert str(failure.value).splitlines() == [
        "expected 2 requests for other-org, got 1. All requests so far:",
        f"  POST {PATH}",
        f"  POST {PATH}",
        f"  POST {PATH.replace('octo-org', 'Other-Org')}",
        "  GET /nowhere",
    ]


@pytest.mark.parametrize("times", [-1, 1.5, "1", True])
def test_assert_requested_refuses_what_cannot_be_counted(times: Any, server: RegistrationServer) -> None:
    with pytest.raises(ValueError, match="it must be a whole number, 0 or more"):
        server.assert_requested(times)


def test_clear_forgets_requests_and_choices(server: RegistrationServer, http: httpx.Client) -> None:
    server.use("not_found")
    server.respond(500, org="other-org")
    before = http.post(PATH)
    server.clear()
    assert server.requests == []
    assert server.tokens() == []
    assert statuses(http, 1) == statuses(http, 1, "other-org") == [201]
    assert before.status_code == 404


# --- start and end


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


def test_a_server_that_is_not_running_has_no_url() -> None:
    with pytest.raises(RuntimeError, match=re.escape("use it as `with RegistrationServer() as server:`")):
        _ = RegistrationServer().url


def test_a_failure_of_the_harness_is_a_500_and_raised_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug in the harness")

    monkeypatch.setattr(_server, "make_response", fail)
    server = RegistrationServer().__enter__()
    response = httpx.post(server.url + PATH, trust_env=False)
    assert (response.status_code, response.text) == (500, "RegistrationServer: a bug in the harness")
    with pytest.raises(RuntimeError, match="a bug in the harness"):
        server.__exit__(None, None, None)


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'runner-registration[testing]'")):
        RegistrationServer()
