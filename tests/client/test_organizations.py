"""Which names of organizations are refused before anything is sent, and what the error says."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import runner_registration as rr
from runner_registration._organizations import check_organization

CREDENTIAL = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.mark.parametrize(
    "name",
    [
        "octo-org",
        "Octo-Org-2",
        "7",
        "a" * 39,
        "octo_org",  # a managed user's name, and organizations of older servers
        "octo-",  # accounts made before 2013
        "octo--org",
        "-octo",
        "team-ghs_tools",
    ],
)
def test_accepts_names_that_organizations_have(name: str) -> None:
    check_organization(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        # Not a string
        (None, "is None, not a string.*check that it is set"),
        (b"octo-org", "is bytes, not a string"),
        (7, "is int, not a string"),
        (["octo-org"], "is list, not a string"),
        # Empty
        ("", "is empty"),
        (" ", "is empty"),
        ("\n", "is empty"),
        ("\u00a0\u2003", "is empty"),
        # What shells, files and docker --env-file leave around a name
        ('"octo-org"', "Pass 'octo-org', without quotes.*--env-file"),
        ("'octo-org'", "Pass 'octo-org', without quotes.*--env-file"),
        ('"octo-org', "Pass 'octo-org', without quotes.*--env-file"),
        ("`octo-org`", "Pass 'octo-org', without quotes"),
        ('"octo-org "', "Pass 'octo-org', without quotes"),
        ("octo-org ", "Pass 'octo-org', without quotes, white space or @"),
        ("\tocto-org", "Pass 'octo-org'"),
        ("octo-org\r\n", "Pass 'octo-org'"),
        ("\ufeffocto-org", "ASCII"),
        ("@octo-org", "Pass 'octo-org'"),
        ('"@octo-org"', "Pass 'octo-org'"),
        # More than a name
        ("octo-org/hello-world", "is a URL, an address or a path"),
        ("github.com/octo-org", "is a URL, an address or a path"),
        ("https://github.com/octo-org", "is a URL, an address or a path"),
        ("https://octocat:hunter2@github.com/octo-org", "is a URL, an address or a path"),
        ("git@github.com:octo-org", "is a URL, an address or a path"),
        ("octocat@example.com", "is a URL, an address or a path"),
        # Characters that no name has
        (".", "ASCII letters"),
        ("..", "ASCII letters"),
        ("octo.org", "ASCII letters"),
        ("octo org", "ASCII letters"),
        ("octo\norg", "ASCII letters"),
        ("octo\x00org", "ASCII letters"),
        ("octo\x7forg", "ASCII letters"),
        ("octo\u202eorg", "ASCII letters"),
        ("octo%2Forg", "ASCII letters"),
        ("octo-org?", "ASCII letters"),
        ("${ORG}", "ASCII letters"),
        ("-", "ASCII letters"),
        ('"', "ASCII letters"),
        ("\udcff", "ASCII letters"),  # undecodable bytes of an argument or a variable
        ("org-\u00e9", "ASCII letters"),
        ("\u0663", "ASCII letters"),
        # Names that look like another name, or are another one when case is ignored
        ("\u017fecret-org", "ASCII letters"),
        ("\u212aelvin", "ASCII letters"),
        ("stra\u00dfe", "ASCII letters"),
        ("\u043ecto-org", "ASCII letters"),
        # Length
        ("a" * 101, "it has 101 characters.*at most 39"),
        ("a" * 70_000, "it has 70000 characters"),
        ("\u00e9" * 70_000, "it has 70000 characters"),
        # A credential in the wrong place
        (CREDENTIAL, "contains a credential"),
        (f'"{CREDENTIAL}"', "contains a credential"),
        (f"octo-org {CREDENTIAL}", "contains a credential"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "contains a credential"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_refuses_any_other_name_and_says_what_to_pass(name: Any, message: str) -> None:
    with pytest.raises(rr.InvalidOrganizationError, match=f"(?i)organization.*{message}") as caught:
        check_organization(name)
    text = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert text.isprintable()
    assert text.endswith(".")
    assert len(text) < 250
    assert "hunter2" not in text
    assert CREDENTIAL not in text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text  # noqa: S301 - our own
