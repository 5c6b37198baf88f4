"""Which credential may go where. One sent to the wrong host is the worst defect this package could have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runner_registration import _hosts
from runner_registration._errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

_CLOUD = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")

_GH_SECONDS = 10.0
"""How long ``gh`` may take; a locked keyring can make it wait for ever."""


def resolve_credential(
    credential: str | Callable[[], str] | httpx.Auth | None,
    *,
    base_url: str,
    allow_http: bool,
    environ: Mapping[str, str],
) -> str | Callable[[], str] | httpx.Auth:
    """Find the credential that may be sent to this API.

    Args:
        credential: The caller's own, which goes where the caller says. None: look in the environment, then ask ``gh``.
        base_url: What `runner_registration._hosts.resolve_base_url` gave.
        allow_http: Whether any credential at all may go over plain http to another machine.
        environ: The environment.

    Returns:
        A string fit for a header, or the callable or ``httpx.Auth`` that was given.

    Raises:
        CredentialError: None was found, or it must not or cannot be sent.
        TypeError: The credential is of no kind that can be used.
    """
    origin = _hosts.origin_of(base_url)
    if origin.scheme != "https" and not origin.is_loopback and not allow_http:
        raise CredentialError(
            f"No credential is sent to {origin.authority} over plain http, where anyone on the way can read it: "
            "use https, or allow_http (--allow-http) if you trust the whole way"
        )
    if isinstance(credential, str):
        return clean(credential)
    if credential is not None:
        if not callable(credential) and not hasattr(credential, "auth_flow"):
            kind = type(credential).__name__
            raise TypeError(f"A credential is a string, a callable that returns one, or an httpx.Auth, not a {kind}")
        return credential
    found = _from_environment(origin, environ) or _from_gh(_hosts.web_origin(base_url), environ)
    if found is None:
        raise CredentialError(_none_found(origin, _hosts.web_origin(base_url), environ))
    return found


def clean(value: object, source: str = "The credential") -> str:
    """Strip the white space around a credential, which files and command output end in.

    Raises:
        CredentialError: What is left cannot go into a header. The message calls it ``source`` and shows none of it.
    """
    if not isinstance(value, str):
        raise CredentialError(f"{source} is no string")
    value = value.strip()
    if not value:
        raise CredentialError(f"{source} is empty")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise CredentialError(f"{source} holds white space, control characters or characters outside ASCII")
    return value


def variables_for(origin: _hosts.Origin, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the variables whose credentials are meant for a host, the first one found to be used.

    As ``gh`` does it (https://cli.github.com/manual/gh_help_environment), and one thing more: in a job of GitHub
    Actions ``GITHUB_TOKEN`` is the credential for the server that ``GITHUB_API_URL`` names, whichever that is.
    """
    if origin.is_github or environ.get(_hosts.OVERRIDE, "").strip():  # the override is a loopback address
        return _CLOUD
    if origin == _actions_origin(environ):
        return _CLOUD + _ENTERPRISE
    return _CLOUD if origin.is_loopback else _ENTERPRISE


def _actions_origin(environ: Mapping[str, str]) -> _hosts.Origin | None:
    try:
        return _hosts.origin_of(_hosts.resolve_base_url(environ.get("GITHUB_API_URL", ""), environ))
    except ValueError:  # it is empty or cannot be read: then no host is the one it names
        return None


def _from_environment(origin: _hosts.Origin, environ: Mapping[str, str]) -> str | None:
    for name in variables_for(origin, environ):
        if value := environ.get(name, "").strip():
            return clean(value, f"The credential in {name}")
    return None


def _from_gh(site: _hosts.Origin, environ: Mapping[str, str]) -> str | None:
    """Ask ``gh`` what it has stored for exactly this host.

    Source: https://cli.github.com/manual/gh_auth_token
    """
    import shutil  # only here are other programs asked, and most credentials are found before
    import subprocess

    gh = shutil.which("gh", path=environ.get("PATH", os.defpath))
    # A relative path is a `gh` in the working directory, which anyone may have put there.
    if gh is None or not Path(gh).is_absolute() or not _gh_tells_apart(site):
        return None
    # gh puts variables before what it has stored, by a table of its own that is not ours: let it see none.
    without_variables = {name: value for name, value in environ.items() if name not in _CLOUD + _ENTERPRISE}
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, and a host has been through _hosts' grammar
            [gh, "auth", "token", "--hostname", site.authority],
            env=without_variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            errors="replace",
            timeout=_GH_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode or not answer.stdout.strip():
        return None
    return clean(answer.stdout, "The credential from `gh auth token`")


def _gh_tells_apart(site: _hosts.Origin) -> bool:
    """Whether ``gh`` answers for this host and not for another one.

    It takes any name under github.com for github.com, under localhost for github.localhost, and under a tenant of
    ghe.com for that tenant: go-gh's ``NormalizeHostname``.
    """
    tenant = site.host.removesuffix(".ghe.com")
    nested = tenant != site.host and "." in tenant
    return not (site.is_loopback or nested or site.host.endswith((".github.com", ".localhost")))


def _none_found(origin: _hosts.Origin, site: _hosts.Origin, environ: Mapping[str, str]) -> str:
    looked_at = variables_for(origin, environ)
    message = f"No credential for {origin.authority}: set {' or '.join(looked_at)}"
    if not origin.is_loopback:
        message += f", or log in with `gh auth login --hostname {site.authority}`"
    if others := [name for name in _CLOUD + _ENTERPRISE if name not in looked_at and environ.get(name, "").strip()]:
        message += f" ({' and '.join(others)} set, but never sent to this host)"
    return message
