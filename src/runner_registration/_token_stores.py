"""One registration token for many processes and machines.

A store keeps bytes. What the bytes are, under which key they are kept and whether they are still valid is decided here,
for every store in the same way. A store may block, fail or hang: it is used in a thread of its own, and given up after
a few seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, cast

from runner_registration_api.models import AuthenticationToken

from runner_registration._call import logger
from runner_registration._constants import (
    STORE_LEASE,
    STORE_PAUSE,
    STORE_RECHECK,
    STORE_TIMEOUT,
    TOKEN_LIFETIME,
)
from runner_registration._credentials import is_app

if TYPE_CHECKING:
    from datetime import timedelta

_VERSION = 1
_MAX_BYTES = 64 * 1024
"""An entry is a few hundred bytes. A file that is larger is not one."""

_UNKNOWN = "unknown"

_CLOCK_TOLERANCE = 60.0
"""Seconds by which a machine's clock may be behind the server's before the machine cannot tell a token's age."""


class TokenStore(Protocol):
    """Where clients share registration tokens. `FileTokenStore` and `RedisTokenStore` are two.

    A store may have an attribute ``namespace``, a string: only clients with the same one share tokens. A client whose
    credential is a callable or an ``httpx.Auth`` requires it. Use the namespace only for clients that may use the same
    credential.

    The methods may block and may raise any exception. A client calls them in a thread of its own, one after the other.
    Keys consist of ASCII letters, digits, ``-`` and ``_``, and are shorter than 150 characters.
    """

    def load(self, key: str, /) -> bytes | None:
        """Return what was saved, or None. None as well once the ``seconds`` of `save` have passed.

        A store that knows how many of these seconds are left returns a subclass of bytes with the attribute
        ``seconds_left``. Only then does the client keep the token in memory as well.
        """
        ...

    def save(self, key: str, value: bytes, seconds: float, /) -> None:
        """Keep a value for some seconds. It replaces the earlier value as a whole."""
        ...

    def lock(self, key: str, timeout: float, /) -> AbstractContextManager[object]:
        """Return a lock that one holder at a time can have. It is released when the holder's process dies.

        Entering it raises TimeoutError if the lock was not released within ``timeout`` seconds.
        """
        ...


class _Refused(Exception):  # noqa: N818 - it is not an error of the store, but what the user is told
    """A store that could be used, but must not."""


class _Loaded(bytes):
    """A value, and for how many seconds the store will keep it."""

    seconds_left: float

    @classmethod
    def of(cls, value: bytes, seconds_left: float) -> Self:
        loaded = cls(value)
        loaded.seconds_left = seconds_left
        return loaded


# --- Keys and entries -------------------------------------------------------------------------------------------------


class SharedToken(NamedTuple):
    """A token that came from a store."""

    token: AuthenticationToken
    seconds_left: float
    is_exact: bool
    """Whether the store measured the time, so that the token can be kept in memory for that long."""


