"""`runner-registration-mock`: the harness as a program, controlled over HTTP."""

from __future__ import annotations

import inspect
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import runner_registration as rr
from runner_registration import __version__
from runner_registration.testing import RegistrationServer, _mock, scenarios
from runner_registration.testing._recording import Request
from tests.responses import PATH

from .conftest import SECRET


class Mock(NamedTuple):
    """A running mock."""

    process: subprocess.Popen[str]
    http: httpx.Client
    stderr: IO[str]

    def register(self, org: str = "octo-org") -> httpx.Response:
        return self.http.post(PATH.replace("octo-org", org), headers={"Authorization": f"Bearer {SECRET}"})

    def control(self, name: str, arguments: Any = None) -> httpx.Response:
        return self.http.post(f"/_mock/{name}", json=arguments)

    def stop(self) -> str:
        self.process.terminate()
        assert self.process.wait(10) == 0
        return self.stderr.read()


COMMAND = [sys.executable, "-m", "runner_registration.testing._mock"]


@contextmanager
def started(*arguments: str) -> Generator[Mock]:
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *arguments], stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().strip()
            with httpx.Client(base_url=url, trust_env=False) as http:
                yield Mock(process, http, process.stderr)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def shared() -> Iterator[Mock]:
    with started("--quiet") as mock:
        yield mock


@pytest.fixture
def mock(shared: Mock) -> Mock:
    assert shared.control("reset").json() == {"status": "ok"}
    return shared


def test_it_is_healthy_and_lists_the_scenarios(mock: Mock) -> None:
    assert mock.http.get("/_mock/health").json() == {"status": "ok"}
    assert mock.http.get("/_mock/scenarios").json() == scenarios()


def test_it_responds_as_it_is_told_to(mock: Mock) -> None:
    assert mock.register().status_code == 201
    assert mock.control("use", {"scenarios": ["bad_gateway", "not_found"], "org": "Octo-Org"}).status_code == 200
    assert [mock.register().status_code for _ in range(3)] == [502, 404, 404]
    assert mock.register("other-org").status_code == 201
    mock.control("respond", {"status": 418, "json": {"message": "tea"}, "headers": {"X-A": "b"}, "times": 1})
    response = mock.register("other-org")
    assert (response.status_code, response.json(), response.headers["X-A"]) == (418, {"message": "tea"}, "b")
    assert mock.register("other-org").status_code == 201
    mock.control("respond", {"status": 500, "body": "text", "org": "third-org"})
    assert mock.register("third-org").text == "text"
    mock.control("use", {"scenarios": ["secondary_rate_limit"], "retry_after": 7})
    assert mock.register("fourth-org").headers["Retry-After"] == "7"


def test_it_lists_the_requests_without_credentials_and_its_own_until_a_reset(mock: Mock) -> None:
    mock.register()
    (request,) = mock.http.get("/_mock/requests").json()
    assert (request["method"], request["path"], request["org"], request["body"]) == ("POST", PATH, "octo-org", "")
    assert request["headers"]["authorization"] == "Bearer ***"
    assert request.keys() == set(Request._fields)
    mock.control("reset")
    assert mock.http.get("/_mock/requests").json() == []


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("use", {}, "scenarios is missing"),
        ("use", {"scenarios": "not_found"}, "scenarios is not a list of names"),
        ("use", {"scenarios": [5]}, "there is no scenario '5'"),
        ("use", {"scenarios": ["created"], "org": 5}, "org is not a string"),
        ("use", {"scenario": ["created"]}, "unknown: scenario; known: delay, org, retry_after, scenarios, sign_in"),
        ("respond", {}, "status is missing"),
        ("respond", {"status": 404, "headers": []}, "headers is not an object"),
        ("respond", {"status": 404, "body": {}}, "body is not a string"),
        ("reset", {"all": True}, "unknown: all; known: nothing"),
        ("use", ["not_found"], "the body is not a JSON object"),
    ],
)
def test_misuse_is_a_400_that_says_what_is_wrong(name: str, arguments: Any, message: str, mock: Mock) -> None:
    response = mock.control(name, arguments)
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert mock.register().status_code == 201


@pytest.mark.parametrize("body", ["{", "[" * 100_000, "\xff"])
def test_a_body_that_is_not_json_is_a_400(body: str, mock: Mock) -> None:
    response = mock.http.post("/_mock/use", content=body.encode("latin-1"))
    assert response.status_code == 400
    assert response.json()["message"].startswith("the body is not JSON: ")


def test_an_unknown_endpoint_is_a_404_that_names_the_known(mock: Mock) -> None:
    response = mock.http.get("/_mock/request")
    assert response.status_code == 404
    assert "GET /_mock/requests" in response.json()["message"]
    response = mock.http.get("/_mock/use")
    assert (response.status_code, response.json()["message"]) == (405, "use POST /_mock/use")


