"""What is measured, and what is asked of us: the rows of the table, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from .environments import Environment
from .figures import OURS, REFERENCE, Bound, Row, Unit
from .running import Measure, Worker, by_turns, process
from .server import Server

QUICK = ("ours", "httpx")
ALL = (*QUICK, "generator", "githubkit", "pygithub", "ghapi")
SUBJECTS: Mapping[str, Any] = {name: import_module(f"bench.subjects.{name}") for name in ALL}


def column(subject: str) -> str:
    """Where a subject's figures stand: httpx is what the others are compared with."""
    return REFERENCE if subject == "httpx" else subject


@dataclass(frozen=True)
class Bench:
    """A run."""

    home: Path
    server: Server
    environments: Mapping[str, Environment]
    workers: Mapping[str, Worker]
    quick: bool

    def rows(self) -> Iterator[Row]:
        """Measure it all."""
        yield self._programs("import", "IMPORT", Bound(1.15, "httpx"))
        yield self._programs("import, client, first call", "FIRST_CALL", Bound(1.15, "httpx"))
        yield self._with_certificates()
        yield self._batches("one call", "call", Bound(1.05, "httpx"))
        yield self._batches("one call, asyncio", "async_call", Bound(1.05, "httpx"))
        yield from self._reading()
        yield from self._reuse()
        yield from self._commands()
        yield from self._sizes()

    def _row(self, name: str, bound: Bound | None, measures: Mapping[str, Measure], rounds: int) -> Row:
        return Row.of(name, "s", bound, by_turns(name, measures, max(5, rounds // 4) if self.quick else rounds))

    def _programs(self, name: str, program: str, bound: Bound) -> Row:
        """A Python process of each subject."""
        measures = {
            column(subject): self._process(
                environment.python, "-c", getattr(SUBJECTS[subject], program), self.server.url
            )
            for subject, environment in self.environments.items()
        }
        return self._row(name, bound, measures, rounds=30)

    def _with_certificates(self) -> Row:
        """The same, where ours reads certificates as well: for plain http it does so only if it must."""
        ours, httpx = self.environments["ours"], self.environments["httpx"]
        measures = {
            OURS: self._process(ours.python, "-c", SUBJECTS["ours"].FIRST_CALL_WITH_CERTIFICATES, self.server.url),
            REFERENCE: self._process(httpx.python, "-c", SUBJECTS["httpx"].FIRST_CALL, self.server.url),
        }
        return self._row("the same, certificates read", None, measures, rounds=30)

    def _process(self, *command: str, **variables: str) -> Measure:
        return process(self.home, *command, **variables)

    def _batches(self, name: str, case: str, bound: Bound) -> Row:
        """Each subject that has it, in a process where it is loaded and connected."""
        return self._row(name, bound, self._measures(case, iterations=100), rounds=60)

    def _measures(self, case: str, iterations: int) -> dict[str, Measure]:
        return {
            column(subject): worker.measure(case, iterations)
            for subject, worker in self.workers.items()
            if case.partition(":")[0] in worker.cases
        }

    def _reading(self) -> Iterator[Row]:
        """Each subject's reading beside json.loads."""
        ours = self.workers["ours"]
        for name, count, limit, iterations, rounds in (("100", 100, 1.5, 5, 40), ("1,000", 1000, 2.0, 1, 20)):
            loads = {REFERENCE: ours.measure(f"loads:{count}", iterations)}
            measures = loads | self._measures(f"read:{count}", iterations)
            yield self._row(f"reading {name} repositories", Bound(limit, "json.loads"), measures, rounds)

    def _reuse(self) -> Iterator[Row]:
        worker = self.workers["ours"]
        again = {OURS: worker.measure("reuse", 20_000)}
        yield self._row("a token that is still good", Bound(3e-6, below=True), again, rounds=20)
        tasks = worker.measure("async_reuse", 1)
        posts: list[float] = []

        def counted() -> float:
            before = self.server.count()
            seconds = tasks()
            posts.append(self.server.count() - before)
            return seconds

        yield self._row("10,000 tasks that want one token", Bound(1.0, below=True), {OURS: counted}, rounds=10)
        # The first run was one to get ready, and made one more.
        yield Row.of("the requests that these make", "", Bound(1), {OURS: [max(posts[1:])]})

    def _commands(self) -> Iterator[Row]:
        ours, httpx = self.environments["ours"], self.environments["httpx"]
        command = ours.command("runner-registration")
        python = self._process(ours.python, "-c", "pass")
        for option in ("--help", "--version"):
            measures = {OURS: self._process(command, option), REFERENCE: python}
            yield self._row(f"command line, {option}", Bound(3, "python -c pass"), measures, rounds=30)
        url = self.server.url
        measures = {
            OURS: self._process(command, "token", "octo-org", GITHUB_API_URL=url),
            REFERENCE: self._process(httpx.python, "-c", SUBJECTS["httpx"].POST, url),
        }
        yield self._row("command line, token octo-org", Bound(1.3, "httpx.post"), measures, rounds=30)

    def _sizes(self) -> Iterator[Row]:
        def row(name: str, unit: Unit, bound: Bound | None, figures: Mapping[str, float]) -> Row:
            return Row.of(name, unit, bound, {column(subject): [figure] for subject, figure in figures.items()})

        environments = self.environments.items()
        own, ours = "runner_registration*", self.environments["ours"]
        yield row("distributions", "", Bound(9), {name: found.distributions() for name, found in environments})
        yield row("installed", "B", None, {name: found.size() for name, found in environments})
        yield row(
            "our own part, as in the wheel", "B", Bound(500_000, below=True), {"ours": ours.size(own, byte_code=False)}
        )
        yield row("our own part, with byte code", "B", None, {"ours": ours.size(own)})
