"""The scenarios and the contract: documented responses are valid, and every documented response has a scenario."""

from __future__ import annotations

import json

import pytest

from runner_registration.testing import _contract
from runner_registration.testing._http import HTTPRequest, HTTPResponse
from runner_registration.testing._responses import ContractSource, Variables, make_response
from runner_registration.testing._scenarios import Template, all_scenarios, responses
from tests.contract.described import CONTRACT, Described, resolved
from tests.contract.described import OPERATIONS as DESCRIBED

from .conftest import violations

OPERATIONS = _contract.operations()
BY_HTTP = {"Date", "Content-Type"}

CLAIMED = [
    pytest.param(described, operation, template, id=f"{operation.name}-{name}-{number}")
    for described, operation in zip(DESCRIBED, OPERATIONS, strict=True)
    for name in all_scenarios()
    for number, template in enumerate(responses(name))
    if template.body is None and (template.status is None or operation.documents(template.status, template.example))
]


def made(template: Template, operation: _contract.Operation, path: str) -> HTTPResponse:
    variables = Variables("http://127.0.0.1:1", "http://localhost:1", "A" * 29)
    return make_response(template, operation, HTTPRequest(operation.method, path, [], b""), ContractSource(), variables)


@pytest.mark.parametrize(("described", "operation", "template"), CLAIMED)
def test_documented_responses_are_valid(
    described: Described, operation: _contract.Operation, template: Template
) -> None:
    sent = made(template, operation, described.path)
    response = resolved(described.operation["responses"][str(sent.status)])
    if "content" in response:
        schema = response["content"]["application/json"]["schema"]
        assert violations(schema, json.loads(sent.body), CONTRACT["components"]) == []
    else:
        assert sent.body == b""
    # Any response may announce the end of an API version; the overlay says why the contract has that on errors only.
    headers = {**CONTRACT["components"]["headers"], **response["headers"]}
    for name in sent.headers.keys() - BY_HTTP:
        schema, value = resolved(headers[name])["schema"], sent.headers[name]
        written = int(value) if schema["type"] == "integer" else value
        assert violations(schema, written, CONTRACT["components"]) == []


def test_the_full_body_has_every_field() -> None:
    (template,) = responses("full_body")
    for described, operation in zip(DESCRIBED, OPERATIONS, strict=True):
        sent = made(template, operation, described.path)
        media = resolved(described.operation["responses"][str(sent.status)]).get("content", {})
        schema = resolved(media["application/json"]["schema"]) if media else {}
        if "properties" in schema:
            assert json.loads(sent.body).keys() == schema["properties"].keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_documented_response_has_a_scenario(operation: _contract.Operation) -> None:
    offered = {
        (template.status, template.example) if template.status else operation.success
        for name in all_scenarios()
        for template in responses(name)
        if template.body is None
    }
    assert set(operation.examples) - offered == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_header_of_an_error_is_sent_by_a_scenario(operation: _contract.Operation) -> None:
    sent = {name for scenario in all_scenarios() for template in responses(scenario) for name in template.headers}
    documented = {name for status, _ in operation.examples for name in operation.headers(status)}
    assert documented - sent - set(operation.common_headers) - {"Link"} == set()


def test_the_contract_is_read_as_the_pipeline_reads_it() -> None:
    assert _contract._document() == CONTRACT
