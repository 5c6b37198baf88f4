"""Where the files are that travel with the harness: in the wheel beside this module, in a checkout at its root."""

from __future__ import annotations

from pathlib import Path


def _root() -> Path:
    installed = Path(__file__).with_name("_data")
    return installed if installed.is_dir() else Path(__file__).resolve().parents[3]


def contract_path() -> Path:
    """Tell where the contract is: the OpenAPI file that the client was generated from.

    Returns:
        The path of ``openapi.yaml``, an OpenAPI 3.0 document that refers to no other file.
    """
    return _root() / "openapi" / "openapi.yaml"


def node_package() -> Path:
    """Tell which folder holds the ``package.json`` and ``package-lock.json`` of the Node tools."""
    return _root()