class Entries:
    """The entries of one credential: their keys, and what is in them.

    Keys and entries are authenticated with a key that is derived from the credential. A damaged entry, one of another
    credential and one that was moved to another key are not accepted.
    """

    def __init__(self, base_url: str, namespace: str | None, credential: object) -> None:
        """Derive the key from what identifies the credential.

        Raises:
            ValueError: Nothing does, and there is no namespace.
        """
        label = f"runner-registration token store {_VERSION}"
        parts = (label, base_url, namespace or "", *_identity(credential, namespace))
        self._secret = hashlib.sha256(json.dumps(parts).encode()).digest()

    def key(self, org: str) -> str:
        """Return the key for an organization. The credential cannot be computed from it."""
        return f"{org}-{self._authenticate(f'key {org}'.encode())[:32]}"

    def encode(self, key: str, token: AuthenticationToken, lifetime: float) -> bytes:
        """Return the entry for a token that is valid for ``lifetime`` seconds."""
        content = {"version": _VERSION, "lifetime": lifetime, "token": token.to_dict()}
        payload = json.dumps(content).encode()
        return self._authenticate(f"entry {key} ".encode() + payload).encode() + b" " + payload

    def decode(self, key: str, value: object, now: float) -> SharedToken | None:
        """Return the token of an entry and how long it is valid; None if the entry is not usable.

        Whatever the clocks of the machines say, no token is valid for longer than the server said when it was made.

        Args:
            key: The key that the entry was found under.
            value: What the store returned.
            now: This machine's time, in seconds since 1970.
        """
        if not isinstance(value, bytes) or len(value) > _MAX_BYTES:
            return None
        authentic, _, payload = value.partition(b" ")
        if not hmac.compare_digest(authentic, self._authenticate(f"entry {key} ".encode() + payload).encode()):
            return None
        # From here on it is an entry that this package has written: perhaps another version of it.
        try:
            content = json.loads(payload)
            if content["version"] != _VERSION:
                return None
            token = AuthenticationToken.from_dict(content["token"])
            lifetime = min(float(content["lifetime"]), TOKEN_LIFETIME.total_seconds())
        except (ValueError, TypeError, LookupError):
            return None
        seconds_left: float | None = getattr(value, "seconds_left", None)
        by_clock = token.expires_at.timestamp() - now
        if seconds_left is None and by_clock > lifetime + _CLOCK_TOLERANCE:
            return None  # by this machine's clock, the token has not been made yet
        known = lifetime if seconds_left is None else seconds_left
        return SharedToken(token, min(by_clock, lifetime, known), seconds_left is not None)

    def _authenticate(self, message: bytes) -> str:
        return hmac.digest(self._secret, message, "sha256").hex()


def _identity(credential: object, namespace: str | None) -> tuple[str, ...]:
    if isinstance(credential, str):
        return "credential", credential
    if is_app(credential):
        return "app", *credential.identity
    if namespace is None:
        kind = "a callable" if callable(credential) else "an httpx.Auth"
        raise ValueError(
            f"token_store.namespace must be set, because the credential is {kind}: only clients with the same "
            "namespace share tokens"
        )
    return ("namespace",)


# --- How a client uses a store ----------------------------------------------------------------------------------------


class SharedTokens:
    """A client's use of its token store."""

    def __init__(self, store: object, base_url: str, credential: object, lock_timeout: float) -> None:
        """Check the store.

        Raises:
            TypeError: It is not a token store.
            ValueError: It requires a namespace.
        """
        for method in ("load", "save", "lock"):
            if not callable(getattr(store, method, None)):
                raise TypeError(f"token_store must have the method {method}, and {type(store).__name__} does not")
        namespace: object = getattr(store, "namespace", None)
        if not (namespace is None or (isinstance(namespace, str) and namespace)):
            raise TypeError("token_store.namespace must be a string that is not empty, or None")
        self.store = cast("TokenStore", store)
        self.entries = Entries(base_url, namespace, credential)
        self.lock_timeout = lock_timeout
        self.longest = lock_timeout + 3 * STORE_TIMEOUT
        """The seconds that a lookup can take, the request apart."""
        self._paused_until = 0.0

    def is_used(self, min_valid: timedelta) -> bool:
        """Tell whether to look into the store. It is left alone for a while after it failed."""
        return min_valid < TOKEN_LIFETIME and time.monotonic() >= self._paused_until

    def look_up(self, org: str, min_valid: timedelta) -> Lookup:
        return Lookup(self, self.entries.key(org), min_valid)

    def load(self, key: str, min_valid: timedelta) -> SharedToken | None:
        found = self.entries.decode(key, self.store.load(key), time.time())
        is_valid = found is not None and found.seconds_left > 0 and found.seconds_left >= min_valid.total_seconds()
        return found if is_valid else None

    def failed(self, reason: str) -> None:
        """Write one warning, and leave the store alone for a while."""
        if time.monotonic() >= self._paused_until:
            self._paused_until = time.monotonic() + STORE_PAUSE
            logger.warning(
                "The %s cannot be used: %s. Tokens are requested without it for %.0f s.",
                type(self.store).__name__,
                reason,
                STORE_PAUSE,
            )


