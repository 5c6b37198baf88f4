"""Checks the name of an organization before anything is sent."""

from __future__ import annotations

from runner_registration._constants import QUOTES
from runner_registration._errors import InvalidOrganizationError

_LONGEST_NAME = 100
"""Names are not longer than 39 characters today. This bound keeps a name from making the URL too long."""

_LONGEST_SHOWN = 39
_SHORTEST_CREDENTIAL = 16
"""What follows the prefix of a credential is longer than that; what follows ``ghs_`` in a name is not."""

_CREDENTIALS = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")


def check_organization(org: object) -> None:
    """Refuse a name that no organization can have.

    Names are ASCII letters, digits and hyphens, on GitHub Enterprise Server too; managed users add underscores. Where a
    hyphen may be has changed over the years, so the server decides that.
    Source: https://docs.github.com/en/enterprise-server@3.14/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication

    Raises:
        InvalidOrganizationError: It is not a string, or not such a name.
    """
    if not isinstance(org, str) or not _is_name(org) or ("_" in org and _has_credential(org)):
        raise InvalidOrganizationError(_problem(org))


def _is_name(text: str) -> bool:
    # Not a regular expression: compiling one would slow down the import for every user.
    return text.isascii() and text.replace("-", "").replace("_", "").isalnum() and len(text) <= _LONGEST_NAME


def _has_credential(text: str) -> bool:
    parts = (text.lower().partition(prefix)[2] for prefix in _CREDENTIALS)
    return any(len(part) >= _SHORTEST_CREDENTIAL for part in parts)


def _problem(org: object) -> str:
    """Return one line that says what is wrong with a name and what to pass instead."""
    if not isinstance(org, str):
        what = "None" if org is None else type(org).__name__
        return (
            f"The organization's name is {what}, not a string. Pass a name such as 'octo-org'. "
            "If it comes from a setting or an environment variable, check that it is set."
        )
    if not org.strip():
        return "The organization's name is empty. Pass a name such as 'octo-org'."
    if _has_credential(org):
        return "The organization's name contains a credential. Pass the name alone, and the credential separately."
    bare = org.strip().strip("".join(QUOTES)).strip().removeprefix("@")
    if "/" in bare or ":" in bare or "@" in bare:  # not shown, as a URL may contain a password
        return "The organization's name is a URL, an address or a path. Pass the name alone, such as 'octo-org'."
    problem = f"{org!r} is not a valid organization name."
    if len(org) > _LONGEST_SHOWN:
        problem = f"The organization's name is not valid: it has {len(org)} characters."
    elif bare != org and _is_name(bare):
        problem += f" Pass {bare!r}, without quotes, white space or @."
        quoted = org.strip().startswith(QUOTES)
        return f"{problem} `docker run --env-file` does not remove quotes." if quoted else problem
    return f"{problem} Names are ASCII letters, digits, hyphens and underscores, at most 39 of them."
