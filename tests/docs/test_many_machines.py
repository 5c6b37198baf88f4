"""The programs of the page about many machines."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.client.token_stores import Valkey

from . import cloud_init, standins
from .conftest import Workshop
from .pages import take
from .test_recipes import validate

REDIS_STORE = take("many-machines.md", "redis_store.py")
LOOP = take("many-machines.md", "register-runners")
CRONTAB = take("many-machines.md", "crontab")
USER_DATA = take("many-machines.md", "user-data")
VALKEY = take("many-machines.md", "valkey.yaml")
CONTAINER = take("many-machines.md", "container.yaml")


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
        workshop.run(sys.executable, program)
    workshop.server.assert_requested(times=1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_loop_registers_all_runners_with_one_request(workshop: Workshop) -> None:
    script = LOOP.replace("/opt/runners/", f"{workshop.folder}/").replace("seq 50", "seq 5")
    folders = [workshop.folder / str(number) for number in range(1, 6)]
    for folder in folders:
        folder.mkdir()
        standins.command(folder / "config.sh")
    workshop.script("register-runners", script)
    assert [standins.token(folder / "config.sh") for folder in folders] == [workshop.token] * 5
    workshop.server.assert_requested(times=1)


def test_the_cron_job_writes_the_file(workshop: Workshop, tmp_path: Path) -> None:
    *schedule, command = CRONTAB.strip().split(" ", 5)
    assert schedule == ["*/20", "*", "*", "*", "*"]
    for _ in range(2):
        workshop.run("sh", "-c", command)
    assert (tmp_path / "runner.env").read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={workshop.token}\n"
    workshop.server.assert_requested(times=1)


def test_the_user_data_is_valid_and_its_commands_are_sound(workshop: Workshop, tmp_path: Path) -> None:
    path = workshop.write("user-data", USER_DATA)
    cloud_init.check(path, tmp_path)
    (commands,) = yaml.safe_load(USER_DATA)["runcmd"]
    workshop.run("shellcheck", "--shell=sh", "--exclude=SC1091", workshop.write("commands", commands))


def test_the_objects_are_valid() -> None:
    objects: list[dict[str, Any]] = [*yaml.safe_load_all(VALKEY)]
    assert [item["kind"] for item in objects] == ["Deployment", "Service", "NetworkPolicy"]
    (container,) = objects[0]["spec"]["template"]["spec"]["containers"]
    assert shlex.split(container["command"][-1])[:2] == ["exec", "valkey-server"]
    container["env"] += yaml.safe_load(CONTAINER)["env"]
    for item in objects:
        validate(item)