class Lookup:
    """One use of a store: look for a token, and if there is none, hold the lock while the client requests one.

    The store's methods are called in a thread. The client waits for the `futures`, each for its seconds. If `found` is
    None then, the client requests a token and calls `save`. It calls `end` in any case, and waits for `ended`.
    """

    def __init__(self, shared: SharedTokens, key: str, min_valid: timedelta) -> None:
        self._shared = shared
        self._key = key
        self._min_valid = min_valid
        self._loaded = Future[None]()
        self._locked = Future[None]()
        self._requested = queue.SimpleQueue[tuple[bytes, float] | None]()
        self._is_over = False
        self.found: SharedToken | None = None
        self.ended = Future[None]()
        # A daemon: a store that hangs must not keep the process from exiting.
        try:
            threading.Thread(target=self._run, name="runner-registration token store", daemon=True).start()
        except RuntimeError:  # no more threads
            self._give_up("no thread can be started")

    def futures(self) -> Iterator[tuple[Future[None], float]]:
        """Iterate over what to wait for, and for how many seconds."""
        for future, seconds in (
            (self._loaded, STORE_TIMEOUT),
            (self._locked, self._shared.lock_timeout + STORE_TIMEOUT),
        ):
            if self.ended.done() or self._is_over:
                return
            yield future, seconds
            if not future.done():
                self._give_up(f"no response within {seconds:g} s")

    @staticmethod
    def wait(future: Future[None], seconds: float) -> None:
        """Wait for one of the futures, blocking this thread."""
        with suppress(TimeoutError):
            future.result(seconds)

    def save(self, token: AuthenticationToken, seconds: float) -> None:
        """Save the token that the client has requested. The thread does it."""
        if seconds > 0:
            self._requested.put((self._shared.entries.encode(self._key, token, seconds), time.monotonic() + seconds))

    def end(self) -> float:
        """Release the lock. Returns for how many seconds to wait for that."""
        self._requested.put(None)
        return 0.0 if self._is_over else STORE_TIMEOUT

    def check_ended(self) -> None:
        """Note a store that has not ended after these seconds."""
        if not self.ended.done() and not self._is_over:
            self._give_up(f"no response within {STORE_TIMEOUT:g} s")

    def _give_up(self, reason: str) -> None:
        self._shared.failed(reason)
        self._is_over = True  # last, as the client goes on then: its caller finds the warning in the log

    def _run(self) -> None:
        try:
            self._use_store()
        except BaseException as error:  # noqa: BLE001 - a store may raise anything, and Python would print it from here
            if not self._is_over:
                self._give_up(_describe(error))
        finally:
            for future in (self._loaded, self._locked, self.ended):
                if not future.done():
                    future.set_result(None)

    def _use_store(self) -> None:
        self.found = self._shared.load(self._key, self._min_valid)
        if self.found is not None:
            return
        self._loaded.set_result(None)
        with ExitStack() as stack:
            self.found = self._lock(stack)
            if self.found is not None:
                return
            self._locked.set_result(None)
            requested = self._requested.get()
            if requested is not None:
                value, until = requested
                self._shared.store.save(self._key, value, until - time.monotonic())

    def _lock(self, stack: ExitStack) -> SharedToken | None:
        """Wait for the lock, or until its holder has saved a token."""
        end = time.monotonic() + self._shared.lock_timeout
        while not self._is_over:
            left = end - time.monotonic()
            is_locked = True
            try:
                stack.enter_context(self._shared.store.lock(self._key, max(min(left, STORE_RECHECK), 0.0)))
            except TimeoutError:
                is_locked = False
            found = self._shared.load(self._key, self._min_valid)
            if found is not None or is_locked:
                return found
            if left <= STORE_RECHECK:
                logger.info(
                    "Another process has held the lock of the token store for %.0f s.", self._shared.lock_timeout
                )
                break
        return None


def _describe(error: BaseException) -> str:
    """Name an error of a store. Its own message may contain the store's address and password."""
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


# --- Files ------------------------------------------------------------------------------------------------------------


