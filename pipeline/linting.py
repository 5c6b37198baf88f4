"""Two opinions on the contract: redocly's, with bad examples as errors, and openapi-spec-validator's."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError, ValidatorDetectError
from referencing.exceptions import Unresolvable

from . import documents
from .documents import Document
from .node import run_redocly
from .stages import StageError

# The rest of redocly's rules is taste, and the words are GitHub's.
_RULES = {
    "struct": "error",
    "no-unresolved-refs": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
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


def lint(contract: Path) -> None:
    """Check the contract.

    Raises:
        StageError: With the first thing that is wrong, and where.
    """
    with TemporaryDirectory() as folder:
        config = Path(folder, "redocly.yaml")
        config.write_text(json.dumps({"rules": _RULES}), encoding="utf-8")
        try:
            run_redocly("lint", str(contract), "--config", str(config), "--format", "json")
        except StageError as error:
            raise StageError(_verdict(error.output) or str(error)) from error
    validate(documents.load(contract))


def validate(document: Document) -> None:
    """Check that the document is OpenAPI.

    Raises:
        StageError: With what is wrong, and where.
    """
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise StageError("it is no OpenAPI 3 description")
    try:
        openapi_spec_validator.validate(document)
    except OpenAPIValidationError as error:
        raise StageError(f"openapi-spec-validator: {error.json_path}: {error.message}") from error
    except (ValidatorDetectError, Unresolvable) as error:
        raise StageError(f"openapi-spec-validator: {error or type(error).__name__}") from error


def _verdict(report: str) -> str:
    """What redocly found, where it came so far."""
    try:
        errors = [problem for problem in json.loads(report)["problems"] if problem["severity"] == "error"]
        first = errors[0]
        where = first.get("location", [{}])[0].get("pointer", "")
    except (ValueError, LookupError):
        return ""
    return f"redocly: {len(errors)} problem(s), first {first['ruleId']} at {where}: {first['message']}"
