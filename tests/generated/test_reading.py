"""What the generated package makes of an answer: the token survives what GitHub may change; nothing else passes."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import httpx
import pytest
from runner_registration_api.api.actions import create_registration_token_for_org as operation
from runner_registration_api.errors import InvalidResponse, UnexpectedStatus
from runner_registration_api.models import AuthenticationToken, BasicError, Repository
from runner_registration_api.types import UNSET

from .bodies import full

SECRET = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"
TOKEN: dict[str, Any] = {"token": SECRET, "expires_at": "2020-01-22T12:13:35.123-08:00"}
EXPIRES_AT = datetime(2020, 1, 22, 20, 13, 35, 123000, tzinfo=UTC)


@pytest.fixture
def repository() -> dict[str, Any]:
    value: dict[str, Any] = full({"$ref": "#/components/schemas/repository"})
    return value


def answer(body: Any, status: int = 201) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


def read(**fields: Any) -> AuthenticationToken:
    return operation.parse(answer({**TOKEN, **fields}))


@pytest.mark.parametrize(
    "drift",
    [
        pytest.param({"repository_selection": "a value of next year"}, id="unknown enum value"),
        pytest.param({"runner_group": {"id": 1}, "": None}, id="unknown fields"),
        pytest.param({"permissions": None}, id="null where an object may be"),
        pytest.param({"permissions": "write"}, id="a string where an object may be"),
        pytest.param({"repositories": None}, id="null where a list may be"),
        pytest.param({"repositories": {"0": {}}}, id="an object where a list may be"),
        pytest.param({"repositories": [None, 1, {}, {"id": "x", "owner": 1}]}, id="items that can't be read"),
        pytest.param({"single_file": ["a", "b"]}, id="a list where a string may be"),
        pytest.param({"repository_selection": 7}, id="a number where a string may be"),
        pytest.param({"single_file": "\ud800"}, id="half of a surrogate pair"),
    ],
)
def test_a_token_is_never_lost_to(drift: dict[str, Any]) -> None:
    token = read(**drift)
    assert token.token == SECRET
    assert token.expires_at == EXPIRES_AT


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-22T12:13:35.123-08:00",
        "2020-01-22T20:13:35.123Z",
        "2020-01-22T20:13:35.1230000Z",
        "2020-01-22T20:13:35.123+00:00",
        "2020-01-22 20:13:35.123+00:00",
    ],
)
def test_a_time_is_an_instant_however_it_is_written(text: str) -> None:
    assert read(expires_at=text).expires_at == EXPIRES_AT


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({**TOKEN, "token": None}, id="null token"),
        pytest.param({**TOKEN, "token": ""}, id="empty token"),
        pytest.param({**TOKEN, "token": 17}, id="a number as token"),
        pytest.param({"expires_at": TOKEN["expires_at"]}, id="no token"),
        pytest.param({"token": SECRET}, id="no expires_at"),
        pytest.param({**TOKEN, "expires_at": None}, id="null expires_at"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22T12:13:35"}, id="no offset"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22"}, id="a date"),
        pytest.param({**TOKEN, "expires_at": "in an hour"}, id="words"),
        pytest.param({**TOKEN, "expires_at": 1579724015}, id="epoch seconds"),
        pytest.param({**TOKEN, "expires_at": "0001-01-01T00:00:00+14:00"}, id="before the calendar"),
        pytest.param({**TOKEN, "expires_at": "9999-12-31T23:59:59-14:00"}, id="after the calendar"),
        pytest.param([], id="a list"),
        pytest.param([TOKEN], id="a list of tokens"),
        pytest.param(SECRET, id="a string"),
        pytest.param(None, id="null"),
        pytest.param(b"", id="nothing"),
        pytest.param(f"<html>{SECRET}</html>".encode(), id="HTML"),
        pytest.param(json.dumps(TOKEN).encode()[:-3], id="cut"),
        pytest.param(b'{"token": "\xff\xfe' + SECRET.encode() + b'"}', id="no UTF-8"),
        pytest.param(b'{"token":' + b"[" * 100_000, id="nested without end"),
    ],
)
def test_what_is_no_token_raises_one_error_that_holds_no_part_of_the_body(body: Any) -> None:
    with pytest.raises(InvalidResponse) as raised:
        operation.parse(answer(body))
    error = raised.value
    assert error.reason
    assert error.__context__ is None
    assert error.__cause__ is None
    assert SECRET not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
    assert pickle.loads(pickle.dumps(error)).reason == error.reason  # noqa: S301 - our own


@pytest.mark.parametrize(
    "status", [100, 200, 202, 204, 299, 301, 304, 400, 401, 403, 404, 418, 422, 500, 502, 520, 599]
)
@pytest.mark.parametrize("body", [TOKEN, b"<html>", {"message": "no"}], ids=["token", "HTML", "error"])
def test_any_other_status_raises_and_none_is_returned(status: int, body: Any) -> None:
    with pytest.raises(UnexpectedStatus) as raised:
        operation.parse(answer(body, status))
    assert raised.value.status_code == status
    assert SECRET not in str(raised.value)


def test_a_documented_error_is_raised_with_its_model() -> None:
    with pytest.raises(UnexpectedStatus) as raised:
        operation.parse(answer({"message": "Not Found", "status": "404"}, 404))
    assert raised.value.error == BasicError(message="Not Found", status="404")
    assert pickle.loads(pickle.dumps(raised.value)).error == raised.value.error  # noqa: S301 - our own


def test_an_optional_value_that_cannot_be_read_is_unset_and_kept() -> None:
    token = read(permissions=None, repositories="none", colour="red")
    assert token.permissions is UNSET
    assert token.repositories is UNSET
    assert token.additional_properties == {"permissions": None, "repositories": "none", "colour": "red"}
    assert token.to_dict()["permissions"] is None


@pytest.mark.parametrize("count", range(7))
def test_no_unknown_field_is_lost_however_many_there_are_and_described_ones_are_not(count: int) -> None:
    unknown = {f"unknown {number}": number for number in range(count)}
    token = read(**unknown)
    assert token.additional_properties == unknown
    token["own"] = 1
    assert token.to_dict() == {**TOKEN, **unknown, "own": 1, "expires_at": "2020-01-22T12:13:35.123000-08:00"}


@pytest.mark.parametrize("name", ["id", "owner", "license", "updated_at", "private"])
def test_a_required_field_that_is_missing_is_named(name: str, repository: dict[str, Any]) -> None:
    del repository[name]
    with pytest.raises(InvalidResponse, match=rf"^Repository\.{name} is missing$") as raised:
        Repository.from_dict(repository)
    assert raised.value.__context__ is None


def test_an_item_that_cannot_be_read_is_left_out_with_one_log_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = read(repositories=[{"id": SECRET}])
    assert caplog.records == []
    assert token.repositories == []
    assert token.repositories is token.repositories
    (record,) = caplog.records
    assert record.name == "runner_registration_api"
    assert record.getMessage().startswith("AuthenticationToken.repositories[0] is left out: Repository.")
    assert SECRET not in record.getMessage()


@pytest.mark.parametrize("value", [True, "1", None, 1.5], ids=repr)
def test_an_integer_is_neither_a_boolean_nor_text(value: object, repository: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponse, match=r"^Repository\.id is missing or no integer$"):
        Repository.from_dict({**repository, "id": value})


def test_every_secret_is_masked_in_every_repr(repository: dict[str, Any]) -> None:
    body = {**TOKEN, "repositories": [{**repository, "temp_clone_token": SECRET}], "other": SECRET}
    token = operation.parse(answer(body))
    assert token.repositories
    assert token.repositories[0].temp_clone_token == SECRET
    assert SECRET not in repr(token) + str(token)
    assert "token='***'" in repr(token)
    assert "additional_properties={'other': ...}" in repr(token)


@pytest.mark.parametrize(
    "fields",
    [
        dict[str, Any](),
        {"permissions": {"issues": "read"}, "single_file": None, "repository_selection": "all"},
        {"repositories": []},
        {"permissions": None, "unknown": {"deep": [["x"]]}, "single_file": "\ud800"},
    ],
    ids=["least", "most", "unread list", "odd"],
)
def test_a_model_can_be_compared_copied_pickled_and_written(fields: dict[str, Any]) -> None:
    token = read(**fields)
    for twin in (
        read(**fields),
        copy.copy(token),
        copy.deepcopy(token),
        pickle.loads(pickle.dumps(token)),  # noqa: S301 - our own
        AuthenticationToken.from_dict(token.to_dict()),
    ):
        assert twin == token
        assert repr(twin) == repr(token)
    assert token.to_dict() == {**TOKEN, **fields, "expires_at": "2020-01-22T12:13:35.123000-08:00"}


def test_evolve_makes_another_token_of_the_same_kind() -> None:
    later = attrs.evolve(read(), expires_at=EXPIRES_AT + timedelta(hours=1))
    assert later.token == SECRET
    assert later.expires_at.astimezone(timezone(timedelta(hours=-8))).hour == 13


def test_what_the_answer_holds_is_not_changed_by_reading_it() -> None:
    fields = {**TOKEN, "permissions": None, "more": [1]}
    before = copy.deepcopy(fields)
    AuthenticationToken.from_dict(fields)
    assert fields == before
