"""What a client sends, to whom, with which credential; and what else it promises."""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
import time
import typing
import warnings
from types import FunctionType
from typing import Any

import httpx
import pytest
from runner_registration_api.api import OPERATIONS

import runner_registration as rr
from tests.responses import CREDENTIAL, PATH, TOKEN

from .conftest import TRUST, BlockingAsyncClient, MakeClient
from .loopback import Server, created, refusal


def test_a_request_has_the_method_path_and_headers_that_github_documents(
    server: Server, make_client: MakeClient
) -> None:
    token = make_client(server.url).create_registration_token_for_org("octo-org")
    assert token.token == TOKEN
    assert token.expires_at.tzinfo is not None
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert request.headers["accept"].startswith("application/vnd.github+json")
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["user-agent"].startswith(f"runner-registration/{rr.__version__} ")


def test_the_caller_may_choose_api_version_user_agent_and_path(server: Server, make_client: MakeClient) -> None:
    client = make_client(f"{server.url}/api/v3", f" {CREDENTIAL}\n", api_version="2026-03-10", user_agent="acme/1.0")
    client.create_registration_token_for_org("octo-org")
    (request,) = server.requests
    assert request.path == f"/api/v3{PATH}"
    assert request.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert request.headers["x-github-api-version"] == "2026-03-10"
    assert request.headers["user-agent"] == "acme/1.0"


