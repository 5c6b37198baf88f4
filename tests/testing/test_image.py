"""The image of the mock, built from its Dockerfile, where there is a Docker daemon."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.responses import PATH

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "examples/mock-server/Dockerfile"
IMAGE = "runner-registration-mock:test"
STAND_IN = "runner-registration-mock-python:test"
MEGABYTE = 1_000_000


def docker(*arguments: str, timeout: float = 300, stdin: bytes | None = None) -> str:
    done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=False, timeout=timeout)
    assert not done.returncode, (done.stdout + done.stderr).decode()[-3000:]
    return done.stdout.decode().strip()


def has_docker() -> bool:
    command = ["docker", "info"]
    return bool(shutil.which("docker")) and not subprocess.run(command, check=False, capture_output=True).returncode


pytestmark = [pytest.mark.slow, pytest.mark.skipif(not has_docker(), reason="no Docker daemon")]


def size(image: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def base_image(folder: Path) -> str:
    """The Dockerfile's own base image, or this machine's Python in its place where no registry can be reached."""
    match = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert match is not None
    pulled = subprocess.run(["docker", "pull", "--quiet", match[1]], check=False, capture_output=True, timeout=300)
    if not pulled.returncode:
        return match[1]
    version = f"python{sysconfig.get_python_version()}"
    libraries = Path(sys.base_prefix, "lib", version)
    target = folder / "usr/local/lib" / version
    unused = ("test", "tests", "idlelib", "tkinter", "ensurepip", "config-*", "__pycache__", "site-packages")
    shutil.copytree(libraries, target, ignore=shutil.ignore_patterns(*unused))
    shutil.copytree(libraries / "site-packages/pip", target / "site-packages/pip")
    python = Path(sys.executable).resolve()
    (folder / "usr/local/bin").mkdir()
    shutil.copy(python, folder / "usr/local/bin/python")
    modules = [python, *target.glob("lib-dynload/*.so")]
    linked = subprocess.run(["ldd", "/bin/sh", *modules], capture_output=True, text=True, check=False).stdout
    files = {*re.findall(r"(/\S+) \(0x", linked), "/bin/sh", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf"}
    for file in filter(os.path.exists, files):
        copy = folder / file.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    if strip := shutil.which("strip"):  # as in the published images
        binaries = [
            path for path in folder.rglob("*") if path.is_file() and re.search(r"\.so\b|/bin/python$", str(path))
        ]
        subprocess.run([strip, *binaries], check=True)
    (folder / "tmp").mkdir()
    packed = subprocess.run(["tar", "-C", folder, "--owner=0", "--group=0", "-c", "."], capture_output=True, check=True)
    docker("import", "--change", "ENV PATH=/usr/local/bin:/bin", "-", STAND_IN, stdin=packed.stdout)
    return STAND_IN


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return base_image(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def image(base: str) -> str:
    docker(
        *("build", "--network", "host", "--build-arg", f"PYTHON={base}"),
        *("--file", str(DOCKERFILE), "--tag", IMAGE, str(ROOT)),
        timeout=600,
    )
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
    assert size(image) <= 80 * MEGABYTE


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
