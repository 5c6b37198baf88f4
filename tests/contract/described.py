"""The contract as test cases: every operation, every documented response, every named example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Any, cast, get_args, get_type_hints

from runner_registration_api import api

from pipeline import documents
from pipeline.normalising import METHODS
from runner_registration.testing import contract_path
from runner_registration.testing._samples import sample

CONTRACT = documents.load(contract_path())
JSON_TYPES = ("application/vnd.github+json", "application/json")


def resolved(node: dict[str, Any], document: dict[str, Any] = CONTRACT) -> dict[str, Any]:
    """Return the object that a reference leads to."""
    return documents.followed(document, node)


@dataclass(frozen=True)
class Described:
    """An operation in the contract and in the generated package."""

    name: str
    method: str
    path: str
    operation: dict[str, Any] = field(repr=False)

    @property
    def generated(self) -> api.Operation:
        """The operation in the generated package's list."""
        (found,) = [one for one in api.OPERATIONS if (one.method, one.path) == (self.method, self.path)]
        return found

    @property
    def module(self) -> ModuleType:
        """The generated module."""
        return import_module(self.generated.module, api.__name__)

    @property
    def arguments(self) -> dict[str, Any]:
        """A valid value for every required parameter."""
        parameters = [resolved(parameter) for parameter in self.operation.get("parameters", [])]
        values = {
            parameter["name"].replace("-", "_"): sample(parameter["schema"], resolved)
            for parameter in parameters
            if parameter.get("required")
        }
        if "requestBody" in self.operation:
            content = resolved(self.operation["requestBody"])["content"]
            (media,) = [content[name] for name in JSON_TYPES if name in content][:1]
            hint = get_type_hints(self.module.build_request, vars(self.module))["body"]
            (model,) = [kind for kind in get_args(hint) or (hint,) if hasattr(kind, "from_dict")][:1]
            values["body"] = model.from_dict(
                next(iter(_examples(media).values()), None) or sample(media["schema"], resolved)
            )
        return values

    @property
    def url(self) -> re.Pattern[str]:
        """A pattern for the path of a request."""
        return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(self.path)))


@dataclass(frozen=True)
class Case:
    """A documented response of an operation. `example` is None if it has no body."""

    described: Described
    status: int
    example: str | None
    body: Any = field(repr=False)

    def __str__(self) -> str:
        return f"{self.described.name}-{self.status}-{self.example}"

    @property
    def prefer(self) -> dict[str, str]:
        """The header that makes Prism send this response."""
        return {"Prefer": f"code={self.status}" + (f", example={self.example}" if self.example else "")}


def _examples(media: dict[str, Any]) -> dict[str, Any]:
    return {name: resolved(example).get("value") for name, example in media.get("examples", {}).items()}


def _operations() -> Iterator[Described]:
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield Described(operation["operationId"].replace("-", "_"), method.upper(), path, operation)


def _cases() -> Iterator[Case]:
    for described in OPERATIONS:
        for status, response in described.operation["responses"].items():
            content = resolved(response).get("content", {})
            media = next((content[name] for name in JSON_TYPES if name in content), dict[str, Any]())
            examples = _examples(media)
            if not examples:
                yield Case(described, int(status), None, None)
            for name, body in examples.items():
                yield Case(described, int(status), name, body)


OPERATIONS = list(_operations())
CASES = list(_cases())


def written(parsed: Any) -> Any:
    """Return what was read as JSON again."""
    if hasattr(parsed, "to_dict"):
        return parsed.to_dict()
    return None if parsed is None else [written(item) for item in parsed]


def same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal. Date-times are compared as instants, because their text can differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        one, other = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(left, list) and isinstance(right, list):
        items, others = cast("list[object]", left), cast("list[object]", right)
        return len(items) == len(others) and all(map(same, items, others))
    if isinstance(left, str) and isinstance(right, str) and left != right:
        try:
            return datetime.fromisoformat(left) == datetime.fromisoformat(right)
        except (ValueError, TypeError):
            return False
    return left == right and isinstance(left, bool) == isinstance(right, bool)
