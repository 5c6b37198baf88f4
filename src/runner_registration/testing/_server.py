"""`RegistrationServer`: GitHub's API on loopback, as far as the contract goes, with the responses that a test wants."""

from __future__ import annotations

import os
import secrets
import string
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_registration._organizations import check_organization
from runner_registration.testing._contract import operations
from runner_registration.testing._custom import custom_response
from runner_registration.testing._environment import environment_for
from runner_registration.testing._http import HOST, HTTPRequest, HTTPResponse, HTTPServer
from runner_registration.testing._recording import record
from runner_registration.testing._responses import ContractSource, PrismSource, Variables, make_response
from runner_registration.testing._scenarios import Template, responses

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from runner_registration.testing._contract import Operation
    from runner_registration.testing._prism import PrismServer
    from runner_registration.testing._recording import Request
    from runner_registration.testing._responses import Source


class _Step(NamedTuple):
    """One response of those to come."""

    template: Template
    delay: float = 0.0
    retry_after: int = 60


class RegistrationServer:
    """An HTTP server on a free port of this machine, for as long as the ``with`` block lasts.

    It responds to the operations of the contract with the scenarios that `use` has chosen; at first with a new token.
    Every success has a token of its own. Like GitHub, it responds with 404 to a request for anything else, and with 401
    to one without a credential; neither takes a response from the scenarios. Paths may begin with ``/api/v3``, like
    those of GitHub Enterprise Server.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        prism: Let this Prism, which has to serve the package's own contract, make the documented responses and check
            the requests. A request that breaks the contract gets Prism's response.

    Raises:
        OSError: On entering, the port is in use.
        Exception: On leaving, what kept the server from responding. The client got a 500 with the same message.
    """

    def __init__(self, *, host: str = HOST, port: int = 0, prism: PrismServer | None = None) -> None:
        self._host = host
        self._port = port
        self._source: Source = PrismSource(prism) if prism else ContractSource()
        self._lock = threading.Lock()
        self._server: HTTPServer | None = None
        self._failure: Exception | None = None
        self.clear()

    def __enter__(self) -> Self:
        self._server = HTTPServer(self._handle, host=self._host, port=self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        failure, self._failure = self._failure, None
        if failure is not None and error is None:
            raise failure

    @property
    def url(self) -> str:
        """The base URL of the API, without a trailing slash."""
        if self._server is None:
            raise RuntimeError("the server is not running: use it as `with RegistrationServer() as server:`")
        return self._server.url

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that lead the SDK and its command line to this server, and nowhere else.

        They override every base URL, replace the credential, and bypass proxies for this server. Other credentials and
        hosts are empty, which is the same as not set. ``NO_PROXY`` is extended. Retries wait a few milliseconds.

        Examples:
            >>> subprocess.run(["runner-registration", "token", "octo-org"], env={**os.environ, **server.environ})
        """
        return environment_for(self.url, os.environ)

    @property
    def requests(self) -> list[Request]:
        """All requests so far, whatever the response. Credentials are replaced with ``***``."""
        with self._lock:
            return list(self._requests)

    def tokens(self, org: str | None = None) -> list[str]:
        """Return the registration tokens that were sent so far, in order.

        Args:
            org: This organization's only.
        """
        _check_org(org)
        with self._lock:
            return [token for key, token in self._tokens if org is None or key == _key(org)]

    def use(self, *scenarios: str, org: str | None = None, delay: float = 0, retry_after: int = 60) -> None:
        """Choose the responses from the next request on.

        Examples:
            >>> server.use("bad_gateway", "bad_gateway", "created")
            >>> server.use("secondary_rate_limit", "created", retry_after=1)
            >>> server.use("not_found", org="other-org")

        Args:
            scenarios: Names that `runner_registration.testing.scenarios` lists. Their responses are sent in turn, the
                last one again and again.
            org: For this organization only, whatever is chosen for all others. None: for all without a choice of their
                own.
            delay: Seconds before each of these responses.
            retry_after: Seconds until the rate limits of these scenarios end.

        Raises:
            ValueError: There is no such scenario, the contract does not document it, or another argument is not valid.
        """
        if not scenarios:
            raise ValueError("name at least one scenario; runner_registration.testing.scenarios() lists them")
        _check_number("delay", delay, float)
        _check_number("retry_after", retry_after, int)
        steps = [_Step(template, delay, retry_after) for name in scenarios for template in responses(name)]
        self._choose(steps, org)

    def respond(  # noqa: PLR0913 - a response has these parts
        self,
        status: int,
        json: Any = None,  # noqa: ANN401 - JSON
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
        org: str | None = None,
        *,
        times: int | None = None,
        delay: float = 0,
    ) -> None:
        """Choose a response of your own from the next request on.

        Examples:
            >>> server.respond(403, json={"message": "You must be an org admin"})
            >>> server.respond(503, body="Down for maintenance", headers={"Retry-After": "120"}, times=1)

        Args:
            status: The status, from 200 to 599.
            json: The body, as JSON.
            headers: Headers in addition to Date and Content-Type, or instead of them.
            body: The body, as it is. With neither ``json`` nor ``body``, the body is what the contract documents for
                the status, and empty if it documents none.
            org: For this organization only, as in `use`.
            times: Send it so many times, then continue with what was chosen before. None: again and again.
            delay: Seconds before the response.

        Raises:
            ValueError: An argument is not valid.
        """
        if times is not None:
            _check_number("times", times, int)
        _check_number("delay", delay, float)
        step = _Step(custom_response(status, json, headers or {}, body), delay)
        self._choose([step] if times is None else [step] * times, org, keep=times is not None)

    def clear(self) -> None:
        """Forget all requests and all choices, as if the server had just been started."""
        with self._lock:
            self._requests: list[Request] = []
            self._tokens: list[tuple[bytes | None, str]] = []
            self._steps: dict[bytes | None, list[_Step | None]] = {None: [_Step(Template())]}

    def assert_requested(self, times: int = 1, org: str | None = None) -> None:
        """Assert how many requests there were for the operations of the contract, retries included.

        Args:
            times: The expected number.
            org: Count this organization's requests only.

        Raises:
            AssertionError: The number differs. The message lists all requests.
            ValueError: An argument is not valid.
        """
        __tracebackhide__ = True
        _check_number("times", times, int)
        _check_org(org)
        requests = self.requests
        counted = [each for each in requests if _find(each.method, each.path.partition("?")[0])[0]]
        found = [each for each in counted if org is None or _key(each.org) == _key(org)]
        if len(found) != times:
            lines = [f"  {each.method} {each.path}" for each in requests] or ["  none"]
            raise AssertionError(
                f"expected {times} request{'' if times == 1 else 's'}{f' for {org}' if org else ''}, got {len(found)}. "
                + "\n".join(["All requests so far:", *lines])
            )

    def _choose(self, steps: list[_Step], org: str | None, *, keep: bool = False) -> None:
        _check_org(org)
        key = _key(org)
        with self._lock:
            # None stands for whatever all organizations get that have no choice of their own.
            self._steps[key] = [*steps, *(self._steps.get(key, [None]) if keep else [])]

    def _next(self, org: str | None) -> _Step:
        with self._lock:
            for key in (_key(org), None):
                steps = self._steps.get(key, [None])
                step = steps.pop(0) if len(steps) > 1 else steps[0]
                if step is not None:
                    return step
        raise AssertionError("the last step for all organizations is never None")

    def _handle(self, request: HTTPRequest) -> HTTPResponse:
        try:
            operation, org = _find(request.method, request.path)
            with self._lock:
                self._requests.append(record(request, org))
            return self._respond(request, operation, org)
        except Exception as error:  # noqa: BLE001 - it is raised when the server is closed
            self._failure = self._failure or error
            return HTTPResponse(500, {"Content-Type": "text/plain"}, f"{type(self).__name__}: {error}".encode())

    def _respond(self, request: HTTPRequest, operation: Operation | None, org: str | None) -> HTTPResponse:
        source: Source = ContractSource()
        if operation is None:
            step = _Step(responses("not_found")[0])
        elif request.header("authorization") is None:
            step = _Step(responses("requires_authentication")[0])
        else:
            source, step = self._source, self._next(org)
        variables = self._variables(request, step.retry_after)
        response = make_response(step.template, operation or operations()[0], request, source, variables)
        if variables.token.encode() in response.body:
            with self._lock:
                self._tokens.append((_key(org), variables.token))
        return response._replace(delay=step.delay)

    def _variables(self, request: HTTPRequest, retry_after: int) -> Variables:
        # The client's name for this server leads there through a container's published port, too.
        host = request.header("host") or self.url.partition("//")[2]
        name, _, port = host.rpartition(":")
        other = HOST if name == "localhost" else "localhost"
        return Variables(f"http://{host}", f"http://{other}:{port}", _new_token(), retry_after)


def _find(method: str, path: str) -> tuple[Operation | None, str | None]:
    """Find the operation that a request is for, and its organization."""
    for operation in operations():
        parameters = operation.match(method, path)
        if parameters is not None:
            return operation, parameters.get("org")
    return None, None


def _key(org: str | None) -> bytes | None:
    """Return what two spellings of an organization's name have in common: GitHub ignores the case of ASCII letters."""
    return None if org is None else org.encode().lower()


def _check_org(org: str | None) -> None:
    if org is not None:
        check_organization(org)


def _new_token() -> str:
    """Make a registration token of GitHub's form."""
    return "A" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(28))


def _check_number(name: str, value: object, kind: type[float]) -> None:
    kinds = int if kind is int else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ValueError(
            f"{name} is {value!r}: it must be {'a whole number' if kind is int else 'a number'}, 0 or more"
        )
