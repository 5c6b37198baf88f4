"""A consumer's program that is never run: type checkers read it. It holds both packages to their signatures and fields.

`api.py` is the program of someone who only asks for tokens. This one is of someone who builds on the packages: it wraps
the clients, reads every field of every model, makes models for tests of its own, and calls the generated functions.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ParamSpec, Protocol, Self, TypeVar, assert_type

import httpx
from runner_registration_api import AuthenticatedClient, Client, errors
from runner_registration_api.api import OPERATIONS, AsyncOperations, Operation, SyncOperations, load
from runner_registration_api.api.actions import create_registration_token_for_org
from runner_registration_api.models import (
    AuthenticationToken,
    AuthenticationTokenPermissions,
    BasicError,
    LicenseSimple,
    Repository,
    RepositoryCodeSearchIndexStatus,
    RepositoryPermissions,
    SimpleUser,
    ValidationError,
    ValidationErrorErrorsItem,
)
from runner_registration_api.types import UNSET, RequestArguments, Response, Unset

import runner_registration as rr

P = ParamSpec("P")
T = TypeVar("T")


# --- the clients, as they can be made and called


class MakesClient(Protocol):
    def __call__(
        self,
        credential: str | Callable[[], str] | httpx.Auth | None = None,
        *,
        base_url: str | None = None,
        api_version: str = ...,
        timeout: float = ...,
        max_retries: int = ...,
        max_wait: float = ...,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        allow_http: bool = False,
        user_agent: str | None = None,
        http_client: httpx.Client | None = None,
    ) -> rr.Client: ...


class MakesAsyncClient(Protocol):
    def __call__(
        self,
        credential: str | Callable[[], str] | httpx.Auth | None = None,
        *,
        base_url: str | None = None,
        api_version: str = ...,
        timeout: float = ...,
        max_retries: int = ...,
        max_wait: float = ...,
        verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
        allow_http: bool = False,
        user_agent: str | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> rr.AsyncClient: ...


class GivesTokens(Protocol):
    def create_registration_token_for_org(self, org: str) -> AuthenticationToken: ...
    def registration_token(self, org: str, *, min_valid: timedelta = ...) -> AuthenticationToken: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class GivesTokensAsync(Protocol):
    async def create_registration_token_for_org(self, org: str) -> AuthenticationToken: ...
    async def registration_token(self, org: str, *, min_valid: timedelta = ...) -> AuthenticationToken: ...
    async def aclose(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...


makes_client: MakesClient = rr.Client
makes_async_client: MakesAsyncClient = rr.AsyncClient


def gives_tokens(client: rr.Client) -> GivesTokens:
    return client


def gives_tokens_async(client: rr.AsyncClient) -> GivesTokensAsync:
    return client


def same_names(token: rr.AuthenticationToken, unset: rr.Unset) -> None:
    assert_type(token, AuthenticationToken)
    assert_type(unset, Unset)
    assert_type(rr.UNSET, Unset)
    assert_type(rr.__version__, str)


# --- the errors


def what_an_error_says(error: rr.APIStatusError, limit: rr.RateLimitError, denial: rr.SSORequiredError) -> None:
    assert_type(error.status_code, int)
    assert_type(error.message, str)
    assert_type(error.documentation_url, str | None)
    assert_type(error.request_id, str | None)
    assert_type(error.headers, httpx.Headers)
    assert_type(limit.retry_after, float)
    assert_type(limit.resets_at, datetime)
    assert_type(limit.secondary, bool)
    assert_type(denial.sso_url, str | None)
    assert_type(denial.accepted_scopes, tuple[str, ...])
    assert_type(denial.accepted_permissions, tuple[str, ...])


def the_tree(
    connections: rr.APITimeoutError | rr.ProxyError,
    invalid_organization: rr.InvalidOrganizationError,
    sso: rr.SSORequiredError,
    statuses: rr.RedirectError
    | rr.APIVersionError
    | rr.BadRequestError
    | rr.AuthenticationError
    | rr.PermissionDeniedError
    | rr.NotFoundError
    | rr.UnprocessableEntityError
    | rr.InternalServerError
    | rr.RateLimitError,
    others: rr.CredentialError | rr.APIConnectionError | rr.InvalidResponseError | rr.APIStatusError,
) -> tuple[rr.APIConnectionError, ValueError, rr.PermissionDeniedError, rr.APIStatusError, rr.RunnerRegistrationError]:
    connection: rr.APIConnectionError = connections
    value: ValueError = invalid_organization
    denied: rr.PermissionDeniedError = sso
    status: rr.APIStatusError = statuses
    any_: rr.RunnerRegistrationError = others
    return connection, value, denied, status, any_


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


class Sync(SyncOperations):
    """All operations over a transport of one's own."""

    def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return parse(httpx.Client().request(**build_request(*args, **kwargs)))


