"""What a new machine runs at its first boot to become a self-hosted runner of an organization."""

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
"""The token has to be good until the machine is up."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the user data.

    Returns:
        The exit status: 75 if it is worth trying again later.
    """
    parser = argparse.ArgumentParser(prog="runner-boot", description=__doc__)
    parser.add_argument("org")
    parser.add_argument("--labels", default="")
    parser.add_argument("--patience", type=float, default=0.0, metavar="SECONDS", help="how long to wait for GitHub")
    options = parser.parse_args(arguments)
    try:
        with rr.Client(max_wait=options.patience) as client:
            token = client.registration_token(options.org, min_valid=BOOT_TAKES)
    except rr.RateLimitError as error:
        print(f"runner-boot: try again in {error.retry_after:.0f} s", file=sys.stderr)
        return TRY_AGAIN
    except (rr.APIConnectionError, rr.InternalServerError) as error:
        print(f"runner-boot: try again later: {error}", file=sys.stderr)
        return TRY_AGAIN
    except rr.RunnerRegistrationError as error:
        print(f"runner-boot: {error}", file=sys.stderr)
        return 1
    print(user_data(options.org, token.token, options.labels), end="")
    return 0


def user_data(org: str, token: str, labels: str = "") -> str:
    """Write a script for cloud-init, which runs it at the first boot."""
    config = ["./config.sh", "--unattended", "--ephemeral", "--url", f"https://github.com/{org}", "--token", token]
    config += ["--labels", labels] if labels else []
    return f"#!/bin/sh\ncd /opt/actions-runner\n{shlex.join(config)}\n./run.sh\n"
