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

# Strings that YAML 1.1, YAML 1.2 or ruamel.yaml reads as something else unless they are quoted or escaped.
TRAPS = [
    *("2022-11-28", "2022-11-28T01:02:03Z", "12:30:45", "1.10"),
    *("on", "No", "true", "TRUE", "null", "~", "", "<<", "=", "...", "*anchor", "a #b", "a: b", "#fff"),
    *("12", "012", "08", "0o7", "-0o7", "0x1F", "1_000", "1e3", "1_0e3", ".inf"),
    *("first\nsecond\n", "first\nsecond", "\n\nfirst\n\n", "  first\nsecond", "first  \nsecond \n", "word " * 400),
    *("\tfirst\nsecond\t", "first\r\nsecond", "first\nsecond\u2028third", "\x85", "\ufefffirst", "\x07"),
    "naïve 日本 🎉",
]
KEYS_AND_VALUES = [{text: text, "in a list": [text]} for text in TRAPS]

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


@pytest.mark.parametrize("document", KEYS_AND_VALUES, ids=[repr(text[:20]) for text in TRAPS])
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
        *((text, text) for text in ("2022-11-28", "on", "no", "12:30:45", "1_000", "22.0.0")),
        *(("'012'", "012"), ("012", 12), ("08", 8), ("0o17", 15), ("0x1F", 31), ("1e3", 1000.0), ("-1.5", -1.5)),
        *(("True", True), ("", None), ("~", None)),
    ],
)
def test_reads_yaml_1_2(text: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    path.write_text(f"key: {text}\n")
    (found,) = documents.load(path).values()
    assert (type(found), found) == (type(value), value)


def test_reads_json(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps({"traps": TRAPS}))
    assert documents.load(path) == {"traps": TRAPS}


def test_keeps_the_order_and_writes_no_anchors() -> None:
    shared = {"type": "string"}
    assert documents.dump({"b": shared, "a": shared}) == "b:\n  type: string\na:\n  type: string\n"


@pytest.mark.parametrize(
    ("content", "document"),
    [
        pytest.param(
            b"200: a\n1: b\ntrue: c\n2022-11-28: d", {"200": "a", "1": "b", "true": "c", "2022-11-28": "d"}, id="keys"
        ),
        pytest.param(b"a: {<<: {b: 1, c: 2}, b: 3}", {"a": {"b": 3, "c": 2}}, id="merge"),
        pytest.param(b"a: {'<<': 1}", {"a": {"<<": 1}}, id="a quoted key"),
        pytest.param(b'\xef\xbb\xbf {"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}, id="JSON with a byte order mark"),
    ],
)
def test_reads_keys_as_strings(content: bytes, document: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "document.yaml"
    path.write_bytes(content)
    assert documents.load(path) == document


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"[1]", "document.yaml is not an object", id="array"),
        pytest.param(b"", "document.yaml is not an object", id="empty"),
        pytest.param(b"a: [", "document.yaml is neither YAML nor JSON: ", id="syntax"),
        pytest.param(b"a: {b: 1, b: 2}", "document.yaml is neither YAML nor JSON: a key is defined twice", id="key"),
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


def test_only_a_uri_fragment_is_percent_encoded() -> None:
    assert documents.parts("#/a%20b") == ("a b",)
    assert documents.parts("/a%20b") == ("a%20b",)


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


def test_collects_references_of_what_is_referred_to() -> None:
    found = documents.referenced({"$ref": "#/components/x~0y"}, DOCUMENT)
    assert found == {("components", "x~y"), ("components", "schemas", "a b")}
    with pytest.raises(StageError, match="the description refers to #/components/gone, which it lacks"):
        documents.referenced({"$ref": "#/components/gone"}, DOCUMENT)


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
