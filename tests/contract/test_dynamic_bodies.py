"""Random bodies that the contract allows, made by Prism, are read and written without a change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from runner_registration.testing import PrismServer

from .described import CONTRACT, OPERATIONS, Described, resolved, same, written
from .reporting import note

# Without these settings, json-schema-faker always includes all optional fields, or half of them.
_FAKER = {
    "x-json-schema-faker": {"alwaysFakeOptionals": False, "fixedProbabilities": False, "optionalsProbability": 0.5}
}


def json_operations() -> list[Described]:
    return [
        described
        for described in OPERATIONS
        if any(
            "content" in resolved(response)
            for status, response in described.operation["responses"].items()
            if status.startswith("2")
        )
    ]


def optional_fields(described: Described, status: str) -> list[str]:
    content = resolved(described.operation["responses"][status])["content"]
    schema = resolved(next(iter(content.values()))["schema"])
    return [name for name in schema.get("properties", {}) if name not in schema.get("required", [])]


@pytest.fixture(scope="module")
def random_prism(prism_mode: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    contract = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    Path(contract).write_text(yaml.safe_dump({**CONTRACT, **_FAKER}, sort_keys=False), encoding="utf-8")
    with PrismServer(contract, mode=prism_mode) as server:
        yield server


@pytest.mark.parametrize("described", json_operations(), ids=lambda described: described.name)
def test_reads_and_writes_any_body_that_the_contract_allows(
    random_prism: PrismServer,
    described: Described,
    request: pytest.FixtureRequest,
) -> None:
    count: int = request.config.option.dynamic_bodies
    status = next(status for status in described.operation["responses"] if status.startswith("2"))
    headers = {"Prefer": f"code={status}, dynamic=true", "Authorization": "Bearer t0ken"}
    seen: Counter[str] = Counter()
    with httpx.Client(base_url=random_prism.url, headers=headers) as client:
        for _ in range(count):
            response = client.request(**described.module.build_request(**described.arguments))
            assert response.status_code == int(status), random_prism.log[-2000:]
            body, parsed = response.json(), described.module.parse(response)
            assert same(written(parsed), body)
            if hasattr(body, "keys"):
                seen.update(body.keys())
    steady = [name for name in optional_fields(described, status) if not 0 < seen[name] < count]
    if random_prism.backend == "node":
        assert steady == [], "optional fields that were always or never included"
    elif steady:
        note(request.node, f"{random_prism.description} always includes every optional field")
