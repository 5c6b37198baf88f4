"""What is read in the benchmark is what GitHub may send, and leaves nothing out."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from bench import bodies
from bench.environments import CONTRACT

CONTRACT_ITSELF = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
# GitHub's own words, with the values that an enum may have: some of the peers take no other.
SLICE = yaml.safe_load(CONTRACT.with_name("slice.yaml").read_text(encoding="utf-8"))
COUNT = 20


@pytest.fixture(scope="module")
def answer() -> Any:
    return json.loads(bodies.full(CONTRACT_ITSELF, COUNT))


@pytest.mark.parametrize("document", [CONTRACT_ITSELF, SLICE], ids=["contract", "slice"])
def test_it_is_an_answer_of_github(answer: Any, document: dict[str, Any]) -> None:
    rooted = {"$ref": "#/components/schemas/authentication-token", "components": document["components"]}
    validator = OAS30Validator(rooted, format_checker=OAS30Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(answer)] == []


def test_every_property_is_used(answer: Any) -> None:
    schemas = CONTRACT_ITSELF["components"]["schemas"]
    assert set(answer) == set(schemas["authentication-token"]["properties"])
    assert len(answer["repositories"]) == COUNT
    for repository in answer["repositories"]:
        properties = schemas["repository"]["properties"]
        assert set(repository) == set(properties)
        assert None not in repository.values()
        assert set(repository["permissions"]) == set(properties["permissions"]["properties"])
        for name, schema in (("owner", "simple-user"), ("license", "nullable-license-simple")):
            assert set(repository[name]) == set(schemas[schema]["properties"])


def test_the_repositories_are_the_same_each_time_and_different_from_each_other(answer: Any) -> None:
    assert json.loads(bodies.full(CONTRACT_ITSELF, COUNT)) == answer
    for name in ("id", "full_name", "git_url", "pushed_at"):
        assert len({repository[name] for repository in answer["repositories"]}) == COUNT
