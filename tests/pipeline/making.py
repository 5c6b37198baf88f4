"""What takes most of the time of a command, done in less: nothing is started, compiled twice or formatted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import Mock

import pytest
from jinja2 import FileSystemBytecodeCache
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from pipeline import client, documents, linting, node
from pipeline.layout import Layout


def replace(patch: pytest.MonkeyPatch, cache: Path) -> None:
    """Let the commands generate clients in this process, without ruff and without linting the contract.

    Args:
        patch: Undoes it.
        cache: A folder for compiled templates.
    """
    cache.mkdir(exist_ok=True)
    compiled = FileSystemBytecodeCache(str(cache))

    def generate(contract: Path, output: Path, inputs: Layout) -> None:
        settings = ConfigFile.load_from_path(inputs.generator_config).model_copy(update={"post_hooks": []})
        config = Config.from_sources(settings, MetaType.NONE, contract, "utf-8", overwrite=False, output_path=output)
        data = GeneratorData.from_dict(documents.load(contract), config=config)
        assert isinstance(data, GeneratorData)
        project = Project(openapi=data, config=config, custom_template_path=inputs.templates)
        project.env.bytecode_cache = compiled
        assert not project.build()

    patch.setattr(client, "make", generate)
    patch.setattr(linting, "lint", Mock())


class Redocly:
    """Runs redocly's commands in one process, because starting it takes most of their time."""

    def __enter__(self) -> Self:
        executable, script = node._tool("redocly")
        cli = Path(script).parents[1] / "lib" / "index.js"
        argv = [executable, str(Path(__file__).with_name("redocly.mjs")), str(cli)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, *arguments: str) -> str:
        """Run one command, as `node.run_redocly`."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        return str(json.loads(self._process.stdout.readline()))
