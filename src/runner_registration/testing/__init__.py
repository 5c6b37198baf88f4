"""For the tests of teams that import the SDK: GitHub's API on loopback, Prism, and the contract.

    def test_a_rate_limit_is_an_error(registration_server):
        registration_server.use("secondary_rate_limit")
        with rr.Client(max_wait=0) as client, pytest.raises(rr.RateLimitError):
            client.registration_token("octo-org")

`registration_server` is a fixture of the pytest plugin in the extra ``runner-registration[testing]``; without pytest it
is `RegistrationServer`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner_registration.testing._prism import PrismError, PrismServer
    from runner_registration.testing._resources import contract_path
    from runner_registration.testing._scenarios import scenarios
    from runner_registration.testing._server import RegistrationServer
    from runner_registration.testing._wire import Request

__all__ = ["PrismError", "PrismServer", "RegistrationServer", "Request", "contract_path", "scenarios"]

_ELSEWHERE = {
    "PrismError": "_prism",
    "PrismServer": "_prism",
    "RegistrationServer": "_server",
    "Request": "_wire",
    "contract_path": "_resources",
    "scenarios": "_scenarios",
}


def __getattr__(name: str) -> object:
    """Import what is used when it is used: pytest loads the plugin in here at every start (PEP 562)."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
