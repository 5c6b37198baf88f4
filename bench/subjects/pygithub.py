"""PyGithub. It has no asyncio."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from bench.bodies import ORG

NAME = DISTRIBUTION = "PyGithub"
IMPORT = "import github"
# Lazy, as it asks for the organization first otherwise.
FIRST_CALL = f"""
import sys, github
with github.Github(auth=github.Auth.Token("secret"), base_url=sys.argv[1], lazy=True) as client:
    client.get_organization("{ORG}").create_self_hosted_runner_registration_token().token
"""


def call(url: str) -> Callable[[], Any]:
    """Ask for a token, without the second that it pauses between two of them."""
    github: Any = import_module("github")
    auth = github.Auth.Token("secret")
    pauses = {"seconds_between_requests": None, "seconds_between_writes": None}
    client = github.Github(auth=auth, base_url=url, lazy=True, **pauses)
    organization = client.get_organization(ORG)
    create: Callable[[], Any] = organization.create_self_hosted_runner_registration_token
    return create


def read(body: bytes) -> Callable[[], Any]:
    """Read the repositories. Its token knows none of them, so they are read as those of any other answer are."""
    github: Any = import_module("github")
    requester = github.Github().requester
    repository: Any = import_module("github.Repository").Repository
    return lambda: [repository(requester, {}, item) for item in json.loads(body)["repositories"]]
