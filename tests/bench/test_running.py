"""The server and the workers: whatever is measured also works. Nothing is timed here."""

from __future__ import annotations

import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

from bench import bodies, running
from bench.environments import CONTRACT, BenchError
from bench.server import serving


def test_the_server_counts_what_it_created_over_one_connection() -> None:
    with serving() as server:
        connection = HTTPConnection(server.url.removeprefix("http://"))
        for headers, status in (({"Authorization": "Bearer x"}, 201), ({}, 404), ({"authorization": "token x"}, 201)):
            connection.request("POST", bodies.PATH, body=b"{}", headers=headers)
            with connection.getresponse() as response:
                assert response.status == status
                assert response.read()
                assert not response.will_close
        connection.close()
        assert server.count() == 2


@pytest.mark.parametrize("subject", ["ours", "httpx"])
def test_a_worker_does_all_that_its_subject_can(subject: str, tmp_path: Path) -> None:
    (tmp_path / "2").write_bytes(bodies.full(yaml.safe_load(CONTRACT.read_text(encoding="utf-8")), 2))
    with serving() as server, running.Worker(subject, sys.executable, server.url, tmp_path) as worker:
        for case in worker.cases:
            assert worker.measure(f"{case}:2" if case.startswith(("read", "loads")) else case, 1)() > 0


def test_each_is_measured_once_a_round_after_one_that_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[str] = []
    figures = iter(range(100))

    def measure(name: str) -> running.Measure:
        def run() -> float:
            calls.append(name)
            return next(figures)

        return run

    samples = running.by_turns("x", {"a": measure("a"), "b": measure("b")}, 3)
    assert [sorted(calls[round_ : round_ + 2]) for round_ in range(0, 8, 2)] == [["a", "b"]] * 4
    assert {*samples["a"], *samples["b"]} == {2, 3, 4, 5, 6, 7}
    assert "x" in capsys.readouterr().err


def test_a_process_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="failed"):
        running.process(tmp_path, "false")()
