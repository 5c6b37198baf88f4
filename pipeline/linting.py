"""Two opinions on the contract: redocly's, with bad examples as errors, and openapi-spec-validator's."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from . import documents
from .node import run_redocly
from .stages import StageError

# The rest of redocly's rules is taste, and the words are GitHub's.
_RULES = {
    "struct": "error",
    "no-unresolved-refs": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
    "no-unused-components": "error",
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
        report = run_redocly("lint", str(contract), "--config", str(config), "--format", "json", check=False)
    problems = [problem for problem in json.loads(report)["problems"] if problem["severity"] == "error"]
    if problems:
        first = problems[0]
        where = first.get("location", [{}])[0].get("pointer", "")
        raise StageError(f"redocly: {len(problems)} problem(s), first {first['ruleId']} at {where}: {first['message']}")
    try:
        validate(documents.load(contract))
    except OpenAPIValidationError as error:
        raise StageError(f"openapi-spec-validator: {error.message}") from error
