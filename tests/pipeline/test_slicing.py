"""The slice: the listed operations and everything they refer to, in GitHub's own text, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import slicing
from pipeline.stages import StageError

from .descriptions import OPERATION_ID, dangling, description, schemas, write


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("actions/a\ngists/b\n", ["actions/a", "gists/b"], id="one per line"),
        pytest.param("# why\n\n  actions/a  \n  # why\n", ["actions/a"], id="comments, blank lines, white space"),
    ],
)
def test_reads_the_list(content: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "operations.txt"
    path.write_text(content)
    assert slicing.listed(path) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"# none\n", "operations.txt lists no operation", id="empty"),
        pytest.param(b"a/b\nc/d\n a/b\n", "operations.txt lists a/b more than once", id="twice"),
        pytest.param(b"\xff", "operations.txt cannot be read: ", id="encoding"),
        pytest.param(None, "operations.txt cannot be read: .*No such file", id="missing"),
    ],
)
def test_rejects_an_invalid_list(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "operations.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StageError, match=reason):
        slicing.listed(path)


def cut(folder: Path, document: dict[str, Any], *wanted: str, ambiguous: str | None = None) -> Any:
    path = write(folder / "description.json", document)
    return yaml.safe_load(slicing.make(path, list(wanted), frozenset([ambiguous] if ambiguous else [])))


def test_contains_the_listed_operations_word_for_word(tmp_path: Path) -> None:
    document = description()
    document["tags"] += [*document["tags"][1:], "odd"]
    document["x-webhooks"] = {"ping": {"post": {"operationId": "ping", "responses": {}}}}
    expected = description()
    del expected["paths"]["/gists"]
    del expected["components"]["schemas"]["gist"]
    expected["tags"] = [tag for tag in expected["tags"] if tag["name"] == "actions"]
    assert cut(tmp_path, document, OPERATION_ID) == expected


def test_a_description_in_yaml_gives_the_same_slice(tmp_path: Path) -> None:
    path = tmp_path / "description.yaml"
    path.write_text(yaml.safe_dump(description(), sort_keys=False))
    assert yaml.safe_load(slicing.make(path, [OPERATION_ID])) == cut(tmp_path, description(), OPERATION_ID)


def test_operations_share_what_they_refer_to(tmp_path: Path) -> None:
    sliced = cut(tmp_path, description(), "gists/list", OPERATION_ID)
    assert len(sliced["paths"]) == 2
    assert [tag["name"] for tag in sliced["tags"]] == ["actions", "gists"]


def with_paths(paths: object) -> dict[str, Any]:
    return {**description(), "paths": paths}


@pytest.mark.parametrize(
    ("document", "wanted", "reason"),
    [
        pytest.param(
            description(), "actions/gone", "the description has no operation actions/gone$", id="missing operation"
        ),
        pytest.param(
            description(),
            OPERATION_ID.partition("/")[2],
            rf"has no operation [a-z-]+: did you mean {OPERATION_ID}\?$",
            id="operation without its tag",
        ),
        pytest.param(
            dangling(description()),
            OPERATION_ID,
            r"the description has a dangling \$ref at #/paths/\S+/responses/404",
            id="dangling reference",
        ),
        pytest.param({"key": "value"}, OPERATION_ID, "Unsupported specification", id="not OpenAPI"),
        pytest.param({"openapi": "3.0.3"}, OPERATION_ID, "'info' is a required", id="nothing described"),
        pytest.param(with_paths([]), OPERATION_ID, r"\$\.paths: \[\] is not", id="paths are an array"),
        pytest.param(with_paths({"/x": None}), OPERATION_ID, r"\$\.paths\['/x'\]: None is not", id="path is null"),
        pytest.param(with_paths({"/x": {"get": "x"}}), OPERATION_ID, r"get: 'x' is not", id="operation is a string"),
    ],
)
def test_rejects_an_unusable_description_in_one_line(
    document: dict[str, Any], wanted: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(StageError, match=reason) as raised:
        cut(tmp_path, document, wanted)
    assert "\n" not in str(raised.value)


def test_rejects_two_different_definitions_only_if_the_slice_needs_them(tmp_path: Path) -> None:
    assert "gist" in schemas(description())
    cut(tmp_path, description(), OPERATION_ID, ambiguous="gist")
    with pytest.raises(StageError, match="the description has two different definitions of authentication-token"):
        cut(tmp_path, description(), OPERATION_ID, ambiguous="authentication-token")
