"""One Prism for the run, chosen by `--prism`. Its name is in the summary, and its log is shown on failure."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from runner_registration.testing import PrismServer, contract_path

from .reporting import note, notes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--prism",
        default="auto",
        metavar="auto|docker|node|URL",
        help="how to start Prism, or the URL of a Prism that runs already",
    )
    parser.addoption("--dynamic-bodies", default=100, type=int, help="random bodies for each operation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The longest test begins first, next to all others.
    items.sort(key=lambda item: item.path.name != "test_second_operation.py")


@pytest.fixture(scope="session")
def prism_mode(request: pytest.FixtureRequest) -> str:
    return str(request.config.option.prism)


@pytest.fixture(scope="session")
def _prism_session(prism_mode: str) -> Iterator[PrismServer]:
    with PrismServer(contract_path(), mode=prism_mode) as server:
        yield server


@pytest.fixture
def prism(_prism_session: PrismServer, request: pytest.FixtureRequest) -> PrismServer:
    _prism_session.ensure_running()
    request.node.stash[_server] = _prism_session
    note(request.node, f"contract tests ran against {_prism_session.description}")
    return _prism_session


_server = pytest.StashKey[PrismServer]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and (server := item.stash.get(_server, None)):
        report.sections.append(("Prism's log", server.log[-4000:]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in notes(terminalreporter):
        terminalreporter.write_line(text)
