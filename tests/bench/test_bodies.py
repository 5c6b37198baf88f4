"""The benchmark reads what GitHub may send, with every property."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from runner_registration_api.models import AuthenticationToken

from bench import bodies
from bench.environments import ROOT
from tests.testing.conftest import violations

SLICE, CONTRACT = (
    yaml.safe_load((ROOT / "openapi" / name).read_text("utf-8")) for name in ("slice.yaml", "openapi.yaml")
)
COUNT = 20


@pytest.fixture(scope="module")
def response() -> Any:
    return json.loads(bodies.full(SLICE, COUNT))


@pytest.mark.parametrize("document", [SLICE, CONTRACT], ids=["slice", "contract"])
def test_the_body_is_valid(response: Any, document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/authentication-token"}
    assert violations(schema, response, document["components"]) == []


def test_the_body_has_every_property(response: Any) -> None:
    schemas = CONTRACT["components"]["schemas"]
    assert set(response) == set(schemas["authentication-token"]["properties"])
    assert len(response["repositories"]) == COUNT
    for repository in response["repositories"]:
        properties = schemas["repository"]["properties"]
        assert set(repository) == set(properties)
        assert set(repository["permissions"]) == set(properties["permissions"]["properties"])
        assert set(repository["owner"]) == set(schemas["simple-user"]["properties"])


def test_every_property_is_read(response: Any) -> None:
    """What cannot be read is kept elsewhere, which takes longer and is not what the benchmark is about."""
    token = AuthenticationToken.from_dict(response)
    assert token.additional_properties == {}
    assert isinstance(token.repositories, list)
    assert [repository.additional_properties for repository in token.repositories] == [{}] * COUNT


def test_repositories_differ_and_are_the_same_each_time(response: Any) -> None:
    assert json.loads(bodies.full(SLICE, COUNT)) == response
    assert len({repository["id"] for repository in response["repositories"]}) == COUNT
    assert len({repository["html_url"] for repository in response["repositories"]}) == COUNT
