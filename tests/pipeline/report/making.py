"""Sides of a comparison, made without what takes long: a process of its own, a slow reader of YAML, ruff."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import openapi_python_client
from openapi_python_client.config import Config, ConfigFile, MetaType

from pipeline import documents
from pipeline.documents import Document
from pipeline.layout import HERE, Layout
from pipeline.report import sides
from pipeline.report.sides import Side


def generate(contract: Path, output: Path, inputs: Layout) -> None:
    """As `client.make`, but the text is left unformatted."""
    settings = ConfigFile.load_from_path(inputs.generator_config).model_copy(update={"post_hooks": []})
    document = contract.with_suffix(".json")
    document.write_text(json.dumps(documents.load(contract)), encoding="utf-8")
    config = Config.from_sources(settings, MetaType.NONE, document, "utf-8", overwrite=False, output_path=output)
    with contextlib.redirect_stdout(io.StringIO()):
        problems = openapi_python_client.generate(config=config, custom_template_path=inputs.templates)
    assert not problems


def make(slice_: Document, folder: Path) -> Side:
    """One side."""
    return sides.make(slice_, folder, HERE, generate)
