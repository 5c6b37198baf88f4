"""The contract's two linters: each finds what the other lets pass, and says where in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import linting
from pipeline.stages import StageError

from .descriptions import PATH, description, responses, schemas, write


def sound() -> dict[str, Any]:
    """The description with what the contract has in addition."""
    document = description()
    del schemas(document)["gist"]
    document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = [{"bearer": []}]
    return document


def test_a_sound_contract_passes(tmp_path: Path) -> None:
    linting.lint(write(tmp_path / "openapi.json", sound()))


def with_example(**fields: object) -> dict[str, Any]:
    document = sound()
    document["components"]["examples"]["authentication-token"]["value"] = fields
    return document


def with_default(default: object) -> dict[str, Any]:
    document = sound()
    schemas(document)["authentication-token"]["properties"]["count"] = {"type": "integer", "default": default}
    return document


def without(*keys: str) -> dict[str, Any]:
    document = sound()
    node = document
    for key in keys[:-1]:
        node = node[key]
    del node[keys[-1]]
    return document


def with_dangling_reference() -> dict[str, Any]:
    document = sound()
    responses(document)["404"] = {"$ref": "#/components/responses/not_found"}
    return document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(
            with_example(token="t"),
            r"redocly: 1 problem\(s\), first no-invalid-media-type-examples at #/\S+: .*expires_at",
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
        pytest.param(without("info"), "redocly: .* struct at #/: .*info", id="structure"),
        pytest.param(with_dangling_reference(), "no-unresolved-refs at #/", id="dangling reference"),
        pytest.param(with_default("many"), r"openapi-spec-validator: \$\S*: 'many' is not", id="default"),
    ],
)
def test_an_unsound_contract_is_refused(document: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=reason) as raised:
        linting.lint(write(tmp_path / "openapi.json", document))
    assert "\n" not in str(raised.value)


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
def test_what_is_no_openapi_3_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(StageError):
        linting.validate(document)
