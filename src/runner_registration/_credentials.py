"""Finding the credential for a host.

A credential that is sent to the wrong host is the worst bug that this package could have.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from runner_registration import _hosts
from runner_registration._constants import QUOTES
from runner_registration._errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias, TypeGuard

    import httpx

    from runner_registration._github_app import GitHubApp

    Credential: TypeAlias = "str | Callable[[], str] | httpx.Auth | GitHubApp"

_CLOUD = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")

_APP_IDS = ("GITHUB_APP_CLIENT_ID", "GITHUB_APP_ID")
_APP_KEY_PATH = "GITHUB_APP_PRIVATE_KEY_PATH"
_APP_KEYS = ("GITHUB_APP_PRIVATE_KEY", _APP_KEY_PATH)
_APP_INSTALLATION = "GITHUB_APP_INSTALLATION_ID"
_APP = (*_APP_IDS, *_APP_KEYS, _APP_INSTALLATION)

_LONGEST_ID = 18
"""Digits. Python does not read a number of thousands of them."""

_GH_SECONDS = 10.0
"""How long ``gh`` may take. With a locked keyring it can wait forever."""


def resolve_credential(
    credential: Credential | None,
    *,
    base_url: str,
    allow_http: bool,
    environ: Mapping[str, str],
) -> Credential:
    """Return the credential to send to this API.

    Args:
        credential: The caller's own, which may be sent to any API. None: look in the environment, then run ``gh``.
        base_url: A URL that `runner_registration._hosts.resolve_base_url` returned.
        allow_http: Whether a credential may be sent to another machine over plain http.
        environ: The environment.

    Returns:
        A string that can be sent in a header, or the caller's callable, ``httpx.Auth`` or ``GitHubApp``.

    Raises:
        CredentialError: There is no credential, or it cannot or must not be sent.
        TypeError: The credential is of a type that cannot be used, or ``allow_http`` is not a bool.
    """
    if type(allow_http) is not bool:  # a string such as "false", read from a variable, is true
        raise TypeError(f"allow_http must be True or False, not {type(allow_http).__name__}")
    origin = _hosts.origin_of(base_url)
    if origin.scheme != "https" and not origin.is_loopback and not allow_http:
        raise CredentialError(
            f"No credential is sent to {origin.authority} over plain http, because others could read it on the way. "
            "Use https, or allow_http (--allow-http) if you trust the whole network path."
        )
    if isinstance(credential, str):
        return clean(credential)
    if credential is not None:
        if not callable(credential) and not hasattr(credential, "auth_flow") and not is_app(credential):
            kind = type(credential).__name__
            credential = None  # tools that report errors show the variables of this frame
            raise TypeError(
                f"credential must be a string, a callable that returns one, an httpx.Auth or a GitHubApp, not {kind}"
            )
        return credential
    app = _app_from_environment(origin, environ)
    if app is not None:
        return app
    found = _from_environment(origin, environ)
    problem = ""
    if found is None:
        found, problem = _from_gh(_hosts.web_origin(base_url), environ)
    if found is None:
        raise CredentialError(_not_found(origin, _hosts.web_origin(base_url), environ) + problem)
    return found


def is_app(credential: object) -> TypeGuard[GitHubApp]:
    """Tell whether a credential is a GitHub App. Those who do not use one do not import it."""
    module = sys.modules.get("runner_registration._github_app")
    return module is not None and isinstance(credential, module.GitHubApp)


def clean(value: object, source: str = "The credential") -> str:
    """Strip white space from the ends of a credential, as files and command output end with a line break.

    Raises:
        CredentialError: The rest cannot be a credential. The message calls it ``source`` and does not show it.
    """
    if not isinstance(value, str):
        raise CredentialError(f"{source} is {type(value).__name__}, not a string.")
    value = value.strip()
    if not value:
        raise CredentialError(f"{source} is empty.")
    if value.startswith(QUOTES) or value.endswith(QUOTES):
        raise CredentialError(f"{source} has quotes around it. Remove them: `docker run --env-file` keeps them.")
    if value.lower().startswith(("bearer ", "token ", "basic ")):
        raise CredentialError(f"{source} starts with the name of an authentication scheme. Pass the token alone.")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise CredentialError(
            f"{source} contains white space, control characters or non-ASCII characters. Pass the token alone."
        )
    return value


def variables_for(origin: _hosts.Origin, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables whose credentials are meant for a host. The first one that is set is used.

    These are the rules of ``gh`` (https://cli.github.com/manual/gh_help_environment), with one addition: in a job of
    GitHub Actions, ``GITHUB_TOKEN`` is the credential for the server that ``GITHUB_API_URL`` names.
    """
    if origin.is_github or environ.get(_hosts.OVERRIDE, "").strip():  # the override is a loopback address
        return _CLOUD
    if origin == _actions_origin(environ):
        return _CLOUD + _ENTERPRISE
    return _CLOUD if origin.is_loopback else _ENTERPRISE


def _actions_origin(environ: Mapping[str, str]) -> _hosts.Origin | None:
    try:
        return _hosts.origin_of(_hosts.resolve_base_url(environ.get("GITHUB_API_URL", ""), environ))
    except ValueError:  # it is empty or not valid, so it does not name any host
        return None


