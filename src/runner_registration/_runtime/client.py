"""The clients that a generated operation's functions take as `client`."""

from __future__ import annotations

import ssl  # noqa: TC003 - attrs and mkdocstrings look up the annotations
from typing import Any, Self

import httpx
from attrs import define, evolve, field

from runner_registration._runtime.masking import masked


@define
class Client:
    """A client of the API. It makes one `httpx.Client` and one `httpx.AsyncClient`, each on first use.

    The arguments are passed to httpx: `base_url`, `cookies`, `headers`, `timeout` (30 seconds by default), `verify_ssl`
    and `follow_redirects`. `httpx_args` takes any others.
    """

    _base_url: str = field(alias="base_url")
    _cookies: dict[str, str] = field(factory=dict[str, str], kw_only=True, alias="cookies", repr=False)
    _headers: dict[str, str] = field(factory=dict[str, str], kw_only=True, alias="headers", repr=False)
    _timeout: httpx.Timeout | None = field(default=httpx.Timeout(30.0), kw_only=True, alias="timeout")
    _verify_ssl: str | bool | ssl.SSLContext = field(default=True, kw_only=True, alias="verify_ssl")
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict[str, Any], kw_only=True, alias="httpx_args", repr=False)
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return a new client with more headers."""
        return evolve(self, headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Return a new client with more cookies."""
        return evolve(self, cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """Return a new client with another timeout."""
        return evolve(self, timeout=timeout)

    def _httpx_arguments(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": self._headers,
            "timeout": self._timeout,
            "verify": self._verify_ssl,
            "follow_redirects": self._follow_redirects,
            **self._httpx_args,
        }

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use this httpx client as it is. The arguments above do not apply to it."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Return the httpx client. It is made on the first call."""
        if self._client is None:
            self._client = httpx.Client(**self._httpx_arguments())
        return self._client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: object) -> None:
        self.get_httpx_client().__exit__(*args)  # type: ignore[arg-type]  # passed on as they are

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use this asynchronous httpx client as it is. The arguments above do not apply to it."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the asynchronous httpx client. It is made on the first call."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._httpx_arguments())
        return self._async_client

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self.get_async_httpx_client().__aexit__(*args)  # type: ignore[arg-type]  # passed on as they are


@define
class AuthenticatedClient(Client):
    """A `Client` that sends a credential.

    Attributes:
        token: The credential.
        prefix: The word before the credential in the header. Empty for none.
        auth_header_name: The name of the header.
    """

    token: str = field(repr=masked)
    prefix: str = "Bearer"
    auth_header_name: str = "Authorization"

    def _httpx_arguments(self) -> dict[str, Any]:
        credential = f"{self.prefix} {self.token}" if self.prefix else self.token
        arguments = super()._httpx_arguments()
        return {**arguments, "headers": {**self._headers, self.auth_header_name: credential}}
