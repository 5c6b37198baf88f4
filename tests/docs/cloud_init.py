"""The `cloud-init` command: the machine's own, or Debian's package, unpacked and not installed.

Installed, it would configure the machine that it is on at the next boot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def check(user_data: Path, folder: Path) -> None:
    """Fail if the user data is not valid; `folder` is for the package.

    Raises:
        FileNotFoundError: cloud-init is not installed and cannot be downloaded.
    """
    environment = dict(os.environ)
    command = ["cloud-init"]
    if not shutil.which("cloud-init"):
        command = [sys.executable, "-m", "cloudinit.cmd.main"]
        environment["PYTHONPATH"] = str(_unpacked(folder) / "usr/lib/python3/dist-packages")
    command += ["schema", "--config-file", str(user_data)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    assert "Valid" in done.stdout


def _unpacked(folder: Path) -> Path:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise FileNotFoundError("cloud-init is needed: install it, or run this where apt-get can download it")
    done = subprocess.run(
        ["apt-get", "download", "cloud-init"], cwd=folder, capture_output=True, text=True, check=False
    )
    packages = list(folder.glob("cloud-init_*.deb"))
    if not packages:
        reason = (done.stderr.strip().splitlines() or ["no package came"])[-1]
        raise FileNotFoundError(f"cloud-init is needed, and apt-get cannot download it, try apt-get update: {reason}")
    subprocess.run(["dpkg-deb", "--extract", packages[0], folder / "cloud-init"], check=True)
    return folder / "cloud-init"
