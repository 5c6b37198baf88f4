"""Prism as a proxy in front of the real API: it compares each request and response with the contract."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest

from runner_registration.testing import _node, _resources, contract_path

_TIMEOUT = 30.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--org", help="an organization whose runners the credential can manage")
    parser.addoption("--upstream", default="https://api.github.com", help="the API; default: https://api.github.com")


@pytest.fixture
def org(request: pytest.FixtureRequest) -> str:
    if not request.config.option.org:
        raise pytest.UsageError("--org is required: an organization whose runners the credential can manage")
    return str(request.config.option.org)


@pytest.fixture(scope="session")
def proxy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Start the proxy. It turns a violation of the contract into an error that names it."""
    command = [*_node.tool("prism", _resources.node_package()), "proxy", "-m", "false", "-p", "0", "--errors"]
    command += [str(contract_path()), request.config.option.upstream]
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment) as process,
    ):
        try:
            yield _url(process, log.fileno())
        finally:
            process.terminate()


def _url(process: subprocess.Popen[bytes], log: int) -> str:
    deadline = time.monotonic() + _TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"Prism is listening on (http://\S+)", _read(log)):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"Prism did not start: {_read(log)}")


def _read(log: int) -> str:
    return os.pread(log, 100_000, 0).decode("utf-8", "replace")
