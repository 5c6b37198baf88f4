"""The rows of the table, in order, and how each is measured."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from ssl import Purpose, SSLContext, create_default_context
from tempfile import TemporaryDirectory
from typing import Any

import certifi
import trustme
import yaml

from .bodies import TOKEN, full, token
from .environments import ROOT, Environment
from .measure import Measure, in_turns, process
from .report import Report, Row
from .server import serving

_LOOP = Path(__file__).with_name("loop.py")
CLIENTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("clients.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Plan:
    """A row to measure, for every client that has its code.

    Attributes:
        code: The name of the code in clients.toml.
        limit: The bound: times the reference, or seconds where there is no reference.
        reference: What the figures are compared with: the same code of httpx, or another client and its code.
        called: What the table calls the reference.
        number: How often the code is evaluated in a row, in one process. 0: once, and the whole process is measured.
        body: The number of repositories in the body that is read.
    """

    name: str
    code: str
    limit: float
    reference: tuple[str, str] | None = ("httpx", "")
    called: str = "httpx"
    number: int = 0
    body: int = 0
    https: bool = False


_LOADS = ("ours", "read with json.loads")
PLANS = (
    Plan("import", "import", 1.15),
    Plan("import and client for https", "https client", 1.15),
    Plan("import, client, first call", "call", 1.15),
    Plan("import, client, first call over https", "call", 1.35, https=True),
    Plan("import, client, first call as a GitHub App", "app call", 1.6, ("ours", "call"), "with a token"),
    Plan("one call", "call", 1.05, number=20),
    Plan("one call, asyncio", "async call", 1.05, number=20),
    Plan("reading the usual response", "read a dict", 2.5e-6, None, number=2_000),
    Plan("reading 100 repositories", "read", 1.5, _LOADS, "json.loads", number=2, body=100),
    Plan("reading 1,000 repositories", "read", 2, _LOADS, "json.loads", number=1, body=1000),
    Plan("a token that is still valid", "reuse", 3e-6, None, number=5_000),
    Plan("a token from a file store", "from files", 3, ("ours", "call"), "one call", number=20),
    Plan("a token from Valkey", "from redis", 3, ("ours", "call"), "one call", number=20),
    Plan("10,000 tasks that want one token", "10,000 tasks", 1, None, number=1),
    Plan("command line, --help", "--help", 3, ("ours", "pass"), "python -c pass"),
    Plan("command line, token octo-org", "token", 1.3, ("httpx", "call")),
)


def measure(clients: Mapping[str, Any], *, quick: bool) -> Report:
    """Measure all rows.

    Raises:
        BenchError: Something cannot be installed or run.
    """
    environments = {
        name: Environment(name, client["install"], client.get("also", ())) for name, client in clients.items()
    }
    rows: list[Row] = []
    with TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        variables, tls = _prepare(home)
        urls = {https: stack.enter_context(serving(tls if https else None)) for https in (False, True)}

        def one(plan: Plan, client: str, code: str) -> Measure:
            timed = [str(home / str(plan.body)), str(plan.body or TOKEN), str(plan.number)] if plan.number else []
            run = command(clients[client]["code"][code], environments[client].scripts, urls[plan.https], timed)
            return partial(process, run, home, variables, prints_seconds=bool(timed))

        for plan in PLANS:
            having = [name for name, client in clients.items() if plan.code in client["code"]]
            measures = {name: one(plan, name, plan.code) for name in having}
            if plan.reference:
                client, code = plan.reference
                measures["httpx"] = one(plan, client, code or plan.code)
            samples = in_turns(plan.name, measures, 5 if quick else 12)
            rows.append(Row.of(plan.name, "s", plan.limit, plan.called if plan.reference else "", samples))
    versions = {
        key: f"{client['name']} {environments[key].version(client.get('distribution', client['name']))}"
        for key, client in clients.items()
    }
    return Report.now(versions, [*rows, *_sizes(environments)])


def command(code: Sequence[str], scripts: Path, url: str, timed: Sequence[str] = ()) -> list[str]:
    """Return the command that runs code of clients.toml: in a loop if there are its arguments, or once."""
    python = str(scripts / "python")
    if timed:
        return [python, str(_LOOP), url, *timed, *code]
    if code[0].startswith("$"):
        name, *arguments = code[0].split()[1:]
        return [str(scripts / name), *arguments, url]
    return [python, "-c", "\n".join(["import sys; url = sys.argv[1]", *code]), url]


def _prepare(home: Path) -> tuple[dict[str, str], SSLContext]:
    """Write the bodies. Return the environment variables of what is measured, and a certificate that it trusts."""
    document = yaml.safe_load((ROOT / "openapi" / "slice.yaml").read_text("utf-8"))
    for count in {plan.body for plan in PLANS}:
        (home / str(count)).write_bytes(full(document, count) if count else token(datetime.now(UTC)))
    trustme.CA(key_type=trustme.KeyType.RSA).private_key_pem.write_to_path(str(home / "app.pem"))
    authority, bundle, certificate = trustme.CA(), home / "authorities.pem", home / "certificate.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    tls = create_default_context(Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    variables = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "GH_TOKEN": "secret"}
    return {**variables, "SSL_CERT_FILE": str(bundle), "REQUESTS_CA_BUNDLE": str(bundle)}, tls


def _sizes(environments: Mapping[str, Environment]) -> Iterator[Row]:
    def row(name: str, unit: str, limit: float | None, figures: Mapping[str, float]) -> Row:
        return Row.of(name, unit, limit, "", {client: [figure] for client, figure in figures.items()})

    yield row("distributions", "", 9, {name: found.distributions() for name, found in environments.items()})
    yield row("installed", "B", None, {name: found.size() for name, found in environments.items()})
    own = environments["ours"].size("runner_registration*", byte_code=False)
    yield row("our own part, as in the wheel", "B", 700_000, {"ours": own})