class FileTokenStore:
    """Share registration tokens between the processes of one machine, or of machines with a shared directory.

    Examples:
        >>> with Client(token_store=FileTokenStore()) as client:
        ...     token = client.registration_token("octo-org").token

    Requires the extra ``store``: ``pip install 'runner-registration[store]'``.

    The directory is created with mode 0700, and its files have mode 0600. A directory that other users can write to is
    not used.

    Args:
        directory: Where to keep the tokens. None: a directory in the user's cache directory.
        namespace: Share tokens only with clients that have the same one. Required if the credential is a callable or an
            ``httpx.Auth``.

    Raises:
        ImportError: ``filelock`` is not installed.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, *, namespace: str | None = None) -> None:
        try:
            import filelock
        except ImportError:
            raise ImportError(
                "FileTokenStore requires filelock: pip install 'runner-registration[store]'", name="filelock"
            ) from None
        if directory is not None and (not os.fspath(directory).strip() or "\0" in os.fspath(directory)):
            raise ValueError("directory is empty or not a valid path: pass None for the user's cache directory")
        self._file_lock = filelock.FileLock
        self._directory = _user_directory() if directory is None else Path(directory).absolute()
        self.namespace = namespace

    def load(self, key: str) -> bytes | None:
        self._prepare()
        try:
            # A link or a pipe that someone has put here is not followed or waited for.
            flags = (
                os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            )
            with os.fdopen(os.open(self._path(key), flags), "rb") as file:
                content, saved_at = file.read(_MAX_BYTES), os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None
        header, _, value = content.partition(b"\n")
        try:
            seconds, boot, since_boot = header.decode("ascii").split(" ")
            is_same_boot = boot == _boot() != _UNKNOWN
            age = _since_boot() - float(since_boot) if is_same_boot else self._now() - saved_at
            seconds_left = float(seconds) - age
        except ValueError:
            return None
        return _Loaded.of(value, seconds_left) if age >= 0 and seconds_left > 0 else None

    def save(self, key: str, value: bytes, seconds: float) -> None:
        self._prepare()
        header = f"{seconds} {_boot()} {_since_boot()}\n".encode()  # not rounded: a later time would be the future
        descriptor, name = tempfile.mkstemp(dir=self._directory, suffix=".new")  # with mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(header + value)
            Path(name).replace(self._path(key))
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        self._remove_old_files()

    def lock(self, key: str, timeout: float) -> AbstractContextManager[object]:
        self._prepare()
        # One lock for all keys that end alike: a lock file can never be removed safely.
        return self._file_lock(self._directory / f"{key[-2:]}.lock", timeout=timeout, mode=0o600)

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}.token"

    def _prepare(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and self._directory.stat().st_mode & 0o022:
            raise _Refused(f"other users can write to {self._directory}. Change its mode to 700")

    def _now(self) -> float:
        """Return the time by the clock that the times of the files come from. On NFS it is the file server's."""
        clock = self._directory / "clock"
        clock.touch(mode=0o600)
        return clock.stat().st_mtime

    def _remove_old_files(self) -> None:
        """Remove tokens that have expired, and what processes that were killed have left."""
        oldest = self._now() - 2 * TOKEN_LIFETIME.total_seconds()
        for path in self._directory.iterdir():
            with suppress(OSError):
                if path.suffix in {".new", ".token"} and path.lstat().st_mtime < oldest:
                    path.unlink()

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._directory)!r})"


def _user_directory() -> Path:
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "runner-registration" / "tokens"


def _boot() -> str:
    """Return what identifies this boot of this machine, where the system has such a thing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip() or _UNKNOWN
    except (OSError, ValueError):
        return _UNKNOWN


def _since_boot() -> float:
    """Return the seconds since the machine was booted, by a clock that no one sets and that counts sleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else 0.0


# --- Redis ------------------------------------------------------------------------------------------------------------


