"""Which names of organizations are refused before anything is sent, and what the error says."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import runner_registration as rr
from runner_registration._organizations import check_organization
from tests.responses import CREDENTIAL


@pytest.mark.parametrize(
    "name",
    [
        "octo-org",
        "Octo-Org-2",
        "a" * 39,
        "octo_org",  # a managed user's name, and organizations of older servers
        "octo-",  # accounts made before 2013
        "octo--org",
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
        # Empty
        (" ", "is empty"),
        ("\n", "is empty"),
        # What shells, files and docker --env-file leave around a name
        ('"octo-org"', "Pass 'octo-org', without quotes.*--env-file"),
        ('"octo-org', "Pass 'octo-org', without quotes.*--env-file"),
        ('"octo-org "', "Pass 'octo-org', without quotes"),
        ("octo-org ", "Pass 'octo-org', without quotes, white space or @"),
        ("\ufeffocto-org", "ASCII"),
        # More than a name
        ("octo-org/hello-world", "is a URL, an address or a path"),
        ("https://github.com/octo-org", "is a URL, an address or a path"),
        ("https://octocat:hunter2@github.com/octo-org", "is a URL, an address or a path"),
        # Characters that no name has
        ("octo\norg", "ASCII letters"),
        ("\udcff", "ASCII letters"),  # undecodable bytes of an argument or a variable
        ("org-\u00e9", "ASCII letters"),
        # Names that look like another name, or are another one when case is ignored
        ("\u212aelvin", "ASCII letters"),
        # Length
        ("a" * 101, "it has 101 characters.*at most 39"),
        # A credential in the wrong place
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
