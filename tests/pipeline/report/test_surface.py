"""How two packages are compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.layout import HERE
from pipeline.report import rules, surface
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
        ("Sort | Unset", {"Literal['a']", "Literal['b']", "Unset"}),
        ("SimpleUser", {"Person"}),
        ("list[SimpleUser]", {"list[Person]"}),
    ],
)
def test_splits_a_union_into_types(annotation: str, expected: set[str]) -> None:
    assert surface.types(annotation, {"Sort": "Literal['a', 'b']", "SimpleUser": "Person"}) == expected


def changed(old: Member, new: Member) -> set[Rule]:
    types = (surface.types(member.annotation, {}) for member in (old, new))
    return set(surface.changed(old, new, *types))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("None | str", "str | None", set[Rule]()),
        ("str", "str | None", {rules.FIELD_NULLABLE}),
        ("str | None", "str", {rules.FIELD_NOT_NULLABLE}),
        ("str", "str | Unset", {rules.FIELD_OPTIONAL}),
        ("str | Unset", "str", {rules.FIELD_REQUIRED}),
        ("str | Unset", "str | None", {rules.FIELD_REQUIRED, rules.FIELD_NULLABLE}),
        ("str", "int", {rules.FIELD_TYPE}),
        ("str", "int | Unset", {rules.FIELD_TYPE, rules.FIELD_OPTIONAL}),
        ("A", "A | B", {rules.FIELD_TYPE}),
    ],
)
def test_compares_the_types_of_a_field(old: str, new: str, expected: set[Rule]) -> None:
    assert changed(Member("field", old), Member("field", new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("str", None), ("str", None), set[Rule]()),
        (("str", None), ("str | Unset", "UNSET"), {rules.PARAMETER_OPTIONAL}),
        (("str | Unset", "UNSET"), ("str", None), {rules.PARAMETER_REQUIRED}),
        (("str", None), ("str | int", None), {rules.PARAMETER_WIDENED}),
        (("int", None), ("float", None), {rules.PARAMETER_WIDENED}),
        (("float", None), ("int", None), {rules.PARAMETER_CHANGED}),
        (("Literal['a']", None), ("str", None), {rules.PARAMETER_WIDENED}),
        (("str", None), ("Literal['a']", None), {rules.PARAMETER_CHANGED}),
        (("str", None), ("Any", None), {rules.PARAMETER_WIDENED}),
        (("int | Unset", "1"), ("int | Unset", "2"), {rules.PARAMETER_DEFAULT}),
        (("int | Unset", "UNSET"), ("int | Unset", "1"), {rules.PARAMETER_DEFAULT_DOCUMENTED}),
        (("str", None, 0), ("str", None, 1), {rules.PARAMETER_MOVED}),
        (("str", None, 0), ("str", None, None), {rules.PARAMETER_MOVED}),
        (("str", None, None), ("str", None, 0), set[Rule]()),
    ],
)
def test_a_parameter_can_accept_more_but_not_less(
    old: tuple[str, str | None], new: tuple[str, str | None], expected: set[Rule]
) -> None:
    assert changed(Member("parameter", *old), Member("parameter", *new)) == expected


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
        ("client", rules.NAME_REMOVED),
        ("api.actions.create_registration_token_for_org.asyncio_detailed", rules.NAME_REMOVED),
        ("BasicError", rules.MODEL_REMOVED),
    }


def test_a_package_does_not_differ_from_itself(package: Path) -> None:
    assert list(surface.compare(surface.read(HERE.client), surface.read(package), {})) == []


@pytest.mark.parametrize("content", ["<<<<<<< HEAD\n", "a\0b"], ids=["conflict", "null byte"])
def test_rejects_a_package_that_cannot_be_read(package: Path, content: str) -> None:
    (package / "models" / "repository.py").write_text(content)
    with pytest.raises(StageError, match=r"cannot be read: .*"):
        surface.read(package)


def test_rejects_a_missing_package(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="cannot be read: "):
        surface.read(tmp_path / HERE.client.name)
