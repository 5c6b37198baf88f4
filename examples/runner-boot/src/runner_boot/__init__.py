"""Print what new machines run at their first boot to become self-hosted runners of an organization."""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import runner_registration as rr

if TYPE_CHECKING:
    from collections.abc import Sequence

TRY_AGAIN = 75  # EX_TEMPFAIL

BOOT_TAKES = timedelta(minutes=20)
"""The token has to be valid until the machine is up."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the user data of one machine for each organization named.

    Returns:
        The exit code: 0, or that of the last organization that failed. 75 means that it is worth trying again later.
    """
    parser = argparse.ArgumentParser(prog="runner-boot", description=__doc__)
    parser.add_argument("org", nargs="+")
    parser.add_argument("--labels", default="")
    parser.add_argument("--patience", type=float, default=0.0, metavar="SECONDS", help="how long to wait for GitHub")
    options = parser.parse_args(arguments)
    exit_code = 0
    with rr.Client(max_wait=options.patience) as client:
        for org in options.org:
            try:
                token = client.registration_token(org, min_valid=BOOT_TAKES)
            except rr.RunnerRegistrationError as error:
                exit_code = report(error)
            else:
                print(user_data(org, token.token, options.labels), end="")
    return exit_code


def report(error: rr.RunnerRegistrationError) -> int:
    """Print what to do about an error; return the exit code."""
    if isinstance(error, rr.RateLimitError):
        print(f"runner-boot: try again in {error.retry_after:.0f} s", file=sys.stderr)
        return TRY_AGAIN
    if isinstance(error, rr.APIConnectionError | rr.InternalServerError):
        print(f"runner-boot: try again later: {error}", file=sys.stderr)
        return TRY_AGAIN
    print(f"runner-boot: {error}", file=sys.stderr)
    return 1


def user_data(org: str, token: str, labels: str = "") -> str:
    """Write a script for cloud-init, which runs it at the first boot."""
    config = ["./config.sh", "--unattended", "--ephemeral", "--url", f"https://github.com/{org}", "--token", token]
    config += ["--labels", labels] if labels else []
    return f"#!/bin/sh\ncd /opt/actions-runner\n{shlex.join(config)}\n./run.sh\n"
