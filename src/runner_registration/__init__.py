"""GitHub's registration tokens for an organization's self-hosted runners.

    import runner_registration as rr

    with rr.Client() as client:
        print(client.registration_token("octo-org").token)

https://docs.github.com/en/rest/actions/self-hosted-runners#create-a-registration-token-for-an-organization
"""

TYPE_CHECKING = False  # type checkers know the name; importing typing would take longer than all else here

if TYPE_CHECKING:
    from runner_registration_api.models import AuthenticationToken
    from runner_registration_api.types import UNSET, Unset

    from runner_registration._async_client import AsyncClient
    from runner_registration._client import Client
    from runner_registration._errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        APIVersionError,
        AuthenticationError,
        BadRequestError,
        CredentialError,
        InternalServerError,
        InvalidOrganizationError,
        InvalidResponseError,
        NotFoundError,
        PermissionDeniedError,
        ProxyError,
        RateLimitError,
        RedirectError,
        RunnerRegistrationError,
        SSORequiredError,
        UnprocessableEntityError,
    )
    from runner_registration._github_app import GitHubApp
    from runner_registration._token_stores import FileTokenStore, RedisTokenStore, TokenStore
    from runner_registration._version import __version__

__all__ = [
    "UNSET",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "APIVersionError",
    "AsyncClient",
    "AuthenticationError",
    "AuthenticationToken",
    "BadRequestError",
    "Client",
    "CredentialError",
    "FileTokenStore",
    "GitHubApp",
    "InternalServerError",
    "InvalidOrganizationError",
    "InvalidResponseError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProxyError",
    "RateLimitError",
    "RedirectError",
    "RedisTokenStore",
    "RunnerRegistrationError",
    "SSORequiredError",
    "TokenStore",
    "UnprocessableEntityError",
    "Unset",
    "__version__",
]

_ELSEWHERE = {
    "AsyncClient": "runner_registration._async_client",
    "AuthenticationToken": "runner_registration_api.models",
    "Client": "runner_registration._client",
    "FileTokenStore": "runner_registration._token_stores",
    "GitHubApp": "runner_registration._github_app",
    "RedisTokenStore": "runner_registration._token_stores",
    "TokenStore": "runner_registration._token_stores",
    "UNSET": "runner_registration_api.types",
    "Unset": "runner_registration_api.types",
    "__version__": "runner_registration._version",
}


if not TYPE_CHECKING:  # to type checkers any name would then be one that exists

    def __getattr__(name: str) -> object:
        """Import what is used when it is used, so that importing this package costs next to nothing (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(_ELSEWHERE.get(name, "runner_registration._errors")), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
