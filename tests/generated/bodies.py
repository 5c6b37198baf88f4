"""Bodies made from the contract's own examples."""

from __future__ import annotations

from typing import Any

from pipeline import documents
from runner_registration.testing import contract_path

CONTRACT = documents.load(contract_path())


def full(schema: dict[str, Any]) -> Any:
    """Return a value with every field of the schema."""
    return _value(schema, optional=True, null=False)


def least(schema: dict[str, Any]) -> Any:
    """Return a value with the required fields only, and null where that is allowed."""
    return _value(schema, optional=False, null=True)


def _value(schema: dict[str, Any], *, optional: bool, null: bool) -> Any:
    if "$ref" in schema:
        schema = CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if null and schema.get("nullable"):
        return None
    if schema.get("type") == "object":
        return {
            name: _value(value, optional=optional, null=null)
            for name, value in schema.get("properties", {}).items()
            if optional or name in schema.get("required", [])
        }
    if schema.get("type") == "array":
        return [_value(schema["items"], optional=optional, null=null)]
    if schema.get("format") == "date-time":
        return "2011-01-26T19:06:43Z"
    return schema.get("example", {"string": "text", "integer": 42, "boolean": True}[schema["type"]])
