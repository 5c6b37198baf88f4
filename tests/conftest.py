"""For all tests: async ones run on asyncio, and `--thorough` takes the properties seriously."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# No deadline for an example: the machines that tests run on are shared. The same examples each time: what fails was
# caused by the change at hand. `--thorough` looks for what no one has seen before.
settings.register_profile(
    "default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=20_000, derandomize=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="20,000 random examples of each property instead of the same 100, and 20,000 calls of the soak test",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell ignores SIGINT for what it runs in the background, and the commands under test would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("thorough" if config.option.thorough else "default")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
