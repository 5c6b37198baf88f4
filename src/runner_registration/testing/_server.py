"""`RegistrationServer`: GitHub's API on loopback, as far as the contract goes, with the answers that a test wants."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runner_registration.testing._contract import operations
from runner_registration.testing._replies import ContractSource, Place, PrismSource, reply
from runner_registration.testing._scenarios import answers
from runner_registration.testing._wire import HOST, Listener, Reply, Request

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from runner_registration.testing._prism import PrismServer
    from runner_registration.testing._replies import Source

CREDENTIAL = "credential-for-tests"

_RETRY_AFTER = 60
_MASK = "***"
_LONG_ENOUGH = 8
"""What is shorter occurs by chance."""


class RegistrationServer:
    """An HTTP server on a free port of this machine, for as long as the ``with`` block lasts.

    It answers the operations of the contract as the scenarios say that `use` has named; at first each gets a new token.
    As with GitHub, a request for anything else is answered with 404, and one without a credential with 401; neither
    takes an answer from the scenarios. Paths may begin with ``/api/v3``, as those of GitHub Enterprise Server do.

    Args:
        port: Where to listen; 0 for any free port.
        prism: Let this Prism, which has to serve the package's own contract, make the documented answers, and judge the
            requests; what it finds fault with is answered as it says.

    Raises:
        OSError: On entering, the port is in use.
        Exception: On leaving, what kept the server from answering; the client got a 500 that says the same.
    """

    def __init__(self, *, port: int = 0, prism: PrismServer | None = None) -> None:
        self._port = port
        self._source: Source = PrismSource(prism) if prism else ContractSource()
        self._lock = threading.Lock()
        self._listener: Listener | None = None
        self._requests: list[Request] = []
        self._failure: Exception | None = None
        self.use("created")

    def __enter__(self) -> Self:
        self._listener = Listener(self._port, self._respond)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        failure, self._failure = self._failure, None
        if failure is not None and error is None:
            raise failure

    @property
    def url(self) -> str:
        """The base URL of the API, without a closing slash."""
        return f"http://{HOST}:{self._running.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that point the SDK and its command line here, past any proxy, with a credential of no account.

        Examples:
            >>> subprocess.run(["runner-registration", "token", "octo-org"], env={**os.environ, **server.environ})
        """
        return {"GITHUB_API_URL": self.url, "GH_TOKEN": CREDENTIAL, "NO_PROXY": HOST, "no_proxy": HOST}

    @property
    def requests(self) -> list[Request]:
        """What was sent so far, whatever the answer; in place of credentials there is ``***``."""
        with self._lock:
            return list(self._requests)

    def use(self, *scenarios: str, retry_after: int = _RETRY_AFTER) -> None:
        """Choose the answers from the next request on.

        Examples:
            >>> server.use("bad_gateway", "bad_gateway", "created")
            >>> server.use("secondary_rate_limit", "created", retry_after=1)

        Args:
            scenarios: Names that `runner_registration.testing.scenarios` lists. Their answers are given in turn, the
                last one again and again.
            retry_after: Seconds until the rate limits of these scenarios end.

        Raises:
            ValueError: There is no scenario of a name, or none is named.
        """
        if not scenarios:
            raise ValueError("name at least one scenario; runner_registration.testing.scenarios() lists them")
        coming = [answer for name in scenarios for answer in answers(name)]
        with self._lock:
            self._coming, self._retry_after = coming, retry_after

    @property
    def _running(self) -> Listener:
        if self._listener is None:
            raise RuntimeError("the server is not running: use it as `with RegistrationServer() as server:`")
        return self._listener

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self._requests.append(masked(request))
        try:
            return self._answer(request)
        except Exception as error:  # noqa: BLE001 - nothing of it may be lost in a thread that nobody looks at
            self._failure = self._failure or error
            return Reply(500, {"Content-Type": "text/plain"}, f"{type(self).__name__}: {error}".encode())

    def _answer(self, request: Request) -> Reply:
        operation = next((each for each in operations() if each.answers(request.method, request.path)), None)
        source: Source = ContractSource()
        if operation is None:
            (answer,) = answers("not_found")
        elif "authorization" not in request.headers:
            (answer,) = answers("requires_authentication")
        else:
            source = self._source
            with self._lock:
                answer = self._coming.pop(0) if len(self._coming) > 1 else self._coming[0]
        place = Place(self.url, f"http://localhost:{self._running.port}", self._retry_after)
        return reply(answer, operation or operations()[0], request, source, place)


def masked(request: Request) -> Request:
    """The request without its credentials, in whatever place it repeats them."""
    headers = dict(request.headers)
    secrets: list[str] = []
    for name in {"authorization", "proxy-authorization", "cookie"} & headers.keys():
        scheme, space, secret = ("", "", headers[name]) if name == "cookie" else headers[name].rpartition(" ")
        headers[name] = f"{scheme}{space}{_MASK}"
        secrets += [secret] if len(secret) >= _LONG_ENOUGH else []

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, _MASK)
        return text

    return request._replace(
        path=mask(request.path),
        headers={name: mask(value) for name, value in headers.items()},
        body=mask(request.body.decode("latin-1")).encode("latin-1"),
    )
