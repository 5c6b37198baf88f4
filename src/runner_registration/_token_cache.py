"""Registration tokens kept for reuse, in memory only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runner_registration._constants import TOKEN_LIFETIME
from runner_registration._retry import server_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from runner_registration_api.models import AuthenticationToken

_FIRST_PURGE = 16
"""Entries from which on expired ones are removed. Twice as many as are left are added before the next time."""

_UPPER_CASE = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def cache_key(org: object) -> str:
    """Return the name under which an organization's token is kept.

    GitHub ignores the case of ASCII letters only: ``str.casefold`` would give the token of "secret-org" to a name that
    is written with a long s.
    """
    return org.translate(_UPPER_CASE) if isinstance(org, str) else ""


class _Entry:
    """A token, and until when it is valid: by this machine's clock, and by the one that no one sets.

    The first is right again after the machine has slept.
    """

    def __init__(self, token: AuthenticationToken, until: float, until_monotonic: float) -> None:
        self.token = token
        self.is_plain = token.to_dict().keys() == {"token", "expires_at"}  # as GitHub's are
        self.until = until
        self.until_monotonic = until_monotonic

    def left(self, now: float, monotonic: float) -> float:
        """Return the seconds for which the token stays valid."""
        return min(self.until - now, self.until_monotonic - monotonic)


class TokenCache:
    """The last registration token of each organization."""

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._entries: dict[str, _Entry] = {}
        self._next_purge = _FIRST_PURGE

    def get(self, key: str, min_valid: timedelta) -> AuthenticationToken | None:
        """Return a copy of the token that is kept, if it stays valid for ``min_valid``."""
        entry = self._entries.get(key)
        if entry is None or min_valid >= TOKEN_LIFETIME:
            return None
        left = entry.left(self._clock(), self._monotonic())
        return _copy(entry) if left > 0 and left >= min_valid.total_seconds() else None

    def put(self, key: str, token: AuthenticationToken, headers: Mapping[str, str]) -> AuthenticationToken:
        """Keep a token that came with these response headers: the server's clock decides how long it stays valid.

        Returns:
            A copy: what its owner does to it is not seen by the next caller.
        """
        # A Date in the past does not keep a token valid for longer.
        lifetime = min(token.expires_at - server_time(headers), TOKEN_LIFETIME)
        return self.keep(key, token, lifetime.total_seconds())

    def keep(self, key: str, token: AuthenticationToken, lifetime: float) -> AuthenticationToken:
        """Keep a token that stays valid for ``lifetime`` seconds. Returns a copy, as `put` does."""
        now, monotonic = self._clock(), self._monotonic()
        entry = _Entry(token, now + lifetime, monotonic + lifetime)
        self._entries[key] = entry
        if len(self._entries) >= self._next_purge:
            for other, kept in list(self._entries.items()):
                if kept.left(now, monotonic) <= 0:
                    self._entries.pop(other, None)
            self._next_purge = 2 * len(self._entries) + _FIRST_PURGE
        return _copy(entry)

    def seconds_left(self, key: str) -> float:
        """Return the seconds for which the token that is kept stays valid. Without one: 0."""
        entry = self._entries.get(key)
        return entry.left(self._clock(), self._monotonic()) if entry else 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget all tokens."""
        self._entries = {}


def _copy(entry: _Entry) -> AuthenticationToken:
    token = entry.token
    if entry.is_plain:
        return type(token)(token=token.token, expires_at=token.expires_at)
    from copy import deepcopy  # GitHub's tokens are plain, and a reused token should not wait for the import

    return deepcopy(token)
