"""A user's program that is never run: type checkers read it. It uses all that both packages offer.

Which fields the models have is in `tests/generated/test_surface.py`. Here is one field of each kind.
"""

from __future__ import annotations

import ssl
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, assert_type

import httpx
from runner_registration_api import AuthenticatedClient, Client, errors
from runner_registration_api.api import OPERATIONS, Operation, load
from runner_registration_api.api.actions import create_registration_token_for_org
from runner_registration_api.models import (
    AuthenticationToken,
    AuthenticationTokenPermissions,
    LicenseSimple,
    Repository,
    SimpleUser,
    ValidationErrorErrorsItem,
)
from runner_registration_api.types import UNSET, RequestArguments, Response, Unset

import runner_registration as rr


def from_the_environment() -> str:
    with rr.Client() as client:
        assert_type(client, rr.Client)
        assert_type(client.create_registration_token_for_org("octo-org"), rr.AuthenticationToken)
        token = client.registration_token("octo-org", min_valid=timedelta(minutes=30))
        assert_type(token.expires_at, datetime)
        assert_type(token.token, str)
        return token.token


async def in_tasks() -> str:
    async def credential() -> str:
        return "token"

    async with rr.AsyncClient(credential) as client:
        assert_type(client, rr.AsyncClient)
        assert_type(await client.create_registration_token_for_org("octo-org"), rr.AuthenticationToken)
        return (await client.registration_token("octo-org")).token


def without_with() -> None:
    client = rr.Client(
        lambda: "token",
        base_url="ghe.example.com",
        api_version="2026-03-10",
        timeout=10,
        max_retries=0,
        max_wait=0.5,
        verify=ssl.create_default_context(),
        allow_http=False,
        user_agent="acme/1.0",
        http_client=None,
    )
    client.close()
    rr.Client("token", verify=Path("ca.pem")).close()
    rr.Client(base_url=None, verify="ca.pem", user_agent=None).close()
    rr.Client(httpx.BasicAuth("octocat", "token"), http_client=httpx.Client()).close()


def what_can_go_wrong(client: rr.Client) -> rr.AuthenticationToken | str | None:
    try:
        return client.registration_token("octo-org")
    except rr.SSORequiredError as error:
        assert_type(error.sso_url, str | None)
        return error.sso_url
    except rr.PermissionDeniedError as error:
        assert_type(error.accepted_scopes, tuple[str, ...])
        assert_type(error.accepted_permissions, tuple[str, ...])
    except rr.RateLimitError as error:
        assert_type(error.retry_after, float)
        assert_type(error.resets_at, datetime)
        assert_type(error.secondary, bool)
    except (
        rr.RedirectError,
        rr.APIVersionError,
        rr.BadRequestError,
        rr.AuthenticationError,
        rr.NotFoundError,
        rr.UnprocessableEntityError,
        rr.InternalServerError,
    ) as error:
        assert_type(error.status_code, int)
        assert_type(error.documentation_url, str | None)
        assert_type(error.request_id, str | None)
        assert_type(error.headers, httpx.Headers)
    except rr.APIStatusError as error:
        assert_type(error.message, str)
    except (rr.APITimeoutError, rr.ProxyError, rr.APIConnectionError, rr.InvalidResponseError):
        return None
    except (rr.CredentialError, rr.InvalidOrganizationError) as error:
        return str(error)
    except rr.RunnerRegistrationError as error:
        assert_type(error.message, str)
    except ValueError:
        return rr.__version__
    return None


def what_may_be_unset(token: rr.AuthenticationToken) -> str:
    assert_type(rr.UNSET, Unset)
    assert_type(rr.__version__, str)
    return "" if isinstance(token.single_file, rr.Unset) else token.single_file or ""


# --- the generated functions


async def generated(client: AuthenticatedClient, response: httpx.Response) -> None:
    operation = create_registration_token_for_org
    assert_type(operation.sync("octo-org", client=client), AuthenticationToken)
    assert_type(operation.sync(org="octo-org", client=client), AuthenticationToken)
    assert_type(operation.sync_detailed("octo-org", client=client), Response[AuthenticationToken])
    assert_type(await operation.asyncio("octo-org", client=client), AuthenticationToken)
    assert_type(await operation.asyncio_detailed("octo-org", client=client), Response[AuthenticationToken])
    assert_type(operation.build_request(org="octo-org"), RequestArguments)
    assert_type(operation.parse(response), AuthenticationToken)


def detailed(response: Response[AuthenticationToken]) -> None:
    assert_type(response.status_code, HTTPStatus)
    assert_type(response.content, bytes)
    assert_type(response.headers, MutableMapping[str, str])
    assert_type(response.parsed, AuthenticationToken)


def generated_clients() -> None:
    plain = Client(base_url="https://api.github.com", headers={}, cookies={}, timeout=httpx.Timeout(5), verify_ssl=True)
    assert_type(plain.with_headers({}).with_cookies({}).with_timeout(httpx.Timeout(1)), Client)
    client = AuthenticatedClient(
        base_url="https://api.github.com", token="token", prefix="Bearer", auth_header_name="Authorization"
    )
    assert_type(client.with_headers({}), AuthenticatedClient)
    assert_type(client.set_httpx_client(httpx.Client()).get_httpx_client(), httpx.Client)
    assert_type(client.set_async_httpx_client(httpx.AsyncClient()).get_async_httpx_client(), httpx.AsyncClient)
    assert_type(client.token, str)


def every_operation() -> None:
    load()
    assert_type(OPERATIONS, tuple[Operation, ...])
    assert_type([(one.name, one.method, one.path, one.module) for one in OPERATIONS], list[tuple[str, str, str, str]])


def generated_errors(
    status: errors.UnexpectedStatus, response: errors.InvalidResponse, parameter: errors.InvalidParameter
) -> None:
    assert_type(status.status_code, int)
    assert_type(status.error, object)
    assert_type(response.reason, str)
    assert_type(parameter.parameter, str)


# --- the models, as they are made


def made(expires_at: datetime) -> AuthenticationToken:
    token = AuthenticationToken(
        token="token",
        expires_at=expires_at,
        permissions=AuthenticationTokenPermissions(),
        repositories=UNSET,
        single_file=None,
        repository_selection="all",
    )
    token["new"] = 1
    assert_type(token["new"], Any)
    assert_type(token.additional_keys, list[str])
    assert_type(token.to_dict(), dict[str, Any])
    assert_type(AuthenticationToken.from_dict({}), AuthenticationToken)
    return AuthenticationToken(token="token", expires_at=expires_at)


# --- the models, as they are read


def fields(token: rr.AuthenticationToken, repository: Repository, item: ValidationErrorErrorsItem) -> None:
    assert_type(token, AuthenticationToken)
    assert_type(token.permissions, AuthenticationTokenPermissions | Unset)
    assert_type(token.repositories, list[Repository] | Unset)
    assert_type(token.single_file, None | str | Unset)
    assert_type(token.additional_properties, dict[str, Any])
    assert_type(repository.id, int)
    assert_type(repository.private, bool)
    assert_type(repository.owner, SimpleUser)
    assert_type(repository.license_, LicenseSimple | None)
    assert_type(repository.created_at, datetime | None)
    assert_type(repository.topics, list[str] | Unset)
    assert_type(item.value, int | list[str] | None | str | Unset)
