"""Many processes that share tokens, some of which are killed, and a store that is stopped under them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner_registration.testing._http import HTTPRequest, HTTPServer
from tests.responses import CREDENTIAL

from .loopback import created, organization, token_of
from .token_stores import Valkey

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]

SECONDS = 120

TASKS = """
import asyncio, json, sys
import runner_registration as rr
from runner_registration._token_stores import named_store

async def main():
    where, base_url, count, *organizations = sys.argv[1:]
    async with rr.AsyncClient(base_url=base_url, verify=False, token_store=named_store(where)) as client:
        tasks = (client.registration_token(org) for org in organizations for _ in range(int(count)))
        print(json.dumps([token.token for token in await asyncio.gather(*tasks)]))

asyncio.run(main())
"""


class GitHub(HTTPServer):
    """Count the requests for each organization, and hold the first response back until `hold` is set."""

    def __init__(self) -> None:
        self.organizations: list[str] = []
        self.hold = threading.Event()
        super().__init__(self._next)

    def _next(self, request: HTTPRequest) -> bytes:
        org = organization(request)
        self.organizations.append(org)
        if len(self.organizations) == 1:
            self.hold.wait(SECONDS)
        return created(token=token_of(org))


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as github:
        yield github
        github.hold.set()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.stop()


@pytest.fixture(params=["files", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "files":
        return str(tmp_path / "tokens")
    server: Valkey = request.getfixturevalue("valkey")
    return server.url


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "GH_TOKEN": CREDENTIAL},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(org: str, where: str, server: HTTPServer, *options: str) -> tuple[str, ...]:
    return ("-m", "runner_registration", "token", org, "--store", where, "--base-url", server.url, *options)


def result(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, stdout.strip(), stderr


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_8_processes_with_2000_tasks_make_one_request(github: GitHub, where: str) -> None:
    processes = [start("-c", TASKS, where, github.url, "250", "octo-org") for _ in range(8)]
    eventually(lambda: github.organizations)
    time.sleep(1)  # the others have come to the lock, or are about to
    github.hold.set()
    results = [result(process) for process in processes]
    assert {(code, stderr) for code, _, stderr in results} == {(0, "")}
    assert [token for _, tokens, _ in results for token in json.loads(tokens)] == [token_of("octo-org")] * 2000
    assert github.organizations == ["octo-org"]


def test_the_next_process_continues_when_the_holder_of_the_lock_is_killed(github: GitHub, where: str) -> None:
    holder = start(*command("octo-org", where, github))
    eventually(lambda: github.organizations)
    others = [start(*command("octo-org", where, github)) for _ in range(3)]
    time.sleep(2)
    assert github.organizations == ["octo-org"]  # the others wait
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    killed = time.monotonic()
    results = [result(other) for other in others]
    assert results == [(0, token_of("octo-org"), "")] * 3
    assert time.monotonic() - killed < 30
    assert github.organizations == ["octo-org"] * 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_everyone_gets_a_token_when_the_store_is_stopped_in_the_middle(
    how: signal.Signals, github: GitHub, valkey: Valkey
) -> None:
    """One process waits for GitHub, three wait for its lock, and others come after that."""
    processes = [start("-c", TASKS, valkey.url, github.url, "20", "octo-org", "github") for _ in range(4)]
    eventually(lambda: github.organizations)
    time.sleep(1)
    valkey.process.send_signal(how)
    processes += [start(*command("octo-org", valkey.url, github)) for _ in range(2)]
    github.hold.set()
    results = [result(process) for process in processes]
    assert [code for code, _, _ in results] == [0] * 6
    expected = [token_of("octo-org")] * 20 + [token_of("github")] * 20
    assert [json.loads(stdout) for _, stdout, _ in results[:4]] == [expected] * 4
    assert [stdout for _, stdout, _ in results[4:]] == [token_of("octo-org")] * 2
    for _, _, stderr in results[4:]:
        assert stderr.count("The RedisTokenStore cannot be used") == 1
