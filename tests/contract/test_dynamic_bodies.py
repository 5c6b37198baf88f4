"""Random bodies that the contract allows, made by Prism: each is read, and written again as it was."""

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

# Without these json-schema-faker makes every optional field, or half of them, every time.
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
def whimsical_prism(prism_mode: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    contract = tmp_path_factory.mktemp("contract") / "openapi.yaml"
    Path(contract).write_text(yaml.safe_dump({**CONTRACT, **_FAKER}, sort_keys=False), encoding="utf-8")
    with PrismServer(contract, mode=prism_mode) as server:
        yield server


@pytest.mark.parametrize("described", json_operations(), ids=lambda described: described.name)
def test_any_body_the_contract_allows_is_read_and_written_again(
    whimsical_prism: PrismServer,
    described: Described,
    request: pytest.FixtureRequest,
) -> None:
    count: int = request.config.option.dynamic_bodies
    status = next(status for status in described.operation["responses"] if status.startswith("2"))
    headers = {"Prefer": f"code={status}, dynamic=true", "Authorization": "Bearer t0ken"}
    seen: Counter[str] = Counter()
    with httpx.Client(base_url=whimsical_prism.url, headers=headers) as client:
        for _ in range(count):
            answer = client.request(**described.module.build_request(**described.arguments))
            assert answer.status_code == int(status), whimsical_prism.log[-2000:]
            body, parsed = answer.json(), described.module.parse(answer)
            assert same(written(parsed), body)
            if hasattr(body, "keys"):
                seen.update(body.keys())
    steady = [name for name in optional_fields(described, status) if not 0 < seen[name] < count]
    if whimsical_prism.backend == "node":
        assert steady == [], "optional fields that never came, or never went"
    elif steady:
        note(request.node, f"{whimsical_prism.description} sends every optional field every time")
