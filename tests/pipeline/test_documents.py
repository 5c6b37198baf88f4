"""Reading, writing and searching documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline import documents
from pipeline.stages import StageError

# Strings that YAML 1.1 or 1.2 reads as something else unless they are quoted or escaped.
TRAPS = {
    "date": "2022-11-28",
    "instant": "2022-11-28T01:02:03Z",
    "boolean of 1.1": "on",
    "another": "No",
    "boolean": "true",
    "capital boolean": "TRUE",
    "null": "null",
    "tilde": "~",
    "empty": "",
    "merge key": "<<",
    "default key": "=",
    "integer": "12",
    "leading zero": "012",
    "not octal": "08",
    "octal": "0o7",
    "octal of ruamel": "-0o7",
    "hexadecimal": "0x1F",
    "underscores": "1_000",
    "sexagesimal": "12:30:45",
    "float without a point": "1e3",
    "float with underscores": "1_0e3",
    "version": "1.10",
    "infinity": ".inf",
    "indicator": "*anchor",
    "comment": "a #b",
    "mapping": "a: b",
    "document end": "...",
    "colour": "#fff",
    "lines": "first\nsecond\n",
    "lines without an end": "first\nsecond",
    "blank lines": "\n\nfirst\n\n",
    "indented line": "  first\nsecond",
    "trailing spaces": "first  \nsecond \n",
    "tab": "\tfirst\nsecond\t",
    "carriage return": "first\r\nsecond",
    "line separator of 1.1": "first\nsecond\u2028third",
    "next line of 1.1": "\x85",
    "byte order mark": "\ufefffirst",
    "control character": "\x07",
    "unicode": "naïve 日本 🎉",
    "long": "word " * 400,
}

_KEYS_AND_VALUES = {name: {text: text, "in a list": [text]} for name, text in TRAPS.items()}

_TEXT = st.text(max_size=12) | st.text(
    alphabet="0123456789_+-.:eExobfTZ~ \n\t\r\x85\u2028'\"#&*!|>%@`{}[],?=<", max_size=12
)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=10,
)


# ruamel.yaml is only partly typed.
RUAMEL: Any = YAML(typ="safe")


def check(document: documents.Document, path: Path) -> None:
    text = documents.dump(document)
    path.write_text(text, encoding="utf-8", newline="")
    read = {
        "by us": documents.load(path),
        "by PyYAML, YAML 1.1": yaml.safe_load(text),
        "by ruamel.yaml, YAML 1.2": RUAMEL.load(text),
    }
    # Compared as JSON, because 1, 1.0 and True are equal in Python.
    assert {reader: json.dumps(found) for reader, found in read.items()} == dict.fromkeys(read, json.dumps(document))
    assert documents.dump(documents.load(path)) == text


@pytest.mark.parametrize("document", _KEYS_AND_VALUES.values(), ids=_KEYS_AND_VALUES)
def test_every_reader_reads_a_string_as_written(document: documents.Document, tmp_path: Path) -> None:
    check(document, tmp_path / "document.yaml")


@given(document=st.dictionaries(_TEXT, _JSON, max_size=4))
def test_every_reader_reads_any_json_object_as_written(
    document: documents.Document, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(document, tmp_path_factory.getbasetemp() / "document.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("2022-11-28", "2022-11-28", id="a date is a string"),
        pytest.param("on", "on", id="on is a string"),
        pytest.param("no", "no", id="no is a string"),
        pytest.param("12:30:45", "12:30:45", id="a time is a string"),
        pytest.param("1_000", "1_000", id="underscores make a string"),
        pytest.param("22.0.0", "22.0.0", id="a version is a string"),
        pytest.param("'012'", "012", id="quotes make a string"),
        pytest.param("True", True, id="boolean"),
        pytest.param("", None, id="an empty value is null"),
        pytest.param("~", None, id="tilde is null"),
        pytest.param("012", 12, id="a leading zero is not octal"),
        pytest.param("08", 8, id="a leading zero is not an error"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("1e3", 1000.0, id="float without a point"),
        pytest.param("-1.5", -1.5, id="float"),
    ],
)
def test_reads_yaml_1_2(text: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    path.write_text(f"key: {text}\n")
    (found,) = documents.load(path).values()
    assert (type(found), found) == (type(value), value)


def test_reads_json(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(_KEYS_AND_VALUES))
    assert documents.load(path) == _KEYS_AND_VALUES


def test_keeps_the_order_and_writes_no_anchors() -> None:
    shared = {"type": "string"}
    assert documents.dump({"b": shared, "a": shared}) == "b:\n  type: string\na:\n  type: string\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"[1]", "document.yaml is not an object", id="array"),
        pytest.param(b"", "document.yaml is not an object", id="empty"),
        pytest.param(b"a: [", "document.yaml is neither YAML nor JSON: ", id="syntax"),
        pytest.param(b"a: \xff", "document.yaml is neither YAML nor JSON: ", id="encoding"),
        pytest.param(b"a: !!int x", "document.yaml is neither YAML nor JSON: ", id="tag"),
        pytest.param(b"a: !!python/name:os.system", "document.yaml is neither YAML nor JSON: ", id="code"),
    ],
)
def test_rejects_anything_else_with_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    path.write_bytes(content)
    with pytest.raises(StageError) as raised:
        documents.load(path)
    assert str(raised.value).startswith(reason)
    assert "\n" not in str(raised.value)


def test_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"gone\.yaml: No such file"):
        documents.load(tmp_path / "gone.yaml")


# --- searching

DOCUMENT: dict[str, Any] = {
    "paths": {"/a/{b}": {"get": {"$ref": "#/components/x~0y"}}},
    "components": {
        "x~y": {"schema": {"$ref": "#/components/schemas/a%20b"}},
        "schemas": {
            "a b": {"type": "string"},
            "chain": {"$ref": "#/components/schemas/again"},
            "again": {"$ref": "#/components/schemas/list"},
            "list": {"items": [{"$ref": "#/components/schemas/a b"}, {"type": "integer"}]},
            "named": {"properties": {"$ref": {"type": "string"}}},
        },
    },
}


def test_yields_every_object_the_outer_ones_first() -> None:
    value = {"a": {"b": [{"c": 1}, "d", [{"e": None}]]}}
    assert list(documents.objects(value)) == [value, value["a"], {"c": 1}, {"e": None}]
    assert list(documents.objects("text")) == []


def test_yields_every_reference_but_not_a_property_of_that_name() -> None:
    assert set(documents.references(DOCUMENT)) == {
        ("components", "x~y"),
        ("components", "schemas", "a b"),
        ("components", "schemas", "again"),
        ("components", "schemas", "list"),
    }


@pytest.mark.parametrize(
    ("pointer", "parts"),
    [
        pytest.param("#/a~1b/c~0d", ("a/b", "c~d"), id="escapes"),
        pytest.param("#", (), id="the whole document"),
        pytest.param("#/a/", ("a", ""), id="empty name"),
        pytest.param("#/a b/\\u0041", ("a b", "\\u0041"), id="backslash"),
    ],
)
def test_splits_and_joins_pointers(pointer: str, parts: tuple[str, ...]) -> None:
    assert documents.parts(pointer) == parts
    assert documents.pointer(parts) == pointer


@pytest.mark.parametrize(
    ("pointer", "parts"),
    [
        pytest.param("/a%20b", ("a%20b",), id="a plain pointer is not percent-encoded"),
        pytest.param("#/a%20b", ("a b",), id="a URI fragment can be"),
        pytest.param("", (), id="empty"),
    ],
)
def test_splits_plain_pointers_and_uri_fragments(pointer: str, parts: tuple[str, ...]) -> None:
    assert documents.parts(pointer) == parts


@pytest.mark.parametrize(
    ("path", "resolved", "value"),
    [
        pytest.param((), (), DOCUMENT, id="the whole document"),
        pytest.param(
            ("paths", "/a/{b}", "get", "schema", "type"),
            ("components", "schemas", "a b", "type"),
            "string",
            id="references on the way",
        ),
        pytest.param(
            ("components", "schemas", "chain"),
            ("components", "schemas", "list"),
            DOCUMENT["components"]["schemas"]["list"],
            id="references at the end",
        ),
        pytest.param(
            ("components", "schemas", "chain", "items", "0"),
            ("components", "schemas", "a b"),
            {"type": "string"},
            id="an item of an array",
        ),
        pytest.param(
            ("components", "schemas", "again", "items", "2", "x"),
            ("components", "schemas", "list", "items", "2", "x"),
            None,
            id="a path to nothing",
        ),
    ],
)
def test_follows_references(path: tuple[str, ...], resolved: tuple[str, ...], value: object) -> None:
    assert documents.resolved(DOCUMENT, path) == resolved
    assert documents.value_at(DOCUMENT, resolved) == value


def test_reports_a_circular_reference() -> None:
    circular = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    with pytest.raises(StageError, match=r"the reference at #/[ab] is circular"):
        documents.resolved(circular, ("a",))


def test_follows_a_node_that_is_a_reference() -> None:
    target = {"type": "string"}
    document = {"a": target, "b": {"$ref": "#/a"}, "c": ["text"]}
    assert documents.followed(document, {"$ref": "#/b"}) is target
    assert documents.followed(document, target) is target
    for pointer in ("#/c/0", "#/d"):
        with pytest.raises(StageError, match=f"{pointer} does not refer to an object"):
            documents.followed(document, {"$ref": pointer})