class Async(AsyncOperations):
    """The same for asyncio."""

    async def _call(
        self,
        build_request: Callable[P, RequestArguments],
        parse: Callable[[httpx.Response], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        return parse(await httpx.AsyncClient().request(**build_request(*args, **kwargs)))


async def every_operation() -> None:
    load()
    assert_type(OPERATIONS, tuple[Operation, ...])
    assert_type([(one.name, one.method, one.path, one.module) for one in OPERATIONS], list[tuple[str, str, str, str]])
    assert_type(Sync().create_registration_token_for_org(org="octo-org"), AuthenticationToken)
    assert_type(await Async().create_registration_token_for_org(org="octo-org"), AuthenticationToken)


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


def errors_made() -> list[BasicError | ValidationError]:
    item = ValidationErrorErrorsItem(code="missing_field", resource="Runner", field="name", value=None)
    return [
        BasicError(message="Not Found", status="404"),
        ValidationError(message="", documentation_url="", errors=[item]),
    ]


# --- the models' fields


def authentication_token_fields(value: AuthenticationToken) -> None:
    assert_type(value.token, str)
    assert_type(value.expires_at, datetime)
    assert_type(value.permissions, AuthenticationTokenPermissions | Unset)
    assert_type(value.repositories, list[Repository] | Unset)
    assert_type(value.single_file, None | str | Unset)
    assert_type(value.repository_selection, str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def authentication_token_permissions_fields(value: AuthenticationTokenPermissions) -> None:
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def repository_fields(value: Repository) -> None:  # noqa: PLR0915 - GitHub's repository has that many
    assert_type(value.id, int)
    assert_type(value.node_id, str)
    assert_type(value.name, str)
    assert_type(value.full_name, str)
    assert_type(value.license_, LicenseSimple | None)
    assert_type(value.forks, int)
    assert_type(value.owner, SimpleUser)
    assert_type(value.private, bool)
    assert_type(value.html_url, str)
    assert_type(value.description, None | str)
    assert_type(value.fork, bool)
    assert_type(value.url, str)
    assert_type(value.archive_url, str)
    assert_type(value.assignees_url, str)
    assert_type(value.blobs_url, str)
    assert_type(value.branches_url, str)
    assert_type(value.collaborators_url, str)
    assert_type(value.comments_url, str)
    assert_type(value.commits_url, str)
    assert_type(value.compare_url, str)
    assert_type(value.contents_url, str)
    assert_type(value.contributors_url, str)
    assert_type(value.deployments_url, str)
    assert_type(value.downloads_url, str)
    assert_type(value.events_url, str)
    assert_type(value.forks_url, str)
    assert_type(value.git_commits_url, str)
    assert_type(value.git_refs_url, str)
    assert_type(value.git_tags_url, str)
    assert_type(value.git_url, str)
    assert_type(value.issue_comment_url, str)
    assert_type(value.issue_events_url, str)
    assert_type(value.issues_url, str)
    assert_type(value.keys_url, str)
    assert_type(value.labels_url, str)
    assert_type(value.languages_url, str)
    assert_type(value.merges_url, str)
    assert_type(value.milestones_url, str)
    assert_type(value.notifications_url, str)
    assert_type(value.pulls_url, str)
    assert_type(value.releases_url, str)
    assert_type(value.ssh_url, str)
    assert_type(value.stargazers_url, str)
    assert_type(value.statuses_url, str)
    assert_type(value.subscribers_url, str)
    assert_type(value.subscription_url, str)
    assert_type(value.tags_url, str)
    assert_type(value.teams_url, str)
    assert_type(value.trees_url, str)
    assert_type(value.clone_url, str)
    assert_type(value.mirror_url, None | str)
    assert_type(value.hooks_url, str)
    assert_type(value.svn_url, str)
    assert_type(value.homepage, None | str)
    assert_type(value.language, None | str)
    assert_type(value.forks_count, int)
    assert_type(value.stargazers_count, int)
    assert_type(value.watchers_count, int)
    assert_type(value.size, int)
    assert_type(value.default_branch, str)
    assert_type(value.open_issues_count, int)
    assert_type(value.has_issues, bool)
    assert_type(value.has_projects, bool)
    assert_type(value.has_wiki, bool)
    assert_type(value.has_pages, bool)
    assert_type(value.has_downloads, bool)
    assert_type(value.archived, bool)
    assert_type(value.disabled, bool)
    assert_type(value.pushed_at, datetime | None)
    assert_type(value.created_at, datetime | None)
    assert_type(value.updated_at, datetime | None)
    assert_type(value.open_issues, int)
    assert_type(value.watchers, int)
    assert_type(value.permissions, RepositoryPermissions | Unset)
    assert_type(value.is_template, bool | Unset)
    assert_type(value.topics, list[str] | Unset)
    assert_type(value.has_discussions, bool | Unset)
    assert_type(value.has_pull_requests, bool | Unset)
    assert_type(value.pull_request_creation_policy, str | Unset)
    assert_type(value.visibility, str | Unset)
    assert_type(value.allow_rebase_merge, bool | Unset)
    assert_type(value.temp_clone_token, str | Unset)
    assert_type(value.allow_squash_merge, bool | Unset)
    assert_type(value.allow_auto_merge, bool | Unset)
    assert_type(value.delete_branch_on_merge, bool | Unset)
    assert_type(value.allow_update_branch, bool | Unset)
    assert_type(value.use_squash_pr_title_as_default, bool | Unset)
    assert_type(value.squash_merge_commit_title, str | Unset)
    assert_type(value.squash_merge_commit_message, str | Unset)
    assert_type(value.merge_commit_title, str | Unset)
    assert_type(value.merge_commit_message, str | Unset)
    assert_type(value.allow_merge_commit, bool | Unset)
    assert_type(value.allow_forking, bool | Unset)
    assert_type(value.web_commit_signoff_required, bool | Unset)
    assert_type(value.master_branch, str | Unset)
    assert_type(value.starred_at, str | Unset)
    assert_type(value.anonymous_access_enabled, bool | Unset)
    assert_type(value.code_search_index_status, RepositoryCodeSearchIndexStatus | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def repository_permissions_fields(value: RepositoryPermissions) -> None:
    assert_type(value.admin, bool)
    assert_type(value.pull, bool)
    assert_type(value.push, bool)
    assert_type(value.triage, bool | Unset)
    assert_type(value.maintain, bool | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def repository_code_search_index_status_fields(value: RepositoryCodeSearchIndexStatus) -> None:
    assert_type(value.lexical_search_ok, bool | Unset)
    assert_type(value.lexical_commit_sha, str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def simple_user_fields(value: SimpleUser) -> None:
    assert_type(value.login, str)
    assert_type(value.id, int)
    assert_type(value.node_id, str)
    assert_type(value.avatar_url, str)
    assert_type(value.gravatar_id, None | str)
    assert_type(value.url, str)
    assert_type(value.html_url, str)
    assert_type(value.followers_url, str)
    assert_type(value.following_url, str)
    assert_type(value.gists_url, str)
    assert_type(value.starred_url, str)
    assert_type(value.subscriptions_url, str)
    assert_type(value.organizations_url, str)
    assert_type(value.repos_url, str)
    assert_type(value.events_url, str)
    assert_type(value.received_events_url, str)
    assert_type(value.type_, str)
    assert_type(value.site_admin, bool)
    assert_type(value.name, None | str | Unset)
    assert_type(value.email, None | str | Unset)
    assert_type(value.starred_at, str | Unset)
    assert_type(value.user_view_type, str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def license_simple_fields(value: LicenseSimple) -> None:
    assert_type(value.key, str)
    assert_type(value.name, str)
    assert_type(value.url, None | str)
    assert_type(value.spdx_id, None | str)
    assert_type(value.node_id, str)
    assert_type(value.html_url, str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def basic_error_fields(value: BasicError) -> None:
    assert_type(value.message, str | Unset)
    assert_type(value.documentation_url, str | Unset)
    assert_type(value.url, str | Unset)
    assert_type(value.status, str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def validation_error_fields(value: ValidationError) -> None:
    assert_type(value.message, str)
    assert_type(value.documentation_url, str)
    assert_type(value.errors, list[ValidationErrorErrorsItem] | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])


def validation_error_errors_item_fields(value: ValidationErrorErrorsItem) -> None:
    assert_type(value.code, str)
    assert_type(value.resource, str | Unset)
    assert_type(value.field, str | Unset)
    assert_type(value.message, str | Unset)
    assert_type(value.index, int | Unset)
    assert_type(value.value, int | list[str] | None | str | Unset)
    assert_type(value.additional_properties, dict[str, Any])
    assert_type(value.additional_keys, list[str])
