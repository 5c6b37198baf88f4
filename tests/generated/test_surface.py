"""What the generated package offers: the generator's usual surface, made safe, with every field of the contract."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import attrs
import httpx
import pytest
import runner_registration_api
from runner_registration_api import AuthenticatedClient, Client, models
from runner_registration_api.api import OPERATIONS, AsyncOperations, SyncOperations
from runner_registration_api.api.actions import create_registration_token_for_org as operation
from runner_registration_api.errors import InvalidParameter, InvalidResponse, UnexpectedStatus
from runner_registration_api.types import UNSET, Response

from pipeline.documents import followed
from tests.contract.described import CONTRACT

SECRET = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"


def respond(request: httpx.Request) -> httpx.Response:
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    return httpx.Response(201, json={"token": SECRET, "expires_at": "2020-01-22T12:13:35.123-08:00"})


def client() -> AuthenticatedClient:
    return AuthenticatedClient(
        "https://api.example", token=SECRET, httpx_args={"transport": httpx.MockTransport(respond)}
    )


def test_sync_returns_the_model_and_sync_detailed_the_response_too() -> None:
    with client() as usual:
        assert operation.sync("octo-org", client=usual).token == SECRET
        response = operation.sync_detailed("octo-org", client=usual)
    assert (response.status_code, response.parsed.token) == (201, SECRET)
    assert SECRET in response.content.decode()


@pytest.mark.anyio
async def test_asyncio_returns_the_model_and_asyncio_detailed_the_response_too() -> None:
    async with client() as usual:
        assert (await operation.asyncio("octo-org", client=usual)).token == SECRET
        response = await operation.asyncio_detailed("octo-org", client=usual)
    assert (response.status_code, response.parsed.token) == (201, SECRET)


def test_no_repr_shows_a_secret() -> None:
    usual = client().with_headers({"X-Secret": SECRET}).with_cookies({"session": SECRET})
    usual.get_httpx_client()
    response = Response(httpx.codes.CREATED, SECRET.encode(), {"Set-Cookie": SECRET}, UNSET)  # type: ignore[arg-type]  # codes is an IntEnum
    assert SECRET not in repr(usual) + str(usual) + repr(response)
    assert "token='***'" in repr(usual)


def test_the_default_timeout_is_30_seconds() -> None:
    assert Client("https://api.example").get_httpx_client().timeout == httpx.Timeout(30)
    assert client().with_timeout(httpx.Timeout(5)).get_async_httpx_client().timeout == httpx.Timeout(5)


def test_every_operation_is_listed_and_a_method_of_both_mixins() -> None:
    described = [operation["operationId"] for path in CONTRACT["paths"].values() for operation in path.values()]
    assert sorted(listed.name for listed in OPERATIONS) == sorted(name.replace("-", "_") for name in described)
    assert "create_registration_token_for_org" in {listed.name for listed in OPERATIONS}
    for listed in OPERATIONS:
        module: Any = import_module(listed.module, "runner_registration_api.api")
        for function in ("build_request", "parse", "sync", "sync_detailed", "asyncio", "asyncio_detailed"):
            assert callable(getattr(module, function))
        for mixin in (SyncOperations, AsyncOperations):
            assert "https://docs.github.com/rest/" in getattr(mixin, listed.name).__doc__
        assert "errors.UnexpectedStatus" in module.sync.__doc__


def test_build_request_returns_the_request() -> None:
    assert operation.build_request("octo org/é") == {
        "method": "POST",
        "url": "/orgs/octo%20org%2F%C3%A9/actions/runners/registration-token",
        "headers": {"Accept": "application/vnd.github+json"},
    }


@pytest.mark.parametrize("org", ["", ".", "..", "a\nb", "a\x00b", "a\x7fb", "\u2028", "\ud800"], ids=ascii)
def test_rejects_path_parameters_that_lead_to_another_path(org: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^org must not be"):
        operation.build_request(org)


def name_in_python(schema: dict[str, Any], parent: str, name: str) -> str:
    """Return the name of the model for the schema of a field."""
    reference = schema.get("$ref", "").rpartition("/")[2]
    title: str = CONTRACT["components"]["schemas"][reference]["title"] if reference else f"{parent} {name}".strip()
    return re.sub(r"(?:^|[ _])+(\w)", lambda match: match[1].upper(), title)


def python_types(schema: dict[str, Any], parent: str, name: str) -> set[str]:
    """Return the types of a field in its annotation, without Unset."""
    own = CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    match own.get("type"):
        case None:
            types = {kind for each in own.get("oneOf") or own["anyOf"] for kind in python_types(each, parent, name)}
        case _ if own.get("enum") == [None]:
            types = {"None"}
        case "object":
            types = {name_in_python(schema, parent, name)}
        case "array":
            types = {f"list[{' | '.join(python_types(own['items'], parent, f'{name}_item'))}]"}
        case "string":
            types = {"datetime.datetime" if own.get("format") == "date-time" else "str"}
        case other:
            types = {{"integer": "int", "boolean": "bool", "number": "float"}[other]}
    return types | {"None"} if own.get("nullable") else types


Parts = list[tuple[str, dict[str, Any]]]
"""The schemas that a model is made of, each with the model after which its inner models are named."""


def objects(schema: dict[str, Any], parent: str, name: str) -> Iterator[tuple[str, Parts]]:
    """The models of a schema and of the schemas in it, by name."""
    if "$ref" not in schema and (schema.get("type") == "object" or len(schema.get("allOf", [])) > 1):
        model = name_in_python(schema, parent, name)
        parts = parts_of(schema, model)
        yield model, parts
        for _, part in [each for each in parts if each[0] == model]:
            for field, inner in part.get("properties", {}).items():
                yield from objects(inner, model, field)
                yield from objects(inner.get("items", {}), model, f"{field}_item")


def parts_of(schema: dict[str, Any], model: str) -> Parts:
    if "$ref" in schema:
        return parts_of(followed(CONTRACT, schema), name_in_python(schema, "", ""))
    if "allOf" in schema:
        return [inner for part in schema["allOf"] for inner in parts_of(part, model)]
    return [(model, schema)]


def roots() -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of components, and those that an operation describes itself, with the words of their names."""
    for schema in CONTRACT["components"]["schemas"].values():
        yield schema["title"], schema
    for item in CONTRACT["paths"].values():
        for described in item.values():
            name = described["operationId"].replace("-", "_")
            parts = {f"response_{status}": response for status, response in described["responses"].items()}
            for part, value in [*parts.items(), ("body", described.get("requestBody", {}))]:
                for media in followed(CONTRACT, value).get("content", {}).values():
                    yield f"{name}_{part}", media["schema"]


