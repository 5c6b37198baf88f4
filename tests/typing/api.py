"""A user's program that nobody runs: type checkers read it, and it names everything public."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_type

import httpx

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
    rr.Client(httpx.BasicAuth("octocat", "token"), http_client=httpx.Client()).close()


async def without_async_with() -> None:
    await rr.AsyncClient(lambda: "token", verify=False).aclose()
    await rr.AsyncClient(httpx.BasicAuth("octocat", "token"), http_client=httpx.AsyncClient()).aclose()


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
    assert_type(rr.UNSET, rr.Unset)
    return "" if isinstance(token.single_file, rr.Unset) else token.single_file or ""
