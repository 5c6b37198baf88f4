"""`nox -s docs`: build the documentation site, with warnings as errors, and check its links. `--serve` shows it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_ADDRESS = "127.0.0.1:8000"
_SITE = Path("site").absolute()
# In these files, links are checked as GitHub displays them.
_SOURCES = ["README.md", "CONTRIBUTING.md", "docs/**/*.md"]


def main(arguments: Sequence[str]) -> int:
    """Build and check, or serve. Return the exit status of the tool that failed, or 0."""
    parser = argparse.ArgumentParser(prog="docs")
    parser.add_argument(
        "--serve", nargs="?", const=_ADDRESS, metavar="IP:PORT", help=f"serve the site; default: {_ADDRESS}"
    )
    address = parser.parse_args(arguments).serve
    if address:
        return _run("zensical", "serve", "--dev-addr", address)
    return _run("zensical", "build", "--strict", "--clean") or _check_links()


def _check_links() -> int:
    """Check links between pages, including anchors. Links to other sites are not followed."""
    return _run(
        *("lychee", "--no-progress", "--offline", "--include-fragments", "--index-files", "index.html"),
        *("--root-dir", str(_SITE), f"{_SITE}/**/*.html", *_SOURCES),
    )


def _run(*command: str) -> int:
    # mkdocstrings reads src/ and generated/ without importing them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
