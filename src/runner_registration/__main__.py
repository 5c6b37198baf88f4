"""``python -m runner_registration``: the same as ``runner-registration``."""

import sys

from runner_registration._cli import main

if __name__ == "__main__":
    sys.exit(main())
