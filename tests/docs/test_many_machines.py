"""The programs of the page about many machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.token_stores import Valkey

from .conftest import Workshop
from .pages import take

REDIS_STORE = take("many-machines.md", "redis_store.py")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    yield server
    server.stop()


def test_two_programs_share_a_token_in_redis(
    workshop: Workshop, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey.url)
    program = workshop.write("redis_store.py", REDIS_STORE)
    for _ in range(2):
        done = workshop.run(sys.executable, program)
        assert not done.returncode, done.stderr
    workshop.server.assert_requested(times=1)
