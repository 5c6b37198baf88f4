"""Bodies made from the contract's own examples."""

from __future__ import annotations

from typing import Any

from pipeline import documents
from runner_registration.testing import contract_path

CONTRACT = documents.load(contract_path())


def full(schema: dict[str, Any]) -> Any:
    """A value with every field that the schema has."""
    if "$ref" in schema:
        schema = CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object":
        return {name: full(value) for name, value in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [full(schema["items"])]
    if schema.get("format") == "date-time":
        return "2011-01-26T19:06:43Z"
    return schema.get("example", {"string": "text", "integer": 42, "boolean": True}[schema["type"]])
