"""The contract: which operations the client can serve, and how the others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from runner_registration_api.api import OPERATIONS

import runner_registration as rr
from pipeline import contract, documents
from pipeline.layout import HERE
from pipeline.stages import StageError

from .descriptions import PATH, description

Operation = dict[str, Any]


def made(change: Callable[[Operation], object]) -> Any:
    """Make the contract of a slice whose operation was changed."""
    document = description()
    del document["paths"]["/gists"], document["components"]["schemas"]["gist"]
    change(document["paths"][PATH]["post"])
    return yaml.safe_load(contract.make(document, documents.load(HERE.overlay)))


def fields(**values: object) -> Callable[[Operation], object]:
    return lambda operation: operation.update(values)


def response(status: str, *media_types: str) -> Callable[[Operation], object]:
    content = {media_type: {"schema": {"type": "string"}} for media_type in media_types}
    return lambda operation: operation["responses"].update({status: {"description": "Response", "content": content}})


def only_response(status: str) -> Callable[[Operation], object]:
    return fields(responses={status: {"description": "Response"}})


def body(*media_types: str) -> Callable[[Operation], object]:
    content = {media_type: {"schema": {"type": "object"}} for media_type in media_types}
    return fields(requestBody={"content": content})


def parameter(location: str, **fields: object) -> Callable[[Operation], object]:
    given = {"name": "page", "in": location, "schema": {"type": "integer"}, **fields}
    return lambda operation: operation["parameters"].append(given)


ARRAY = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(
            fields(servers=[{"url": "https://uploads.github.com"}]),
            "it is on another server, https://uploads.github.com",
            id="another server",
        ),
        pytest.param(response("200", "text/html"), "its 200 response is text/html, .* reads JSON only", id="HTML"),
        pytest.param(
            response("200", "application/octet-stream"), "its 200 response is application/octet-stream", id="binary"
        ),
        pytest.param(response("default", "application/json"), "it documents the response default", id="default"),
        pytest.param(response("4XX", "application/json"), "it documents the response 4XX", id="range of errors"),
        pytest.param(only_response("2XX"), "it documents the response 2XX", id="range of successes"),
        pytest.param(only_response("302"), "it documents no success", id="redirect"),
        pytest.param(body("multipart/form-data"), "its request body is multipart/form-data", id="multipart"),
        pytest.param(
            body("application/x-www-form-urlencoded", "text/plain"),
            "its request body is application/x-www-form-urlencoded, text/plain",
            id="form and text",
        ),
        pytest.param(
            body("application/json", "multipart/form-data"), "its request body is multipart/form-data", id="either"
        ),
        pytest.param(
            parameter("query", content={"application/json": {}}), "its parameter page has a media type", id="content"
        ),
        pytest.param(
            parameter("query", style="deepObject"), "its parameter page has a serialization other", id="deepObject"
        ),
        pytest.param(
            parameter("query", explode=False), "its parameter page has a serialization other", id="not exploded"
        ),
        pytest.param(parameter("path", schema=ARRAY), "its path parameter page is an array", id="array in path"),
        pytest.param(
            parameter("header", schema={"type": "object"}), "its header parameter page is an object", id="object header"
        ),
        pytest.param(
            fields(operationId="actions/close"),
            r"the clients already have a method close\(\)",
            id="name of a method",
        ),
    ],
)
def test_refuses_what_the_client_cannot_serve(change: Callable[[Operation], object], problem: str) -> None:
    with pytest.raises(StageError, match=f"^\\S+ cannot be served: {problem}") as raised:
        made(change)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(fields(), id="unchanged"),
        pytest.param(response("204"), id="success without a body"),
        pytest.param(response("304"), id="not modified"),
        pytest.param(response("200", "application/json", "text/html"), id="JSON or HTML"),
        pytest.param(body("application/json"), id="JSON body"),
        pytest.param(parameter("query", style="form", explode=True), id="default style"),
        pytest.param(parameter("query", schema=ARRAY), id="array in the query"),
        pytest.param(parameter("header", style="simple", explode=False), id="header"),
    ],
)
def test_accepts_everything_else(change: Callable[[Operation], object]) -> None:
    assert list(made(change)["paths"]) == [PATH]


def test_names_every_problem() -> None:
    def change(operation: Operation) -> None:
        response("200", "text/html")(operation)
        body("multipart/form-data")(operation)

    with pytest.raises(StageError, match=r"multipart/form-data.*; .*text/html"):
        made(change)


def test_knows_the_names_that_operations_cannot_have() -> None:
    methods = {name for client in (rr.Client, rr.AsyncClient) for name in dir(client) if not name.startswith("_")}
    assert methods - {operation.name for operation in OPERATIONS} == contract.RESERVED