MODELS = {model: found for name, schema in roots() for model, found in objects(schema, "", name)}


def test_every_documented_object_has_a_model() -> None:
    assert {name for name in models.__all__ if isinstance(getattr(models, name), type)} == MODELS.keys()


@pytest.mark.parametrize("name", MODELS)
def test_every_documented_field_has_its_type(name: str) -> None:
    fields = attrs.fields_dict(getattr(models, name))
    required = {key for _, part in MODELS[name] for key in part.get("required", [])}
    documented = {
        key: python_types(schema, parent, key)
        for parent, part in MODELS[name]
        for key, schema in part.get("properties", {}).items()
    }
    for key, types in documented.items():
        # The generator adds an underscore to names that have a meaning in Python: license_, type_.
        field = fields.pop(key, None) or fields.pop(f"{key}_")
        assert set(str(field.type).split(" | ")) == types | ({"Unset"} if key not in required else set[str]()), key
        assert (field.default is attrs.NOTHING) == (key in required), key
    assert set(fields) == {"additional_properties"}


def test_every_model_can_be_imported_from_models() -> None:
    for name in models.__all__:
        assert getattr(models, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(models, "Nothing")  # noqa: B009 - for type checkers it does not exist
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(runner_registration_api, "Nothing")  # noqa: B009 - the same


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import runner_registration_api.api", ["attr", "httpx", "json", "logging"]),
        # An operation with a request body imports the body's model.
        (
            "import runner_registration_api.api.actions.create_registration_token_for_org",
            ["attr", "httpx", "runner_registration_api.models"],
        ),
        (
            (
                "from runner_registration_api.models import AuthenticationToken\n"
                "AuthenticationToken.from_dict({'token': 't', 'expires_at': '2020-01-22T12:13:35Z'})"
            ),
            ["runner_registration_api.models.repository", "runner_registration_api.models.basic_error"],
        ),
        ("import runner_registration_api.types", ["runner_registration._base_client", "runner_registration._errors"]),
    ],
    ids=["the list of operations", "an operation without a body", "reading a token", "the runtime"],
)
def test_imports_only_what_is_needed(program: str, unwanted: list[str]) -> None:
    program = f"{program}\nimport sys; print(*{{*{unwanted}}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "", done.stderr
    assert done.returncode == 0, done.stderr


def test_pickles_errors_and_unset() -> None:
    for error in (UnexpectedStatus(404), InvalidResponse("reason"), InvalidParameter("org")):
        twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301 - our own
    assert copy.deepcopy(UNSET) is UNSET
