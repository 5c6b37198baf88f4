"""Everything that is measured works. Nothing is timed here."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from ssl import Purpose, create_default_context

import pytest
import trustme
import yaml

from bench import bodies, loop, measure, rows
from bench.environments import ROOT
from bench.server import serving

CODE = {(client, code) for client in ("ours", "httpx") for code in rows.CLIENTS[client]["code"]}
SLICE = yaml.safe_load((ROOT / "openapi" / "slice.yaml").read_text("utf-8"))
PATH = "/orgs/octo-org/actions/runners/registration-token"


@pytest.mark.parametrize("https", [False, True])
def test_the_server_responds_over_one_connection(https: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    authority, certificate, tls = trustme.CA(), tmp_path / "pem", create_default_context(Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    tls.load_cert_chain(certificate)
    context = create_default_context(cadata=authority.cert_pem.bytes().decode())
    with serving(tls if https else None) as url:
        address = url.partition("://")[2]
        connection = HTTPSConnection(address, context=context) if https else HTTPConnection(address)
        for headers, path, status in (
            ({"Authorization": "Bearer x"}, PATH, 201),
            ({}, PATH, 404),
            ({"Authorization": "Bearer x"}, "/", 404),
            ({"authorization": "token x"}, PATH, 201),
        ):
            connection.request("POST", path, body=b"{}", headers=headers)
            with connection.getresponse() as response:
                assert response.status == status
                response.read()
                assert not response.will_close
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(("client", "code"), sorted(CODE))
def test_the_code_of_a_client_works(client: str, code: str, tmp_path: Path) -> None:
    trustme.CA(key_type=trustme.KeyType.RSA).private_key_pem.write_to_path(str(tmp_path / "app.pem"))
    plans = [plan for plan in rows.PLANS if plan.code == code or plan.reference == (client, code)]
    assert plans, "no row has this code"
    for timed in {bool(plan.number) for plan in plans}:
        count = 2 if any(plan.body for plan in plans) else 0
        (tmp_path / "body").write_bytes(bodies.full(SLICE, count) if count else bodies.token(datetime.now(UTC)))
        arguments = [str(tmp_path / "body"), str(count or bodies.TOKEN), "1"] if timed else []
        with serving() as url:
            text = [part.replace("10_000", "10") for part in rows.CLIENTS[client]["code"][code]]
            command = rows.command(text, Path(sys.executable).parent, url, arguments)
            assert measure.process(command, tmp_path, {"GH_TOKEN": "secret"}, prints_seconds=timed) > 0


def test_code_that_returns_something_else_fails(tmp_path: Path) -> None:
    (tmp_path / "body").touch()
    with pytest.raises(AssertionError, match="1 returned '1'"):
        loop.main("", str(tmp_path / "body"), "2", "1", "pass", "1")


def test_every_client_is_measured_once_per_round_after_one_that_does_not_count() -> None:
    calls: list[str] = []
    figures = iter(range(100))

    def once(client: str) -> float:
        calls.append(client)
        return next(figures)

    samples = measure.in_turns("x", {client: partial(once, client) for client in "ab"}, 3)
    assert [sorted(calls[first : first + 2]) for first in range(0, 8, 2)] == [["a", "b"]] * 4
    assert {*samples["a"], *samples["b"]} == {2, 3, 4, 5, 6, 7}


def test_a_process_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(measure.BenchError, match="failed"):
        measure.process([sys.executable, "-c", "1 / 0"], tmp_path, {}, prints_seconds=False)


def test_a_process_may_print_its_seconds(tmp_path: Path) -> None:
    assert measure.process([sys.executable, "-c", "print(1.5)"], tmp_path, {}, prints_seconds=True) == 1.5
