"""The image of the mock, built from its Dockerfile, where there is a Docker daemon."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.responses import PATH

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "examples/mock-server/Dockerfile"
IMAGE = "runner-registration-mock:test"


def docker(*arguments: str, timeout: float = 300) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, check=False, timeout=timeout)
    assert not done.returncode, (done.stdout + done.stderr).decode()[-3000:]
    return done.stdout.decode().strip()


def has_docker() -> bool:
    command = ["docker", "info"]
    return bool(shutil.which("docker")) and not subprocess.run(command, check=False, capture_output=True).returncode


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not has_docker(), reason="no Docker daemon")]


@pytest.fixture(scope="module")
def image() -> str:
    docker("build", "--network", "host", "--file", str(DOCKERFILE), "--tag", IMAGE, str(ROOT), timeout=900)
    return IMAGE


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    # As strict as it can be: no privileges, and nothing can be written.
    restrictions = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "128m")
    name = docker("run", "--detach", *restrictions, "--publish", "127.0.0.1::8080", image)
    yield name
    docker("rm", "--force", name)


@pytest.fixture(scope="module")
def http(container: str) -> Iterator[httpx.Client]:
    address = docker("port", container, "8080/tcp").splitlines()[0]
    with httpx.Client(base_url=f"http://{address}", trust_env=False) as http:
        deadline = time.monotonic() + 30
        while True:
            try:
                http.get("/_mock/health")
            except httpx.TransportError:
                assert time.monotonic() < deadline, docker("logs", container)
                time.sleep(0.1)
            else:
                break
        yield http


def test_it_is_small(image: str) -> None:
    assert int(docker("image", "inspect", "--format", "{{.Size}}", image)) <= 80_000_000


def test_it_responds_and_can_be_controlled(http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer of-no-account"}
    assert http.post(PATH, headers=headers).status_code == 201
    http.post("/_mock/use", json={"scenarios": ["redirect"]})
    response = http.post(PATH, headers=headers, follow_redirects=True)  # to the published port, not the one inside
    assert response.status_code == 201
    assert len(http.get("/_mock/requests").json()) == 3


def test_it_does_not_run_as_root(http: httpx.Client, container: str) -> None:
    status = docker("exec", container, "python", "-c", "import os; print(os.getuid(), os.getgid())")
    assert status == "65534 65534"


def test_it_becomes_healthy(http: httpx.Client, container: str) -> None:
    deadline = time.monotonic() + 120
    while docker("inspect", "--format", "{{.State.Health.Status}}", container) != "healthy":
        assert time.monotonic() < deadline, docker("inspect", container)
        time.sleep(0.5)


def test_it_stops_at_once(http: httpx.Client, container: str) -> None:
    start = time.monotonic()
    docker("stop", "--time", "30", container)
    assert time.monotonic() - start < 15
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
