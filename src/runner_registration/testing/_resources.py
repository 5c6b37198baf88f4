"""The files that the harness needs: in the wheel next to this module, in a checkout at its root."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

_CONTRACT = "openapi/openapi.yaml"
_FILES = (_CONTRACT, "package.json", "package-lock.json")


@cache
def _root() -> Path:
    """The folder that has the files.

    Raises:
        FileNotFoundError: This installation does not have them.
    """
    packed = resources.files("runner_registration.testing") / "_data"
    if isinstance(packed, Path) and packed.is_dir():
        return packed
    if packed.is_dir():  # in a zip file
        folder = Path(tempfile.mkdtemp(prefix="runner-registration-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for name in _FILES:
            copy = folder / name
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(packed.joinpath(*name.split("/")).read_bytes())
        return folder
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "src/runner_registration/testing").is_dir() and (checkout / _CONTRACT).is_file():
        return checkout
    raise FileNotFoundError(
        "this installation of runner-registration has no OpenAPI contract: install it from a wheel. With PyInstaller, "
        "add --collect-data runner_registration"
    )


def contract_path() -> Path:
    """Return the path of the contract: the OpenAPI file that the client was generated from.

    Where the package is in a zip file, this is a temporary copy, for as long as the process lives.

    Returns:
        The path of ``openapi.yaml``, an OpenAPI 3.0 document that refers to no other file.

    Raises:
        FileNotFoundError: This installation does not have it.
    """
    return _root() / _CONTRACT


def node_package() -> Path:
    """Return the folder of the ``package.json`` and ``package-lock.json`` of the Node tools.

    Raises:
        FileNotFoundError: This installation does not have it.
    """
    return _root()
