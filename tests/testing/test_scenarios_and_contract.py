"""The contract keeps the scenarios true: what claims to be GitHub's is valid, and nothing documented is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from runner_registration.testing import _contract
from runner_registration.testing._replies import ContractSource, Place, reply
from runner_registration.testing._scenarios import SCENARIOS, Answer, answers
from runner_registration.testing._wire import Reply, Request
from tests.contract.described import CONTRACT, Described, resolved
from tests.contract.described import OPERATIONS as DESCRIBED

OPERATIONS = _contract.operations()
BY_HTTP = {"Date", "Content-Type"}

CLAIMED = [
    pytest.param(described, operation, answer, id=f"{operation.name}-{name}-{number}")
    for described, operation in zip(DESCRIBED, OPERATIONS, strict=True)
    for name in SCENARIOS
    for number, answer in enumerate(answers(name))
    if answer.text is None
]


def given(answer: Answer, operation: _contract.Operation, path: str) -> Reply:
    place = Place("http://127.0.0.1:1", "http://localhost:1", 60)
    return reply(answer, operation, Request(operation.method, path, {}, b""), ContractSource(), place)


def violations(schema: dict[str, Any], value: Any) -> list[str]:
    rooted = {**schema, "components": CONTRACT["components"]}  # where the schema's references lead
    # A format is checked as well, so that a date-time is one.
    validator = OAS30Validator(rooted, format_checker=OAS30Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize(("described", "operation", "answer"), CLAIMED)
def test_what_claims_to_be_valid_is(described: Described, operation: _contract.Operation, answer: Answer) -> None:
    answered = given(answer, operation, described.path)
    response = resolved(described.operation["responses"][str(answered.status)])
    if "content" in response:
        schema = response["content"]["application/json"]["schema"]
        assert violations(schema, json.loads(answered.body)) == []
    else:
        assert answered.body == b""
    # Any answer may announce the end of an API version; the overlay says why the contract has that on errors only.
    headers = {**CONTRACT["components"]["headers"], **response["headers"]}
    for name in answered.headers.keys() - BY_HTTP:
        schema, value = resolved(headers[name])["schema"], answered.headers[name]
        assert violations(schema, int(value) if schema["type"] == "integer" else value) == []


def test_the_full_body_has_every_field() -> None:
    (answer,) = answers("full_body")
    for described, operation in zip(DESCRIBED, OPERATIONS, strict=True):
        answered = given(answer, operation, described.path)
        media = resolved(described.operation["responses"][str(answered.status)]).get("content", {})
        schema = resolved(media["application/json"]["schema"]) if media else {}
        if "properties" in schema:
            assert json.loads(answered.body).keys() == schema["properties"].keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_everything_documented_has_a_scenario(operation: _contract.Operation) -> None:
    offered = {
        (answer.status, answer.example) if answer.status else operation.success
        for name in SCENARIOS
        for answer in answers(name)
        if answer.text is None
    }
    assert set(operation.examples) - offered == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_header_of_an_error_is_sent_by_a_scenario(operation: _contract.Operation) -> None:
    sent = {name for scenario in SCENARIOS for answer in answers(scenario) for name in answer.headers}
    documented = {name for status, _ in operation.examples for name in operation.headers(status)}
    assert documented - sent - set(operation.common_headers) == set()


def test_the_contract_is_read_as_the_pipeline_reads_it() -> None:
    assert _contract._document() == CONTRACT