class RedisClient(Protocol):
    """What `RedisTokenStore` needs of a ``redis.Redis`` or ``valkey.Valkey``."""

    def pipeline(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: ANN401 - the client's own types
    def set(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: ANN401 - as above
    def lock(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: ANN401 - as above


class RedisTokenStore:
    """Share registration tokens between any number of machines, in Redis or Valkey.

    Examples:
        >>> store = RedisTokenStore(redis.Redis("cache.internal", ssl=True, socket_timeout=2))
        >>> with Client(token_store=store) as client:
        ...     token = client.registration_token("octo-org").token

    Args:
        client: A ``redis.Redis`` or ``valkey.Valkey``. It stays open. Its ``socket_timeout`` should be a few seconds.
        prefix: What the keys start with.
        namespace: Share tokens only with clients that have the same one. Required if the credential is a callable or an
            ``httpx.Auth``.

    Raises:
        TypeError: It is not such a client.
    """

    def __init__(
        self, client: RedisClient, *, prefix: str = "runner-registration:", namespace: str | None = None
    ) -> None:
        if not all(callable(getattr(client, method, None)) for method in ("pipeline", "set", "lock")):
            raise TypeError(f"client must be a redis.Redis or a valkey.Valkey, not {type(client).__name__}")
        if ".asyncio." in type(client).__module__:
            raise TypeError("client must not be an asynchronous one: an AsyncClient uses its store in a thread")
        self._client = client
        self._prefix = prefix
        self.namespace = namespace

    def load(self, key: str) -> bytes | None:
        pipeline = self._client.pipeline(transaction=False)
        # In this order: if the value is replaced in between, it is taken for older than it is.
        pipeline.pttl(self._prefix + key).get(self._prefix + key)
        try:
            milliseconds, value = pipeline.execute()
        except UnicodeDecodeError:  # the client decodes responses, and this is not one of ours
            return None
        if isinstance(value, str):
            value = value.encode()
        return _Loaded.of(value, milliseconds / 1000) if isinstance(value, bytes) and milliseconds > 0 else None

    def save(self, key: str, value: bytes, seconds: float) -> None:
        milliseconds = int(seconds * 1000)
        if milliseconds > 0:
            self._client.set(self._prefix + key, value, px=milliseconds)

    @contextmanager
    def lock(self, key: str, timeout: float) -> Generator[None]:
        # The lock lasts for a few seconds only and is renewed: that of a process that was killed is soon free.
        name = f"{self._prefix}{key}:lock"
        lock = self._client.lock(name, timeout=STORE_LEASE, blocking_timeout=timeout, thread_local=False)
        if not lock.acquire():
            raise TimeoutError("another process holds the lock")
        released = threading.Event()
        threading.Thread(target=_renew, args=(lock.reacquire, released), daemon=True).start()
        try:
            yield
        finally:
            released.set()
            if lock.owned():  # it is not after a pause that was longer than the lease
                lock.release()

    def __repr__(self) -> str:
        return f"RedisTokenStore(prefix={self._prefix!r})"


def _renew(reacquire: Callable[[], object], released: threading.Event) -> None:
    with suppress(BaseException):  # what goes wrong here, the thread that holds the lock meets as well
        while not released.wait(STORE_LEASE / 3):
            reacquire()


# --- The command line ------------------------------------------------------------------------------------------------


def named_store(where: str) -> FileTokenStore | RedisTokenStore:
    """Return the store that a directory, ``user`` or a URL of Redis names.

    Raises:
        ValueError: It is a URL, but not one of Redis. The message does not show it: it may contain a password.
        ImportError: The store's library is not installed.
    """
    if "://" not in where:
        return FileTokenStore(None if where == "user" else where)
    scheme = where.partition("://")[0].lower()
    if scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must be a directory, user, or a URL that starts with redis://, rediss:// or unix://")
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ImportError(
            "A store in Redis requires redis: pip install 'runner-registration[redis]'", name="redis"
        ) from None
    seconds = STORE_TIMEOUT / 2
    try:
        client = cast("Any", redis.Redis).from_url(  # its types are incomplete
            where, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        raise ValueError("is not a valid URL of Redis") from None
    return RedisTokenStore(client)
