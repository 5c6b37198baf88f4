"""`RegistrationServer`: GitHub's API on loopback, as far as the contract goes, with the responses that a test wants."""

from __future__ import annotations

import json as json_module
import os
import secrets
import string
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_registration._organizations import check_organization
from runner_registration.testing._contract import operations, require_yaml
from runner_registration.testing._custom import custom_response
from runner_registration.testing._environment import environment_for
from runner_registration.testing._github_app import (
    CREATE_TOKEN,
    GET_INSTALLATION,
    AppProblem,
    GitHubAppState,
    Refusal,
    SignInOperation,
    new_installation_token,
)
from runner_registration.testing._http import HOST, HTTPRequest, HTTPResponse, HTTPServer
from runner_registration.testing._recording import record
from runner_registration.testing._responses import ContractSource, PrismSource, Variables, make_response
from runner_registration.testing._scenarios import Template, app_problem, responses

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
    refused: bool = False
    """Whether the request is refused, whatever was chosen."""


class RegistrationServer:
    """An HTTP server on a free port of this machine, for as long as the ``with`` block lasts.

    It responds to the operations of the contract with the scenarios that `use` has chosen; at first with a new token.
    Every success has a token of its own. Like GitHub, it responds with 404 to a request for anything else, and with 401
    to one without a credential; neither takes a response from the scenarios. Paths may begin with ``/api/v3``, like
    those of GitHub Enterprise Server.

    It also responds to the two requests of a GitHub App's sign-in: it checks the JWT, and issues installation tokens.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        prism: Let this Prism, which has to serve the package's own contract, make the documented responses and check
            the requests. A request that breaks the contract gets Prism's response.
        app_public_key: The public key of a GitHub App, as PEM, to verify the signatures of its JWTs. It requires the
            package ``cryptography``. None: any signature is accepted.

    Raises:
        ValueError: ``app_public_key`` is not a public RSA key.
        ImportError: The extra ``testing`` is not installed.
        OSError: On entering, the port is in use.
        Exception: On leaving, what kept the server from responding. The client got a 500 with the same message.
    """

    def __init__(
        self,
        *,
        host: str = HOST,
        port: int = 0,
        prism: PrismServer | None = None,
        app_public_key: str | bytes | None = None,
    ) -> None:
        require_yaml()  # here, because the contract is only read for the first request
        self._host = host
        self._port = port
        self._app_public_key = app_public_key
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
        """The environment variables that lead this package and its command line to this server, and nowhere else.

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

    @property
    def app_public_key(self) -> str | bytes | None:
        """The public key of a GitHub App, as PEM. Set it to verify the signatures of the JWTs from now on.

        Raises:
            ValueError: On setting, this is not a public RSA key.
        """
        return self._app_public_key

    @app_public_key.setter
    def app_public_key(self, key: str | bytes | None) -> None:
        with self._lock:
            self._app = GitHubAppState(key)
            self._app_public_key = key

    def use(
        self, *scenarios: str, org: str | None = None, delay: float = 0, retry_after: int = 60, sign_in: bool = False
    ) -> None:
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
            sign_in: For the two requests of a GitHub App's sign-in, instead of the operations of the contract.

        Raises:
            ValueError: There is no such scenario, the contract does not document it, or another argument is not valid.
        """
        if not scenarios:
            raise ValueError("name at least one scenario; runner_registration.testing.scenarios() lists them")
        _check_org(org)
        _check_number("delay", delay, float)
        _check_number("retry_after", retry_after, int)
        steps = [_Step(template, delay, retry_after) for name in scenarios for template in responses(name)]
        problem = app_problem(scenarios)
        key = _key(org)
        with self._lock:
            self._steps[sign_in, key] = [*steps]
            if problem is AppProblem.TOKENS_REVOKED:
                self._app.revoke(key)
            elif problem or not sign_in:
                self._problems[key] = problem

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
            times: Send it this many times, then continue with what was chosen before. None: again and again.
            delay: Seconds before the response.

        Raises:
            ValueError: An argument is not valid.
        """
        if times is not None:
            _check_number("times", times, int)
        _check_number("delay", delay, float)
        _check_org(org)
        step = _Step(custom_response(status, json, headers or {}, body), delay)
        key = _key(org)
        with self._lock:
            # None stands for the choice for all organizations.
            before = self._steps.get((False, key), [None])
            self._steps[False, key] = [step] if times is None else [*[step] * times, *before]

    def clear(self) -> None:
        """Forget all requests and all choices, as if the server had just been started."""
        with self._lock:
            self._requests: list[Request] = []
            self._tokens: list[tuple[bytes | None, str]] = []
            # For the sign-in of an app or not, and an organization; None for all that have no choice of their own.
            self._steps: dict[tuple[bool, bytes | None], list[_Step | None]] = {}
            self._problems: dict[bytes | None, AppProblem | None] = {}
            self._app = GitHubAppState(self._app_public_key)

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
        counted = [each for each in requests if _find(each.method, each.path.partition("?")[0])[0] in operations()]
        found = [each for each in counted if org is None or _key(each.org) == _key(org)]
        if len(found) != times:
            lines = [f"  {each.method} {each.path}" for each in requests] or ["  none"]
            raise AssertionError(
                f"expected {times} request{'' if times == 1 else 's'}{f' for {org}' if org else ''}, got {len(found)}. "
                + "\n".join(["All requests so far:", *lines])
            )

    def _handle(self, request: HTTPRequest) -> HTTPResponse:
        try:
            operation, parameters = _find(request.method, request.path)
            org = parameters.get("org")
            recorded = record(request, org)
            with self._lock:
                self._requests.append(recorded)
                step, variables = self._decide(request, operation, parameters)
            source = self._source if operation in operations() and not step.refused else ContractSource()
            response = make_response(step.template, operation or operations()[0], request, source, variables)
            if variables.token.encode() in response.body:
                with self._lock:
                    self._remember(operation, parameters, variables.token, response)
            self._responding(recorded, response)
            return response._replace(delay=step.delay)
        except Exception as error:  # noqa: BLE001 - it is raised when the server is closed
            self._failure = self._failure or error
            return HTTPResponse(500, {"Content-Type": "text/plain"}, f"{type(self).__name__}: {error}".encode())

    def _responding(self, request: Request, response: HTTPResponse) -> None:
        """Do nothing; `runner-registration-mock` prints a line."""

    def _decide(
        self, request: HTTPRequest, operation: Operation | None, parameters: Mapping[str, str]
    ) -> tuple[_Step, Variables]:
        """Choose the response to a request."""
        credential = request.header("authorization")
        key = self._organization(parameters)
        problem = self._problems.get(key, self._problems.get(None))
        if operation is None:
            step = _refused(Refusal(404, "not_found"))
        elif credential is None:
            step = _refused(Refusal(401, "requires_authentication"))
        elif isinstance(operation, SignInOperation):
            step = self._sign_in(request, operation, parameters, credential, problem)
        else:
            refusal = self._app.check_token(credential, key, problem)
            step = _refused(refusal) if refusal else self._next(key, sign_in=False)
        token = new_installation_token() if isinstance(operation, SignInOperation) else _new_token()
        # The client's name for this server leads there through a container's published port, too.
        host = request.header("host") or self.url.partition("//")[2]
        name, _, port = host.rpartition(":")
        other = f"{HOST if name == 'localhost' else 'localhost'}:{port}"
        offset = problem.clock_offset if problem else timedelta()
        return step, Variables(f"http://{host}", f"http://{other}", token, step.retry_after, offset)

    def _sign_in(
        self,
        request: HTTPRequest,
        operation: SignInOperation,
        parameters: Mapping[str, str],
        credential: str,
        problem: AppProblem | None,
    ) -> _Step:
        key = self._organization(parameters)
        step = self._next(key, sign_in=True)
        if step.template.status is not None:
            return step
        refusal = self._app.check_jwt(credential, f"{request.method} {request.path}", problem)
        if refusal:
            return _refused(refusal)
        if key is not None and operation is GET_INSTALLATION:
            url = f"http://{request.header('host')}"
            body = self._app.installation(parameters["org"], key, url, problem)
        else:
            body = self._app.access_token(request.body, problem)
        if isinstance(body, Refusal):
            return _refused(body)
        return step._replace(template=step.template._replace(fields={**body, **step.template.fields}))

    def _organization(self, parameters: Mapping[str, str]) -> bytes | None:
        if "installation_id" in parameters:
            return self._app.org_of(parameters["installation_id"])
        return _key(parameters.get("org"))

    def _remember(
        self, operation: Operation | None, parameters: Mapping[str, str], token: str, response: HTTPResponse
    ) -> None:
        """Remember a token that is sent."""
        key = self._organization(parameters)
        if operation is CREATE_TOKEN:
            self._app.issue(token, key, json_module.loads(response.body))
        else:
            self._tokens.append((key, token))

    def _next(self, key: bytes | None, *, sign_in: bool) -> _Step:
        for each in (key, None):
            steps = self._steps.get((sign_in, each), [None])
            step = steps.pop(0) if len(steps) > 1 else steps[0]
            if step is not None:
                return step
        return _Step(Template())


def _refused(refusal: Refusal) -> _Step:
    fields = {"message": refusal.message} if refusal.message else {}
    return _Step(Template(refusal.status, refusal.example, fields=fields), refused=True)


def _find(method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    """Find the operation that a request is for, and the parameters in its path."""
    # The sign-in first: the contract can have the same operations, and they require a JWT there, too.
    for operation in (GET_INSTALLATION, CREATE_TOKEN, *operations()):
        parameters = operation.match(method, path)
        if parameters is not None:
            return operation, parameters
    return None, {}


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
