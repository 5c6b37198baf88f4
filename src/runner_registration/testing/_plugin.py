"""The pytest plugin. pytest loads it at every start, so it imports what it needs when a test needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner_registration.testing import PrismServer, RegistrationServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("runner-registration").addoption(
        "--registration-backend",
        choices=["contract", "prism"],
        default="contract",
        help="who makes the documented responses of registration_server: the contract's own examples (the default), or "
        "Prism, which also checks the requests; it is started in Docker or under Node, or found at PRISM_URL",
    )


@pytest.fixture(scope="session")
def _registration_prism(request: pytest.FixtureRequest) -> Iterator[PrismServer | None]:
    if request.config.getoption("--registration-backend") == "contract":
        yield None
        return
    from runner_registration.testing import PrismError, PrismServer

    try:
        with PrismServer() as prism:
            yield prism
    except PrismError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def registration_server(
    _registration_prism: PrismServer | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RegistrationServer]:
    """GitHub's API on loopback, with responses chosen by name: `runner_registration.testing.RegistrationServer`.

    For the test, the environment leads to the server and nowhere else: `RegistrationServer.environ`. So the
    clients, the command line and everything that the test starts send their requests here and not to GitHub.
    """
    from runner_registration.testing import RegistrationServer

    with RegistrationServer(prism=_registration_prism) as server:
        for name, value in server.environ.items():
            if value:
                monkeypatch.setenv(name, value)
            else:
                monkeypatch.delenv(name, raising=False)
        yield server
