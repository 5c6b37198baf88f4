"""What it ran on: neither a path nor the machine's own name."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Name the machine."""
    return {
        "cpu": _cpu(cpuinfo),
        "cores": str(os.cpu_count()),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _cpu(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
