"""The environment variables that lead this package and other clients to a server of the harness, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIAL = "credential-for-tests"

BACKOFF = "0.002"
"""Seconds: the upper bound of the first back-off. It is only used with a loopback RUNNER_REGISTRATION_API_URL."""

REMOVED = (
    *("GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_HOST"),
    *("GITHUB_APP_CLIENT_ID", "GITHUB_APP_ID", "GITHUB_APP_INSTALLATION_ID"),
    *("GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_PATH", "RUNNER_REGISTRATION_STORE"),
)
"""Other credentials, hosts and stored tokens, which belong to the person who runs the tests."""

_LOOPBACK = ("127.0.0.1", "localhost")


def environment_for(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set; those that are to be removed have empty values, which mean the same.

    Args:
        url: The server's URL.
        environ: The environment so far.
    """
    variables = dict.fromkeys(REMOVED, "")
    variables |= {"RUNNER_REGISTRATION_API_URL": url, "GITHUB_API_URL": url, "GH_TOKEN": CREDENTIAL}
    variables["RUNNER_REGISTRATION_BACKOFF"] = BACKOFF
    for name, other in (("no_proxy", "NO_PROXY"), ("NO_PROXY", "no_proxy")):
        known = environ.get(name) or environ.get(other) or ""
        hosts = [host.strip() for host in known.split(",") if host.strip()]
        if hosts != ["*"]:  # which means all hosts only if it is alone
            hosts += [host for host in _LOOPBACK if host not in hosts]
        variables[name] = ",".join(hosts)
    return variables
