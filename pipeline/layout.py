"""The project's folders and file names, all in one place."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PACKAGE = "runner_registration_api"


class Part(NamedTuple):
    """One list of operations, and what is made from it.

    Attributes:
        operations: The list of GitHub's operationIds.
        slice: GitHub's own text: the operations and everything they refer to.
        contract: The slice, normalised, with the overlay applied.
    """

    operations: Path
    slice: Path
    contract: Path

    @classmethod
    def below(cls, folder: Path) -> Part:
        """Return the part that a folder holds."""
        return cls(folder / "operations.txt", folder / "slice.yaml", folder / "openapi.yaml")


class Layout:
    """The files of the flow, below one folder.

    Attributes:
        client: The generated package.
        app: The requests with which a GitHub App signs in. No client is generated from this part.
        released: The slice of the last release. It exists while it differs from the current slice.
        accepted_breaks: The breaking changes since the last release that are known, each with its reason.
        news: One file for each change that the next release announces.
        requirements: The lock files of the Python packages.
        package_lock: The lock file of the Node packages.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.operations, self.slice, self.contract = Part.below(root / "openapi")
        self.app = Part.below(root / "openapi" / "app")
        self.released = root / "openapi" / "released-slice.yaml"
        self.accepted_breaks = root / "openapi" / "accepted-breaks.toml"
        self.overlay = root / "openapi" / "overlay.yaml"
        self.provenance = root / "openapi" / "provenance.json"
        self.client = root / "generated" / PACKAGE
        self.generator_config = root / "generator-config.yaml"
        self.templates = root / "templates"
        self.package_lock = root / "package-lock.json"
        self.requirements = root / "requirements"
        self.news = root / "changes"

    @property
    def parts(self) -> tuple[Part, Part]:
        """The part from which the client is generated, and the app's."""
        return Part(self.operations, self.slice, self.contract), self.app


HERE = Layout(Path(__file__).resolve().parents[1])
