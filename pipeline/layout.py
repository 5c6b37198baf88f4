"""Where everything is: the one place that knows the project's folders and file names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = "runner_registration_api"


@dataclass(frozen=True)
class Layout:
    """The files of the flow, below one folder."""

    root: Path

    @property
    def operations(self) -> Path:
        """The list of GitHub's operationIds."""
        return self.root / "openapi" / "operations.txt"

    @property
    def slice(self) -> Path:
        """GitHub's words: the operations and all they refer to."""
        return self.root / "openapi" / "slice.yaml"

    @property
    def overlay(self) -> Path:
        """Ours: what GitHub says only in prose."""
        return self.root / "openapi" / "overlay.yaml"

    @property
    def contract(self) -> Path:
        """The source of truth."""
        return self.root / "openapi" / "openapi.yaml"

    @property
    def provenance(self) -> Path:
        """What all of it was made from."""
        return self.root / "openapi" / "provenance.json"

    @property
    def client(self) -> Path:
        """The generated package."""
        return self.root / "generated" / PACKAGE

    @property
    def generator_config(self) -> Path:
        """The generator's settings."""
        return self.root / "generator-config.yaml"

    @property
    def package_lock(self) -> Path:
        """The versions and hashes of the Node tools."""
        return self.root / "package-lock.json"

    @property
    def requirements(self) -> Path:
        """The locked requirements, one file a dependency group, and what the wheel itself brings."""
        return self.root / "requirements"

    @property
    def news(self) -> Path:
        """What the next release says, one change a file."""
        return self.root / "changes"

    @property
    def templates(self) -> Path:
        """The generator's templates that are overridden."""
        return self.root / "templates"


HERE = Layout(Path(__file__).resolve().parents[1])
