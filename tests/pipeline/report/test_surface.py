"""How two packages are compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.layout import HERE
from pipeline.report import surface
from pipeline.report.rules import Rule
from pipeline.report.surface import Member
from pipeline.stages import StageError


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("str", {"str"}),
        ("None | str | Unset", {"str", "None", "Unset"}),
        ("list[str | None]", {"list[None | str]"}),
        ("Literal['a', 'b']", {"Literal['a']", "Literal['b']"}),
    ],
)
def test_splits_a_union_into_types(annotation: str, expected: set[str]) -> None:
    assert surface.types(annotation) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("None | str", "str | None", set[Rule]()),
        ("str", "str | None", {Rule.FIELD_NULLABLE}),
        ("str | None", "str", {Rule.FIELD_NOT_NULLABLE}),
        ("str", "str | Unset", {Rule.FIELD_OPTIONAL}),
        ("str | Unset", "str", {Rule.FIELD_REQUIRED}),
        ("str | Unset", "str | None", {Rule.FIELD_REQUIRED, Rule.FIELD_NULLABLE}),
        ("str", "int", {Rule.FIELD_TYPE}),
        ("str", "int | Unset", {Rule.FIELD_TYPE, Rule.FIELD_OPTIONAL}),
        ("A", "A | B", {Rule.FIELD_TYPE}),
    ],
)
def test_compares_the_types_of_a_field(old: str, new: str, expected: set[Rule]) -> None:
    assert set(surface.changed(Member("field", old), Member("field", new))) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("str", None), ("str", None), set[Rule]()),
        (("str", None), ("str | Unset", "UNSET"), {Rule.PARAMETER_OPTIONAL}),
        (("str | Unset", "UNSET"), ("str", None), {Rule.PARAMETER_REQUIRED}),
        (("str", None), ("str | int", None), {Rule.PARAMETER_WIDENED}),
        (("int", None), ("float", None), {Rule.PARAMETER_WIDENED}),
        (("float", None), ("int", None), {Rule.PARAMETER_CHANGED}),
        (("Literal['a']", None), ("str", None), {Rule.PARAMETER_WIDENED}),
        (("str", None), ("Literal['a']", None), {Rule.PARAMETER_CHANGED}),
        (("str", None), ("Any", None), {Rule.PARAMETER_WIDENED}),
        (("int | Unset", "1"), ("int | Unset", "2"), {Rule.PARAMETER_DEFAULT}),
        (("int | Unset", "UNSET"), ("int | Unset", "1"), {Rule.PARAMETER_DEFAULT_DOCUMENTED}),
        (("str", None, 0), ("str", None, 1), {Rule.PARAMETER_MOVED}),
        (("str", None, 0), ("str", None, None), {Rule.PARAMETER_MOVED}),
        (("str", None, None), ("str", None, 0), set[Rule]()),
    ],
)
def test_a_parameter_can_accept_more_but_not_less(
    old: tuple[str, str | None], new: tuple[str, str | None], expected: set[Rule]
) -> None:
    assert set(surface.changed(Member("parameter", *old), Member("parameter", *new))) == expected


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the generated package."""
    return Path(shutil.copytree(HERE.client, tmp_path / HERE.client.name))


def edit(package: Path, module: str, old: str, new: str) -> None:
    path = package / module
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_finds_names_that_are_gone(package: Path) -> None:
    old = surface.read(HERE.client)
    edit(package, "api/actions/create_registration_token_for_org.py", "def asyncio_detailed(", "def other(")
    edit(package, "models/__init__.py", "from .basic_error import BasicError\n", "pass\n")
    (package / "client.py").unlink()
    found = {(change.where, change.rule) for change in surface.compare(old, surface.read(package), {})}
    assert found == {
        ("client", Rule.NAME_REMOVED),
        ("api.actions.create_registration_token_for_org.asyncio_detailed", Rule.NAME_REMOVED),
        ("BasicError", Rule.MODEL_REMOVED),
    }


def test_rejects_a_package_that_cannot_be_read(package: Path) -> None:
    for content in ("<<<<<<< HEAD\n", "a\0b"):
        (package / "models" / "repository.py").write_text(content)
        with pytest.raises(StageError, match="cannot be read: "):
            surface.read(package)
    shutil.rmtree(package)
    with pytest.raises(StageError, match="cannot be read: "):
        surface.read(package)
