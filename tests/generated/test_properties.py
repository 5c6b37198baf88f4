"""Any response gives the right token or one named error, and never anything else."""

from __future__ import annotations

import copy
import json
import pickle
import re
import string
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from runner_registration_api.api.actions import create_registration_token_for_org as operation
from runner_registration_api.errors import InvalidResponse
from runner_registration_api.models import AuthenticationToken

from runner_registration.testing._samples import sample
from tests.contract.described import CONTRACT, resolved

SCHEMA = CONTRACT["components"]["schemas"]["authentication-token"]

_text = st.text(st.characters(), max_size=20) | st.just("x" * 2_000)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | _text
_json = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3))
_deep = st.integers(1, 400).map(lambda depth: json.loads("[" * depth + "]" * depth))
_anything = _json | _deep


def least(schema: dict[str, Any]) -> Any:
    """Return a value with the required fields only, and null where that is allowed."""
    schema = resolved(schema)
    if schema.get("nullable"):
        return None
    if schema.get("type") == "object":
        return {name: least(schema["properties"][name]) for name in schema.get("required", [])}
    return sample(schema, resolved)


def described(schema: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a table
    """Return values that the schema allows."""
    if "$ref" in schema:
        # A repository has a hundred fields: drawing each of them would leave no time for anything else.
        return st.sampled_from([sample(schema, resolved), least(schema)]).map(copy.deepcopy)
    if schema.get("nullable"):
        return st.none() | described({**schema, "nullable": False})
    match schema["type"]:
        case "object":
            fields = {name: described(value) for name, value in schema.get("properties", {}).items()}
            required = schema.get("required", [])
            return st.fixed_dictionaries(
                {name: fields[name] for name in required},
                optional={name: field for name, field in fields.items() if name not in required},
            )
        case "array":
            return st.lists(described(schema["items"]), max_size=2)
        case "string" if schema.get("format") == "date-time":
            return st.datetimes(
                min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the offset
                max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - the same
                timezones=st.timezones(),
            ).map(lambda moment: moment.isoformat(timespec="seconds"))
        case "string" if schema.get("format") == "password":
            return st.text(string.ascii_letters + string.digits, min_size=1)
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=8)
        case kind:
            return {"integer": st.integers(), "number": st.floats(), "boolean": st.booleans()}[kind]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A body that the contract allows, with a few things changed, as bytes that may not be JSON."""
    body: Any = draw(described(SCHEMA))
    for _ in range(draw(st.integers(0, 3))):
        holder: Any = body
        while True:
            keys: list[Any] = [*holder] if hasattr(holder, "keys") else [*range(len(holder))]
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if holder[key] and hasattr(holder[key], "__setitem__") and draw(st.booleans()):
                holder = holder[key]
                continue
            if draw(st.booleans()):
                del holder[key]
            else:
                holder[key] = draw(_anything)
            break
    if draw(st.booleans()):
        body[draw(_text)] = draw(_anything)
    text = json.dumps(body, ensure_ascii=draw(st.booleans()))
    if text.startswith("{") and draw(st.booleans()):
        text = '{"token": ' + json.dumps(draw(_text)) + (", " if len(text) > len("{}") else "") + text[1:]
    content = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.sampled_from([b"", b"\xff", b"\x00", b"]", b"{"])) + content[at + 1 :]
    return content


def has_token(content: bytes) -> bool:
    """Return whether a body has what a token requires, read in another way."""
    try:
        body = json.loads(content, parse_int=float)
        token, moment = body["token"], datetime.fromisoformat(body["expires_at"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
    return bool(
        isinstance(token, str)
        and re.fullmatch(r"[^\s\x00-\x1f\x7f]+", token)
        and token.isprintable()
        and moment.tzinfo is not None
    )


@given(mutated() | _anything.map(lambda value: json.dumps(value).encode()) | st.binary())
@example(b'{"token": "t", "expires_at": "2020-01-22T12:13:35Z", "more": ' + b"9" * 5000 + b"}")
@example(b'{"token": "t", "expires_at": "2020-01-22T12:13:35Z", "more": ' + b"[" * 900 + b"]" * 900 + b"}")
@example(
    b'{"token": "t", "expires_at": "2020-01-22T12:13:35Z", "permissions": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}"
)
@example(b'{"token": "t", "expires_at": "2020-01-22T12:13:35Z", "single_file": NaN, "repository_selection": 1e999}')
@example(b'{"token": "t", "expires_at": "2020-01-22T12:13:35Z", "token": "u"}')
@example(b'\xef\xbb\xbf{"token": "t", "expires_at": "2020-01-22T12:13:35Z"}')
def test_a_body_gives_the_right_token_or_one_named_error(content: bytes) -> None:
    response = httpx.Response(201, content=content)
    if not has_token(content):
        with pytest.raises(InvalidResponse) as raised:
            operation.parse(response)
        assert raised.value.reason.isprintable()
        assert raised.value.__context__ is None
        return
    token = operation.parse(response)
    body = json.loads(content, parse_int=float)
    assert token.token == body["token"]
    assert token.expires_at == datetime.fromisoformat(body["expires_at"])
    for twin in (copy.deepcopy(token), pickle.loads(pickle.dumps(token))):  # noqa: S301 - our own
        assert isinstance(token == twin, bool)
    assert token.to_dict()["token"] == body["token"]
    assert "token='***'" in repr(token)


@given(described(SCHEMA))
def test_writes_what_it_read(body: dict[str, Any]) -> None:
    written = AuthenticationToken.from_dict(body).to_dict()
    assert written.keys() == body.keys()
    assert len(written.get("repositories", [])) == len(body.get("repositories", []))
    assert AuthenticationToken.from_dict(written) == AuthenticationToken.from_dict(body) or _has_nan(body)


def _has_nan(body: dict[str, Any]) -> bool:
    return "NaN" in json.dumps(body)