def _app_from_environment(origin: _hosts.Origin, environ: Mapping[str, str]) -> GitHubApp | None:
    """Return the GitHub App that the environment configures for a host, if there is one.

    Raises:
        CredentialError: Only a part of it is configured. No other credential is used in its place.
    """
    # `docker run --env-file` keeps quotes.
    set_ = {name: value for name in _APP if (value := environ.get(name, "").strip().strip("".join(QUOTES)).strip())}
    if not set_ or not set(_CLOUD) <= set(variables_for(origin, environ)):
        return None
    id_ = next((name for name in _APP_IDS if name in set_), None)
    key = next((name for name in _APP_KEYS if name in set_), None)
    missing = [" or ".join(names) for names, found in ((_APP_IDS, id_), (_APP_KEYS, key)) if found is None]
    if missing:
        raise CredentialError(
            f"The GitHub App is only half configured. Missing: {' and '.join(missing)}. Found: {' and '.join(set_)}. "
            "Set what is missing, or remove the rest to use another credential."
        )
    installation = installation_id(set_[_APP_INSTALLATION]) if _APP_INSTALLATION in set_ else None
    if _APP_INSTALLATION in set_ and installation is None:
        raise CredentialError(f"{_APP_INSTALLATION} must be the number at the end of the installation's URL.")

    from pathlib import Path

    from runner_registration._github_app import GitHubApp, checked_client_id
    from runner_registration._private_keys import KeyInVariable, normalize

    assert id_ is not None  # noqa: S101 - checked above
    assert key is not None  # noqa: S101 - checked above
    private_key = KeyInVariable(key, Path(set_[key]) if key == _APP_KEY_PATH else set_[key])
    normalize(private_key(), private_key.name)
    return GitHubApp(
        checked_client_id(set_[id_], f"client ID in {id_}"),
        private_key,
        installation_id=installation,
    )


def installation_id(text: str) -> int | None:
    """Read the number of an installation; None if it is not one."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
    return (int(text) or None) if is_number else None


def _from_environment(origin: _hosts.Origin, environ: Mapping[str, str]) -> str | None:
    for name in variables_for(origin, environ):
        if value := environ.get(name, "").strip():
            return clean(value, f"The credential in {name}")
    return None


def _from_gh(site: _hosts.Origin, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """Run ``gh auth token`` for exactly this host.

    Source: https://cli.github.com/manual/gh_auth_token

    Returns:
        The credential, or None and the problem that ``gh`` had, as a sentence for the error message. A ``gh`` that is
        not installed or not logged in is not a problem.
    """
    import shutil  # here, because most credentials are found without another program
    import subprocess
    from pathlib import Path

    gh = shutil.which("gh", path=environ.get("PATH", os.defpath))
    # A relative path is a `gh` in the working directory. Anyone may have put it there.
    if gh is None or not Path(gh).is_absolute() or not _gh_distinguishes(site):
        return None, ""
    # gh prefers variables to what it has stored, by rules that are not ours. So it gets none of them.
    without_variables = {name: value for name, value in environ.items() if name not in _CLOUD + _ENTERPRISE}
    try:
        result = subprocess.run(  # noqa: S603 - no shell, and the host has passed the grammar of _hosts
            [gh, "auth", "token", "--hostname", site.authority],
            env=without_variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="ascii",
            errors="replace",
            timeout=_GH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f" `gh auth token` did not finish within {_GH_SECONDS:g} s. Its keyring may be locked."
    except OSError as error:
        return None, f" `gh` cannot be run: {error.strerror}."
    if result.returncode:
        return None, _gh_problem(result.returncode, result.stderr)
    if not result.stdout.strip():
        return None, " `gh auth token` printed nothing."
    return clean(result.stdout, "The credential from `gh auth token`"), ""


def _gh_problem(status: int, stderr: str) -> str:
    from runner_registration._redaction import Secrets, one_line

    if "no oauth token" in stderr:
        return ""
    line = next((line for line in stderr.splitlines() if line.strip()), "")
    text = one_line(line, Secrets(), 200).rstrip(".")
    reason = f"was stopped by signal {-status}" if status < 0 else f"failed with exit status {status}"
    return f" `gh auth token` {reason}{text and ': '}{text}."


def _gh_distinguishes(site: _hosts.Origin) -> bool:
    """Whether ``gh`` distinguishes this host from others.

    It treats any name under github.com as github.com, under localhost as github.localhost, and under a tenant of
    ghe.com as that tenant: go-gh's ``NormalizeHostname``.
    """
    tenant = site.host.removesuffix(".ghe.com")
    nested = tenant != site.host and "." in tenant
    return not (site.is_loopback or nested or site.host.endswith((".github.com", ".localhost")))


def _not_found(origin: _hosts.Origin, site: _hosts.Origin, environ: Mapping[str, str]) -> str:
    names = variables_for(origin, environ)
    message = f"No credential for {origin.authority}. Set {', '.join(names[:-1])} or {names[-1]}"
    message += "." if origin.is_loopback else f", or log in with `gh auth login --hostname {site.authority}`."
    if others := [name for name in _CLOUD + _ENTERPRISE if name not in names and environ.get(name, "").strip()]:
        subject = "is set, but is" if len(others) == 1 else "are set, but are"
        message += f" {' and '.join(others)} {subject} never sent to this host."
    return message
