"""Check contracts with two linters: redocly, which also reports bad examples as errors, and openapi-spec-validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import ValidatorDetectError
from referencing.exceptions import Unresolvable

from . import documents
from .documents import Document
from .node import run_redocly
from .stages import StageError

# GitHub's examples can have more fields than their schemas, as its responses can.
_EXAMPLES = {"severity": "error", "allowAdditionalProperties": True}

# Redocly's other rules are a matter of style, and the text is GitHub's.
_RULES: dict[str, object] = {
    "struct": "error",
    "no-unresolved-refs": "error",
    "no-invalid-media-type-examples": _EXAMPLES,
    "no-invalid-parameter-examples": _EXAMPLES,
    "no-ambiguous-paths": "error",
    "no-identical-paths": "error",
    "operation-operationId": "error",
    "operation-operationId-unique": "error",
    "operation-2xx-response": "error",
    "path-parameters-defined": "error",
    "path-declaration-must-exist": "error",
    "security-defined": "error",
    "spec-components-invalid-map-name": "error",
    "spec-strict-refs": "error",
}


def lint(*contracts: Path) -> None:
    """Check the contracts.

    Raises:
        StageError: A contract has problems. The message names each of them and where it is.
    """
    problems = list(_redocly_problems(contracts))
    for contract in contracts:
        problems += _validator_problems(documents.load(contract))
    if problems:
        raise StageError("; ".join(problems))


def validate(document: Document) -> None:
    """Check that the document is valid OpenAPI.

    Raises:
        StageError: It is not. The message names each problem and where it is.
    """
    if problems := list(_validator_problems(document)):
        raise StageError("; ".join(problems))


def _redocly_problems(contracts: tuple[Path, ...]) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        config = Path(folder, "redocly.yaml")
        config.write_text(json.dumps({"rules": _RULES}), encoding="utf-8")
        try:
            run_redocly(
                "lint", *map(str, contracts), "--config", str(config), "--format", "json", "--max-problems=1000"
            )
        except StageError as error:
            problems = _parsed(error.output)
            if not problems:
                raise
            yield from problems


def _parsed(output: str) -> list[str]:
    """Return the errors that redocly reports, or nothing if it reports none."""
    try:
        # Redocly prints one JSON document for each file.
        reports = json.loads("[" + output.replace("\n}{", "\n},{") + "]")
    except ValueError:
        return []
    errors = [problem for report in reports for problem in report["problems"] if problem["severity"] == "error"]
    # An example that two media types share is reported for each of them.
    return list(dict.fromkeys(map(_described, errors)))


def _described(error: dict[str, Any]) -> str:
    pointers = [location.get("pointer", "#/") for location in error.get("location", [])] or ["#/"]
    return f"redocly: {error['ruleId']} at {pointers[0]}: {error['message']}"


def _validator_problems(document: Document) -> Iterator[str]:
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        yield "not an OpenAPI 3 description"
        return
    try:
        validator = get_validator_cls(document)(document)
        # The validator's other checks fail on a document with the wrong structure.
        for error in list(validator.schema_validator.iter_errors(document)) or validator.iter_errors():
            yield f"openapi-spec-validator: {error.json_path}: {error.message}"
    except (ValidatorDetectError, Unresolvable) as error:
        yield f"openapi-spec-validator: {error or type(error).__name__}"
