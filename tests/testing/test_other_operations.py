"""Operations of other kinds: the harness follows whatever the contract documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner_registration.testing import RegistrationServer, _contract, scenarios
from runner_registration.testing._samples import sample

from .conftest import violations

CONTRACT = """
openapi: 3.0.3
info: {title: Runners, version: "1"}
paths:
  /orgs/{org}/actions/runners:
    get:
      operationId: list-runners
      responses:
        "200":
          description: A list.
          headers: {Link: {schema: {type: string}, example: '<https://api.github.com/x?page=2>; rel="next"'}}
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/runner'}}}}
        "401": {$ref: '#/components/responses/unauthorized'}
        "404": {$ref: '#/components/responses/missing'}
        "409": {description: Conflict, content: {application/json: {schema: {$ref: '#/components/schemas/error'}}}}
  /orgs/{org}/actions/runners/{runner_id}:
    delete:
      operationId: delete-runner
      responses:
        "204": {description: Deleted.}
        "401": {$ref: '#/components/responses/unauthorized'}
        "404": {$ref: '#/components/responses/missing'}
        "422":
          description: Refused.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/error'}
              examples: {busy: {value: {message: The runner is busy.}}}
components:
  responses:
    unauthorized:
      description: Who is this?
      content:
        application/json:
          schema: {$ref: '#/components/schemas/error'}
          examples: {requires_authentication: {value: {message: Requires authentication}}}
    missing:
      description: Not found.
      content:
        application/json:
          schema: {$ref: '#/components/schemas/error'}
          examples: {not_found: {value: {message: Not Found}}}
  schemas:
    error: {type: object, required: [message], properties: {message: {type: string}, status: {type: string}}}
    runner:
      type: object
      required: [id, name]
      properties:
        id: {type: integer, minimum: 100}
        name: {type: string, minLength: 6}
        group: {$ref: '#/components/schemas/runner'}
"""

LIST, DELETE = ("GET", "/orgs/octo-org/actions/runners"), ("DELETE", "/orgs/octo-org/actions/runners/7")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistrationServer]:
    contract = tmp_path / "openapi.yaml"
    contract.write_text(CONTRACT)
    with monkeypatch.context() as patch:
        patch.setattr(_contract, "contract_path", lambda: contract)
        forget_the_contract()
        with RegistrationServer() as server:
            yield server
    forget_the_contract()


def forget_the_contract() -> None:
    _contract._document.cache_clear()
    _contract.operations.cache_clear()


def send(http: httpx.Client) -> list[tuple[int, Any]]:
    responses = [http.request(*LIST), http.request(*DELETE)]
    return [(response.status_code, response.json() if response.content else None) for response in responses]


def test_a_list_and_a_response_without_a_body_are_successes(http: httpx.Client) -> None:
    assert send(http) == [(200, [{"id": 100, "name": "textxx"}]), (204, None)]


def test_a_list_has_two_pages_on_this_server(server: RegistrationServer, http: httpx.Client) -> None:
    second = http.request(*LIST).links["next"]["url"]
    assert second == f"{server.url}{LIST[1]}?page=2"
    assert "next" not in http.get(second).links


def test_each_documented_response_has_a_scenario(server: RegistrationServer, http: httpx.Client) -> None:
    assert [name for name in scenarios() if name.startswith("status_")] == ["status_409", "status_422_busy"]
    conflict = (409, {"message": "Conflict", "status": "409"})
    server.use("status_409")
    assert send(http) == [conflict] * 2
    server.use("status_422_busy")
    assert send(http) == [(422, {"message": "The runner is busy."})] * 2
    server.use("not_found")
    assert send(http) == [(404, {"message": "Not Found"})] * 2
    server.respond(409)
    assert send(http)[0] == conflict
    assert http.get("/orgs/octo-org").status_code == 404


@pytest.mark.parametrize("name", ["validation_failed", "bad_gateway"])
def test_a_scenario_that_is_not_documented_is_refused_when_it_is_chosen(name: str, server: RegistrationServer) -> None:
    message = f"^the scenario '{name}' cannot be used: no operation of the contract documents "
    with pytest.raises(ValueError, match=message):
        server.use(name)


SCHEMAS: dict[str, Any] = {
    "tree": {
        "type": "object",
        "required": ["children"],
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/tree"}}},
    },
    "chain": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/chain"}}},
    "nullable": {
        "type": "object",
        "nullable": True,
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/nullable"}},
    },
}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "minLength": 20},
        {"type": "string", "maxLength": 2},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "default": "a", "enum": ["a", "b"]},
        {"type": "string", "enum": ["b"], "nullable": True},
        *(
            {"type": "string", "format": name}
            for name in ("date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "password")
        ),
        {"type": "integer"},
        {"type": "integer", "minimum": 100},
        {"type": "integer", "maximum": 5},
        {"type": "number", "minimum": 7.5},
        {"type": "boolean"},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "array", "items": {"type": "integer"}},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3},
        {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
        {"type": "object", "properties": {"a": {"type": "string", "example": "b"}}, "required": ["a"]},
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"required": ["a"]},
            ]
        },
        {"allOf": [{"type": "string"}]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"$ref": "#/components/schemas/tree"}]},
        {"$ref": "#/components/schemas/tree"},
        {"$ref": "#/components/schemas/chain"},
        {"$ref": "#/components/schemas/nullable"},
    ],
    ids=str,
)
def test_a_sample_is_valid(schema: dict[str, Any]) -> None:
    assert violations(schema, sample(schema, resolve), {"schemas": SCHEMAS}) == []
