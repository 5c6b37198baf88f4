"""Reading responses: a token survives whatever GitHub may change, and anything else raises one named error."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
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

from runner_registration.testing._samples import sample
from tests.contract.described import resolved

SECRET = "AABF3JGZDX3P5PMEXLND6TS6FCWO6"
TOKEN: dict[str, Any] = {"token": SECRET, "expires_at": "2020-01-22T12:13:35.123-08:00"}
DEEP: list[Any] = json.loads("[" * 200 + "]" * 200)
EXPIRES_AT = datetime(2020, 1, 22, 20, 13, 35, 123000, tzinfo=UTC)


@pytest.fixture
def repository() -> dict[str, Any]:
    value: dict[str, Any] = sample({"$ref": "#/components/schemas/repository"}, resolved)
    return value


def respond(body: Any, status: int = 201) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


def read(**fields: Any) -> AuthenticationToken:
    return operation.parse(respond({**TOKEN, **fields}))


@pytest.mark.parametrize(
    "drift",
    [
        pytest.param({"repository_selection": "a value of next year"}, id="unknown enum value"),
        pytest.param({"runner_group": {"id": 1}, "": None}, id="unknown fields"),
        pytest.param({"permissions": None}, id="null for an object"),
        pytest.param({"permissions": "write"}, id="a string for an object"),
        pytest.param({"repositories": None}, id="null for a list"),
        pytest.param({"repositories": {"0": {}}}, id="an object for a list"),
        pytest.param({"repositories": [None, 1, {}, {"id": "x", "owner": 1}]}, id="unreadable items"),
        pytest.param({"single_file": ["a", "b"]}, id="a list for a string"),
        pytest.param({"single_file": "\ud800"}, id="a lone surrogate"),
    ],
)
def test_reads_the_token_despite_unexpected_values_of_other_fields(drift: dict[str, Any]) -> None:
    token = read(**drift)
    assert token.token == SECRET
    assert token.expires_at == EXPIRES_AT


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-22T12:13:35.123-08:00",
        "2020-01-22T20:13:35.123Z",
        "2020-01-22t20:13:35.123z",
        "2020-01-22T20:13:35.123z",
        "2020-01-22 20:13:35.123Z",
        "2020-01-22 20:13:35.123z",
        "2020-01-22 20:13:35.123+00:00",
        "2020-01-22T20:13:35.123+00:00",
        "2020-01-22T20:13:35.123-00:00",
        "2020-01-22t20:13:35.123-00:00",
        "2020-01-23T02:43:35.123+06:30",
        *(f"2020-01-22T20:13:35.123{'0' * digits}Z" for digits in range(1, 30)),
        "2020-01-22T20:13:35.1230009z",  # the seventh digit is less than Python's datetime holds
    ],
)
def test_reads_date_times_of_rfc_3339(text: str) -> None:
    assert read(expires_at=text).expires_at == EXPIRES_AT


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-22T20:13:35Z", EXPIRES_AT.replace(microsecond=0)),
        ("2020-01-22T20:13:35.1Z", EXPIRES_AT.replace(microsecond=100_000)),
        ("2020-01-22T20:13:35.12z", EXPIRES_AT.replace(microsecond=120_000)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31t15:59:60.5-08:00", datetime(2017, 1, 1, microsecond=500_000, tzinfo=UTC)),
        ("0002-01-01T00:00:00+14:00", datetime(1, 12, 31, 10, tzinfo=UTC)),
        ("9998-12-31T23:59:59-14:00", datetime(9999, 1, 1, 13, 59, 59, tzinfo=UTC)),
    ],
)
def test_reads_fractions_leap_seconds_and_distant_years(text: str, moment: datetime) -> None:
    expires_at = read(expires_at=text).expires_at
    assert expires_at == moment
    for hours in (-14, 0, 14):
        assert expires_at.astimezone(timezone(timedelta(hours=hours))) == moment


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({**TOKEN, "token": None}, id="null token"),
        pytest.param({**TOKEN, "token": ""}, id="empty token"),
        pytest.param({**TOKEN, "token": 17}, id="a number as token"),
        *(
            pytest.param({**TOKEN, "token": token}, id=f"token {token!a}")
            for token in (
                *(f"{SECRET}\r\n", f" {SECRET}", f"{SECRET} ", f"{SECRET[:9]} {SECRET[9:]}", f"{SECRET}\t", " ", "\n"),
                *(f"{SECRET[:9]}{char}{SECRET[9:]}" for char in "\x00\x1b\x7f\x85\xa0\u200b\u2028\u202e\ufeff\ud800"),
            )
        ),
        pytest.param({"expires_at": TOKEN["expires_at"]}, id="no token"),
        pytest.param({"token": SECRET}, id="no expires_at"),
        pytest.param({**TOKEN, "expires_at": None}, id="null expires_at"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22T12:13:35"}, id="no offset"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22"}, id="a date"),
        pytest.param({**TOKEN, "expires_at": "in an hour"}, id="text"),
        pytest.param({**TOKEN, "expires_at": 1579724015}, id="epoch seconds"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22T12:60:00Z"}, id="minute 60"),
        pytest.param({**TOKEN, "expires_at": "2020-01-22T12:59:61Z"}, id="second 61"),
        pytest.param({**TOKEN, "expires_at": "2020-02-30T12:59:60Z"}, id="February 30"),
        pytest.param({**TOKEN, "expires_at": "9999-12-31T23:59:60Z"}, id="a leap second at the end of the calendar"),
        pytest.param({**TOKEN, "expires_at": "9999-12-31T23:59:59Z"}, id="after the calendar"),
        pytest.param({**TOKEN, "expires_at": "\ud800"}, id="a lone surrogate"),
        pytest.param({**TOKEN, "expires_at": "0001-01-01T00:00:00+14:00"}, id="before the calendar"),
        pytest.param({**TOKEN, "expires_at": "9999-12-31T23:59:59-14:00"}, id="after the calendar in UTC"),
        pytest.param([], id="a list"),
        pytest.param([TOKEN], id="a list of tokens"),
        pytest.param(SECRET, id="a string"),
        pytest.param(None, id="null"),
        pytest.param(b"", id="empty"),
        pytest.param(f"<html>{SECRET}</html>".encode(), id="HTML"),
        pytest.param(json.dumps(TOKEN).encode()[:-3], id="cut off"),
        pytest.param(b'{"token": "\xff\xfe' + SECRET.encode() + b'"}', id="not UTF-8"),
        pytest.param(b'{"token":' + b"[" * 100_000, id="nested too deep"),
    ],
)
def test_a_body_without_a_usable_token_raises_an_error_that_holds_no_part_of_it(body: Any) -> None:
    with pytest.raises(InvalidResponse) as raised:
        operation.parse(respond(body))
    error = raised.value
    assert error.reason
    assert error.__context__ is None
    assert error.__cause__ is None
    assert SECRET not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
    assert pickle.loads(pickle.dumps(error)).reason == error.reason  # noqa: S301 - our own


@pytest.mark.parametrize("status", [100, 200, 204, 299, 301, 401, 404, 502, 599])
@pytest.mark.parametrize("body", [TOKEN, b"<html>", {"message": "no"}], ids=["token", "HTML", "error"])
def test_any_other_status_raises(status: int, body: Any) -> None:
    with pytest.raises(UnexpectedStatus) as raised:
        operation.parse(respond(body, status))
    assert raised.value.status_code == status
    assert SECRET not in str(raised.value) + repr(raised.value)


def test_a_documented_error_carries_its_model() -> None:
    with pytest.raises(UnexpectedStatus) as raised:
        operation.parse(respond({"message": "Not Found", "status": "404"}, 404))
    assert raised.value.error == BasicError(message="Not Found", status="404")
    assert pickle.loads(pickle.dumps(raised.value)).error == raised.value.error  # noqa: S301 - our own


def test_an_unreadable_optional_value_is_unset_and_kept() -> None:
    token = read(permissions=None, repositories="none", colour="red")
    assert token.permissions is UNSET
    assert token.repositories is UNSET
    assert token.additional_properties == {"permissions": None, "repositories": "none", "colour": "red"}
    assert token.to_dict()["permissions"] is None


@pytest.mark.parametrize("count", [0, 1, 5])
def test_keeps_every_undocumented_field(count: int) -> None:
    unknown = {f"unknown {number}": number for number in range(count)}
    token = read(**unknown)
    assert token.additional_properties == unknown
    token["own"] = 1
    assert token.to_dict() == {**TOKEN, **unknown, "own": 1, "expires_at": "2020-01-22T12:13:35.123000-08:00"}


@pytest.mark.parametrize("name", ["id", "private"])
def test_names_the_required_field_that_is_missing(name: str, repository: dict[str, Any]) -> None:
    del repository[name]
    with pytest.raises(InvalidResponse, match=rf"^Repository\.{name} is missing$") as raised:
        Repository.from_dict(repository)
    assert raised.value.__context__ is None


def test_leaves_out_an_unreadable_item_with_one_log_record(
    caplog: pytest.LogCaptureFixture, repository: dict[str, Any]
) -> None:
    token = read(repositories=[{"id": SECRET}, repository])
    assert token.repositories
    assert [found.id for found in token.repositories] == [repository["id"]]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("runner_registration_api", "WARNING")
    assert record.getMessage() == "AuthenticationToken.repositories[0] is left out: Repository.id is not an integer"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"runner_group": DEEP}, "AuthenticationToken['runner_grou...'] is left out: "),
        ({SECRET: DEEP}, "AuthenticationToken['***'] is left out: "),
        ({"permissions": {SECRET: DEEP}}, "AuthenticationToken.permissions['***'] is left out: "),
    ],
    ids=["field", "secret as a name", "secret as a name in a map"],
)
def test_leaves_out_values_that_are_nested_too_deep(
    fields: dict[str, Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = read(**fields)
    assert token == pickle.loads(pickle.dumps(token))  # noqa: S301 - our own
    assert [record.getMessage()[: len(message)] for record in caplog.records] == [message]
    assert "nested more than 100 levels deep" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("value", [True, "1", None, 1.5], ids=repr)
def test_rejects_values_that_are_not_integers(value: object, repository: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponse, match=r"^Repository\.id is not an integer$"):
        Repository.from_dict({**repository, "id": value})


def test_masks_secrets_in_repr(repository: dict[str, Any]) -> None:
    body = {**TOKEN, "repositories": [{**repository, "temp_clone_token": SECRET}], "other": SECRET}
    token = operation.parse(respond(body))
    assert token.repositories
    assert token.repositories[0].temp_clone_token == SECRET
    assert SECRET not in repr(token) + str(token)
    assert "token='***'" in repr(token)
    assert "additional_properties={'other': ...}" in repr(token)


@pytest.mark.parametrize("secret", [SECRET, "16c7e42f292c6912e7710c838347ae178b4a9f0e", "1234567890123456"])
def test_shows_no_long_part_of_a_text_that_may_be_a_secret(secret: str, repository: dict[str, Any]) -> None:
    body = {
        **TOKEN,
        "single_file": secret,
        "repository_selection": secret,
        "permissions": {"issues": secret},
        "repositories": [{**repository, "html_url": secret, "topics": [secret], "id": int("1" * 16)}],
    }
    shown = repr(read(**body))
    assert [part for i in range(len(secret) - 11) if (part := secret[i : i + 12]) in shown] == []
    assert "1" * 12 not in shown
    assert f"single_file='{secret[:11]}...'" in shown
    assert f"topics=['{secret[:11]}...']" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("other", "'other'"),
        ("runner_group", "'runner_grou...'"),
        (SECRET, "'***'"),
        (SECRET.lower(), "'***'"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "'***'"),
        ("ghs_123_eyJhbGciOiJSUzI1NiJ9.eyJpIjo0Mn0.c2lnbg", "'***'"),
        ("16c7e42f292c6912e7710c838347ae178b4a9f0e", "'***'"),
        ("correcthorsebatterystaple", "'correcthors...'"),
        ("two words", "'***'"),
        ("\x1b[31m", "'***'"),
        ("name\u202e", "'***'"),
        ("größe", "'***'"),
        ("\ud800", "'***'"),
        ("", "'***'"),
    ],
)
def test_shows_names_of_undocumented_fields_only_if_they_cannot_be_a_secret(name: str, shown: str) -> None:
    assert f"additional_properties={{{shown}: ...}}" in repr(read(**{name: 1}))
    assert f"{{{shown}: ...}}" in repr(read(permissions={name: "read"}).permissions)


@pytest.mark.parametrize(
    "fields",
    [
        dict[str, Any](),
        {"permissions": {"issues": "read"}, "single_file": None, "repository_selection": "all"},
        {"repositories": []},
        {"permissions": None, "unknown": {"deep": [["x"]]}, "single_file": "\ud800"},
    ],
    ids=["least", "most", "empty list", "odd"],
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


def test_a_token_can_be_evolved() -> None:
    later = attrs.evolve(read(), expires_at=EXPIRES_AT + timedelta(hours=1))
    assert later.token == SECRET
    assert later.expires_at.astimezone(timezone(timedelta(hours=-8))).hour == 13


def test_reading_does_not_change_its_input() -> None:
    fields = {**TOKEN, "permissions": None, "more": [1]}
    before = copy.deepcopy(fields)
    AuthenticationToken.from_dict(fields)
    assert fields == before


def test_the_compiled_reader_shows_its_lines_in_a_traceback() -> None:
    with pytest.raises(InvalidResponse) as raised:
        AuthenticationToken.from_dict({})
    shown = "".join(traceback.format_exception(raised.value))
    assert 'File "<reader of runner_registration_api.models.authentication_token.AuthenticationToken>"' in shown
    assert 'raise InvalidResponse(f"AuthenticationToken.{missing} is missing")' in shown


def test_threads_may_read_the_first_response_at_the_same_time(repository: dict[str, Any]) -> None:
    program = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from runner_registration_api import models
sys.setswitchinterval(1e-6)
body = json.load(sys.stdin)
with ThreadPoolExecutor(16) as pool:
    found = list(pool.map(models.AuthenticationToken.from_dict, [body] * 64))
assert found == [models.AuthenticationToken.from_dict(body)] * 64
"""
    body = json.dumps({**TOKEN, "repositories": [repository], "permissions": {"issues": "read"}})
    done = subprocess.run(
        [sys.executable, "-c", program], input=body, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
