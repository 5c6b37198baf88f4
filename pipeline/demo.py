"""`python -m pipeline.demo`: run the real command line against Prism, which serves the contract."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence

from runner_registration.testing import PrismError, PrismServer


def main(arguments: Sequence[str]) -> int:
    """Show a token, its expiry and the `config.sh` line. Exit with 1 and one line if Prism cannot be started."""
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--prism", default="auto", metavar="auto|docker|node|URL", help="how to start Prism")
    try:
        with PrismServer(mode=parser.parse_args(arguments).prism) as prism:
            print(f"{prism.description} serves the contract at {prism.url}\n")
            token = json.loads(_run("token", "octo-org", "--format", "json", "--base-url", prism.url))
            config = _run("token", "https://github.com/octo-org", "--format", "config", "--base-url", prism.url)
    except (PrismError, subprocess.CalledProcessError) as error:
        print(f"demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\ntoken       {token['token']}\nexpires at  {token['expires_at']}\nnext        {config}")
    print("This token is the example from GitHub's documentation. It registers nothing.")
    print('The mock server has been stopped. For one that stays, see "Test your own code" in README.md.')
    return 0


def _run(*arguments: str) -> str:
    # Prism accepts any credential. GitHub accepts one that may manage the organization's runners.
    print(f"$ GH_TOKEN=anything runner-registration {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "runner_registration", *arguments]
    done = subprocess.run(command, env={**os.environ, "GH_TOKEN": "anything"}, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
