"""Operations of other kinds: the harness follows whatever the contract documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner_registration.testing._samples import sample

from .conftest import violations
from .installing import install, run_with

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

PROGRAM = """
import json, sys
import httpx
from runner_registration.testing import RegistrationServer, scenarios

LIST, DELETE = ("GET", "/orgs/octo-org/actions/runners"), ("DELETE", "/orgs/octo-org/actions/runners/7")
found = {"scenarios": [name for name in scenarios() if name.startswith("status_")]}
with RegistrationServer() as server:
    with httpx.Client(base_url=server.url, headers={"Authorization": "token x"}, trust_env=False) as http:
        def send(request):
            response = http.request(*request)
            return [response.status_code, response.json() if response.content else None]
        found["list"], found["delete"] = send(LIST), send(DELETE)
        for name in ("status_409", "status_422_busy", "not_found"):
            server.use(name)
            found[name] = [send(LIST), send(DELETE)]
        server.respond(409)
        found["respond"] = send(LIST)
        server.clear()
        pages = [http.request(*LIST)]
        while "next" in pages[-1].links:
            pages.append(http.get(pages[-1].links["next"]["url"]))
        found["pages"] = [str(page.url).removeprefix(server.url) for page in pages]
        found["other"] = http.get("/orgs/octo-org").status_code
        for name in ("validation_failed", "bad_gateway"):
            try:
                server.use(name)
            except ValueError as error:
                found[name] = str(error)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run_with(install(tmp_path_factory.mktemp("other"), CONTRACT), PROGRAM))
    return result


def test_a_list_and_a_response_without_a_body_are_successes(found: dict[str, Any]) -> None:
    assert found["list"] == [200, [{"id": 100, "name": "textxx"}]]
    assert found["delete"] == [204, None]


def test_a_list_has_two_pages_on_this_server(found: dict[str, Any]) -> None:
    path = "/orgs/octo-org/actions/runners"
    assert found["pages"] == [path, f"{path}?page=2"]


def test_each_documented_response_has_a_scenario(found: dict[str, Any]) -> None:
    assert found["scenarios"] == ["status_409", "status_422_busy"]
    conflict = [409, {"message": "Conflict", "status": "409"}]
    assert found["status_409"] == [conflict, conflict]
    assert found["respond"] == conflict
    assert found["status_422_busy"] == [[422, {"message": "The runner is busy."}]] * 2
    assert found["not_found"] == [[404, {"message": "Not Found"}]] * 2
    assert found["other"] == 404


@pytest.mark.parametrize("name", ["validation_failed", "bad_gateway"])
def test_a_scenario_that_is_not_documented_is_refused_when_it_is_chosen(name: str, found: dict[str, Any]) -> None:
    assert found[name].startswith(f"the scenario '{name}' cannot be used: no operation of the contract documents ")


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
