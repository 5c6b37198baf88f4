"""`python -m runner_boot`."""

import sys

from runner_boot import main

sys.exit(main())
