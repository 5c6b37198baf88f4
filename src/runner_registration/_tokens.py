"""Tokens kept as long as they are good. In memory only."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, NamedTuple

from runner_registration._constants import TOKEN_LIFETIME
from runner_registration._errors import RunnerRegistrationError
from runner_registration._retry import server_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    import httpx
    from runner_registration_api.models import AuthenticationToken


class _Kept(NamedTuple):
    token: AuthenticationToken
    until: float
    """By this machine's clock, which is right again after a sleep."""
    until_monotonic: float
    """By the clock that nobody sets."""


class Tokens:
    """The last token of each organization."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def get(self, key: str, min_valid: timedelta) -> AuthenticationToken | None:
        """The token kept, if it is good for ``min_valid`` yet."""
        kept = self._kept.get(key)
        if kept is None or min_valid >= TOKEN_LIFETIME:
            return None
        left = min(kept.until - time.time(), kept.until_monotonic - time.monotonic())
        return kept.token if left > 0 and left >= min_valid.total_seconds() else None

    def keeping(
        self, key: str, parse: Callable[[httpx.Response], AuthenticationToken]
    ) -> Callable[[httpx.Response], AuthenticationToken]:
        """A ``parse`` that also keeps the token. How long that is good is told by the server's clock, not by ours."""

        def parse_and_keep(response: httpx.Response) -> AuthenticationToken:
            token = parse(response)
            # A date of long ago makes no token good for longer.
            left = min(token.expires_at - server_time(response.headers), TOKEN_LIFETIME)
            lifetime = left.total_seconds()
            self._kept[key] = _Kept(token, time.time() + lifetime, time.monotonic() + lifetime)
            return token

        return parse_and_keep


def landed(outcome: AuthenticationToken | Exception) -> AuthenticationToken:
    """Give one of those who wanted a token what became of the request."""
    if isinstance(outcome, RunnerRegistrationError):
        # Each who waited gets a copy: an exception collects the traceback of everyone who raises it.
        raise copy.copy(outcome)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
