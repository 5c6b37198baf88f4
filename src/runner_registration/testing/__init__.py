"""The test harness for teams that use this package: GitHub's API on loopback, Prism, and the contract.

    def test_a_rate_limit_is_an_error(registration_server):
        registration_server.use("secondary_rate_limit")
        with rr.Client(max_wait=0) as client, pytest.raises(rr.RateLimitError):
            client.registration_token("octo-org")

`registration_server` is a fixture of the pytest plugin in the extra ``runner-registration[testing]``. Without pytest,
use `RegistrationServer`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner_registration.testing._prism import PrismError, PrismServer
    from runner_registration.testing._recording import Request
    from runner_registration.testing._resources import contract_path
    from runner_registration.testing._scenarios import scenarios
    from runner_registration.testing._server import RegistrationServer

__all__ = ["PrismError", "PrismServer", "RegistrationServer", "Request", "contract_path", "scenarios"]

_MODULES = {
    "PrismError": "_prism",
    "PrismServer": "_prism",
    "RegistrationServer": "_server",
    "Request": "_recording",
    "contract_path": "_resources",
    "scenarios": "_scenarios",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used (PEP 562): pytest loads the plugin in this package at every start."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