def test_it_prints_its_address_and_one_line_for_each_request() -> None:
    with started("--scenario", "bad_gateway", "reset", "--scenario", "created") as mock:
        assert mock.register().status_code == 502
        with pytest.raises(httpx.TransportError):
            mock.register()
        mock.http.post(PATH, params={"access_token": SECRET})
        mock.http.get("/_mock/requests")
        assert mock.stop().splitlines() == [
            f"POST {PATH} -> 502",
            f"POST {PATH} -> connection reset",
            f"POST {PATH}?access_token=*** -> 401",
        ]


def test_a_reset_returns_to_the_scenarios_of_the_command_line() -> None:
    with started("--scenario", "not_found", "--quiet") as mock:
        mock.control("use", {"scenarios": ["created"]})
        assert mock.register().status_code == 201
        mock.control("reset")
        assert mock.register().status_code == 404
        assert mock.stop() == ""


def test_it_refuses_an_app_whose_jwt_another_key_has_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    public = tmp_path / "public.pem"
    public.write_bytes(keys[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def client(key: rsa.RSAPrivateKey, mock: Mock) -> rr.Client:
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return rr.Client(rr.GitHubApp(1, text), base_url=str(mock.http.base_url))

    with started("--app-public-key", str(public)) as mock:
        with client(keys[0], mock) as right:
            assert right.registration_token("octo-org").token
        with client(keys[1], mock) as wrong, pytest.raises(rr.AuthenticationError, match="private key belong to"):
            wrong.registration_token("octo-org")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_whatever_clients_do(number: signal.Signals) -> None:
    with (
        started("--scenario", "no_response") as mock,
        socket.create_connection((mock.http.base_url.host, mock.http.base_url.port or 0)) as connection,
    ):
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: token x\r\n\r\n".encode())
        assert mock.stderr.readline() == f"POST {PATH} -> no response, connection left open\n"
        mock.process.send_signal(number)
        assert mock.process.wait(5) == 0


def test_a_port_can_be_chosen_and_one_in_use_is_named() -> None:
    with started() as mock:
        port = str(mock.http.base_url.port)
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port} is in use" in done.stderr
    with started("--port", port) as again:
        assert str(again.http.base_url) == f"http://127.0.0.1:{port}"


def test_another_address_than_loopback_is_a_warning() -> None:
    with started("--host", "0.0.0.0") as mock:  # noqa: S104 - the point of the test
        assert mock.register().status_code == 201
        assert mock.stop().splitlines()[0].startswith("warning: other machines can reach 0.0.0.0.")
    with started("--host", "localhost") as mock:
        assert mock.stop() == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "xyzzy"], "there is no scenario 'xyzzy'"),
        (["--port", "65536"], "65536 is not a port"),
        (["--host", ""], "must be an address of this machine"),
        (["--host", "ä..b"], "must be an address of this machine"),
        (["--app-public-key", "nowhere.pem"], "cannot read nowhere.pem: No such file"),
        (["--app-public-key", __file__], "app_public_key is not a public key in PEM form"),
    ],
)
def test_misuse_of_the_command_line_is_exit_code_2(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ignore(number: int, handler: object) -> None:
        """Keep the program's handlers out of this process."""

    monkeypatch.setattr(signal, "signal", ignore)
    with pytest.raises(SystemExit, match=r"^2$"):
        _mock.main(arguments)
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors


@pytest.mark.parametrize("host", ["a..b", "192.0.2.1"])
def test_an_address_of_another_machine_is_named_in_one_line(host: str) -> None:
    done = subprocess.run([*COMMAND, "--host", host], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"runner-registration-mock: cannot listen on {host}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("yaml", [], "PyYAML is not installed: pip install 'runner-registration[testing]'"),
        (
            "cryptography.hazmat.primitives.serialization",
            ["--app-public-key", __file__],
            "cryptography is required to verify signatures: pip install cryptography",
        ),
    ],
)
def test_without_a_package_it_says_what_to_install(module: str, arguments: list[str], message: str) -> None:
    without = f"import sys; sys.modules[{module!r}] = None; from {_mock.__name__} import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", without, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"runner-registration-mock: {message}\n"


def test_the_installed_command_is_this_one() -> None:
    command = Path(sys.executable).with_name("runner-registration-mock")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == __version__


def test_it_knows_the_arguments_of_the_python_interface() -> None:
    assert {*inspect.signature(RegistrationServer.use).parameters} - {"self"} == _mock.USE
    assert {*inspect.signature(RegistrationServer.respond).parameters} - {"self"} == _mock.RESPOND
