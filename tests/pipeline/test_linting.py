"""The two linters of the contract. Each finds problems that the other one does not find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import linting
from pipeline.stages import StageError

from .descriptions import PATH, dangling, description, schemas, write


def valid() -> dict[str, Any]:
    """Return the description, completed to a contract."""
    document = description()
    del schemas(document)["gist"]
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = [{"bearer": []}]
    return document


def test_accepts_a_valid_contract(tmp_path: Path) -> None:
    linting.lint(write(tmp_path / "openapi.json", valid()))


def test_accepts_an_example_with_more_fields(tmp_path: Path) -> None:
    document = with_example(token="t", expires_at="2020-01-22T12:13:35Z", more=1)
    linting.lint(write(tmp_path / "openapi.json", document))


def with_example(**fields: object) -> dict[str, Any]:
    document = valid()
    document["components"]["examples"]["authentication-token"]["value"] = fields
    return document


def with_default(default: object) -> dict[str, Any]:
    document = valid()
    schemas(document)["authentication-token"]["properties"]["count"] = {"type": "integer", "default": default}
    return document


def without(*keys: str) -> dict[str, Any]:
    document = valid()
    node = document
    for key in keys[:-1]:
        node = node[key]
    del node[keys[-1]]
    return document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(
            with_example(token="t"),
            r"redocly: no-invalid-media-type-examples at #/\S+: .*expires_at",
            id="example without a required field",
        ),
        pytest.param(
            with_example(token=1, expires_at="2020-01-22T12:13:35Z"),
            r"no-invalid-media-type-examples at #/.*string",
            id="example of another type",
        ),
        pytest.param(
            without("components", "securitySchemes"), r"security-defined at #/\S+: ", id="security without a scheme"
        ),
        pytest.param(without("paths", PATH, "post", "security"), r"security-defined at #/\S+: ", id="no security"),
        pytest.param(without("info"), "redocly: struct at #/: .*info", id="structure"),
        pytest.param(dangling(valid()), "no-unresolved-refs at #/", id="dangling reference"),
        pytest.param(with_default("many"), r"openapi-spec-validator: \$\S*: 'many' is not", id="default"),
    ],
)
def test_rejects_an_invalid_contract_in_one_line(document: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=reason) as raised:
        linting.lint(write(tmp_path / "openapi.json", document))
    assert "\n" not in str(raised.value)


def test_names_every_problem(tmp_path: Path) -> None:
    document = with_example(token=1)
    del document["paths"][PATH]["post"]["security"]
    schemas(document)["authentication-token"]["properties"]["count"] = {"type": "integer", "default": "many"}
    with pytest.raises(StageError) as raised:
        linting.lint(write(tmp_path / "openapi.json", valid()), write(tmp_path / "other.json", document))
    problems = str(raised.value).split("; ")
    assert [problem.split(" at ")[0].split(": $")[0] for problem in problems] == [
        "redocly: no-invalid-media-type-examples",
        "redocly: no-invalid-media-type-examples",
        "redocly: security-defined",
        "openapi-spec-validator",
    ]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="empty"),
        pytest.param({"swagger": "2.0"}, id="Swagger"),
        pytest.param({"openapi": 3.0}, id="version is a number"),
        pytest.param({"openapi": "4.0.0"}, id="version of the future"),
        pytest.param({"openapi": "3.9.0"}, id="minor version of the future"),
        pytest.param({"openapi": "3.0.3"}, id="nothing else"),
    ],
)
def test_rejects_a_document_that_is_not_openapi_3(document: dict[str, Any]) -> None:
    with pytest.raises(StageError):
        linting.validate(document)