def test_the_environment_names_the_host_and_the_credential(
    server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", server.url)
    monkeypatch.setenv("GH_TOKEN", "token-of-the-environment")
    make_client(credential=None).create_registration_token_for_org("octo-org")
    assert server.requests[0].headers["authorization"] == "Bearer token-of-the-environment"


def test_netrc_never_replaces_a_credential(
    server: Server, make_client: MakeClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    make_client(server.url).create_registration_token_for_org("octo-org")
    assert server.requests[0].headers["authorization"] == f"Bearer {CREDENTIAL}"


# Credentials


def test_a_callable_is_called_for_each_request_and_once_again_after_a_401(
    server: Server, make_client: MakeClient
) -> None:
    credentials = iter(f"credential-{number}" for number in range(9))
    server.respond(created(), refusal(401, "Bad credentials"), created())
    client = make_client(server.url, lambda: next(credentials))
    client.create_registration_token_for_org("octo-org")
    client.create_registration_token_for_org("octo-org")
    assert [request.headers["authorization"][-1] for request in server.requests] == ["0", "1", "2"]


def test_an_async_client_awaits_what_its_callable_returns(server: Server) -> None:
    async def credential() -> str:
        return CREDENTIAL

    client = BlockingAsyncClient(credential=credential, base_url=server.url, verify=TRUST)
    client.create_registration_token_for_org("octo-org")
    client.close()
    assert server.requests[0].headers["authorization"] == f"Bearer {CREDENTIAL}"


def test_any_httpx_auth_is_used_as_it_is(server: Server, make_client: MakeClient) -> None:
    make_client(server.url, httpx.BasicAuth("octocat", "secret")).create_registration_token_for_org("octo-org")
    assert server.requests[0].headers["authorization"] == "Basic b2N0b2NhdDpzZWNyZXQ="


# Waits, by real clocks


def test_a_rate_limit_is_waited_out_by_all_calls_of_a_client(server: Server, make_client: MakeClient) -> None:
    server.respond(refusal(429, "Too Many Requests", Retry_After="30"))
    impatient, patient = make_client(server.url, max_wait=0.5), make_client(server.url)
    begun = time.monotonic()
    with pytest.raises(rr.RateLimitError, match=r"due in 30 s, but only 0\.5 s of max_wait is left"):
        impatient.create_registration_token_for_org("octo-org")
    with pytest.raises(rr.RateLimitError, match="not sent"):
        impatient.create_registration_token_for_org("octo-org")
    assert time.monotonic() - begun < 20
    assert len(server.requests) == 1
    server.respond(refusal(429, "Too Many Requests", Retry_After="1"), created())
    begun = time.monotonic()
    assert patient.create_registration_token_for_org("octo-org").token == TOKEN
    assert time.monotonic() - begun >= 1


# The caller's own HTTP client


def test_the_callers_http_client_is_used_and_left_open(server: Server) -> None:
    with httpx.Client(headers={"X-Theirs": "yes", "Authorization": "theirs"}, verify=TRUST) as http_client:
        with rr.Client(CREDENTIAL, base_url=server.url, http_client=http_client) as client:
            client.create_registration_token_for_org("octo-org")
        assert not http_client.is_closed
    assert server.requests[0].headers["x-theirs"] == "yes"
    assert server.requests[0].headers["authorization"] == f"Bearer {CREDENTIAL}"


def test_any_transport_can_be_used() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(404, json={"message": request.url.path}))
    client = rr.Client(CREDENTIAL, base_url="https://ghe.example", http_client=httpx.Client(transport=transport))
    with pytest.raises(rr.NotFoundError, match="/api/v3/orgs/octo-org"):
        client.create_registration_token_for_org("octo-org")


def test_a_closed_client_says_so(server: Server, make_client: MakeClient) -> None:
    client: Any = make_client(server.url)
    if isinstance(client, BlockingAsyncClient):
        client.runner.run(client.client.aclose())
    else:
        client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.create_registration_token_for_org("octo-org")


def test_a_client_that_is_forgotten_closes_its_connections(server: Server) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rr.Client(CREDENTIAL, base_url=server.url, verify=TRUST).create_registration_token_for_org("octo-org")
        gc.collect()


# The end of an API


def test_the_announced_end_of_an_api_version_is_one_warning(server: Server, make_client: MakeClient) -> None:
    end = b"\r\nDeprecation: @1790000000\r\nSunset: Fri, 10 Mar 2028 00:00:00 GMT\r\n\r\n"
    server.respond(created().replace(b"\r\n\r\n", end))
    client = make_client(server.url)
    with pytest.warns(FutureWarning) as caught:
        client.create_registration_token_for_org("octo-org")
    for _ in range(2):
        assert client.create_registration_token_for_org("octo-org").token == TOKEN, "without another warning"
    (warning,) = caught
    assert str(warning.message) == (
        f"POST {PATH} with API version 2022-11-28 will be withdrawn by the server "
        "(deprecated: @1790000000, ends: Fri, 10 Mar 2028 00:00:00 GMT)"
    )


# The package


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_both_clients_have_every_operation(operation: Any) -> None:
    for client in (rr.Client, rr.AsyncClient):
        method = getattr(client, operation.name)
        assert method.__name__ == operation.name
        assert "Raises:" in method.__doc__


def test_every_public_name_is_there_and_documented() -> None:
    for name in rr.__all__:
        assert getattr(rr, name) is not None
    assert set(dir(rr)) == set(rr.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Clinet'"):
        rr.Clinet  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnusedExpression] # noqa: B018 - type checkers see it too


def test_imports_only_what_is_used() -> None:
    code = "import sys, runner_registration as rr; print(*sys.modules); rr.Client('x'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    by_import, by_client = (set(line.split()) for line in done.stdout.splitlines())
    assert not {"httpx", "attr", "asyncio", "ssl", "logging"} & by_import
    app, stores = "runner_registration._github_app", "runner_registration._token_stores"
    assert not {app, "cryptography", stores, "filelock", "redis"} & by_client


# Annotations, as frameworks and documentation tools evaluate them


@pytest.mark.parametrize("name", [name for name in rr.__all__ if isinstance(getattr(rr, name), type)])
def test_hints_of_every_public_class_can_be_evaluated(name: str) -> None:
    class_ = getattr(rr, name)
    assert "ForwardRef" not in repr(typing.get_type_hints(class_))
    for attribute in dir(class_):
        found: Any = inspect.getattr_static(class_, attribute)
        found = getattr(found, "__func__", found)  # of a class method
        found = getattr(found, "fget", found)  # of a property
        if isinstance(found, FunctionType) and (not attribute.startswith("_") or attribute == "__init__"):
            hints = typing.get_type_hints(found)
            assert hints.keys() == found.__annotations__.keys()
            assert "ForwardRef" not in repr(hints)
            inspect.signature(found, eval_str=True)


RESOLVED = """
import attrs

import runner_registration as rr

body = {"token": "AAAA", "expires_at": "2030-01-01T00:00:00Z", "permissions": {"issues": "read"}, "single_file": None}
attrs.resolve_types(rr.AuthenticationToken)
assert attrs.fields(rr.AuthenticationToken).token.type is str
token = rr.AuthenticationToken.from_dict(body)
assert token.to_dict() == {**body, "expires_at": "2030-01-01T00:00:00+00:00"}, token.to_dict()
assert token.permissions["issues"] == "read"
assert "AAAA" not in repr(token)
"""


def test_a_model_whose_types_attrs_has_resolved_is_read_as_before() -> None:
    """In a process of its own, because `attrs.resolve_types` changes the class."""
    subprocess.run([sys.executable, "-c", RESOLVED], check=True)
