"""How types and parameters are compared."""

from __future__ import annotations

import pytest

from pipeline.report import rules
from pipeline.report.rules import Rule
from pipeline.report.signatures import field_rules, members, parameter_rules
from pipeline.report.surface import Parameter


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
def test_members_of_a_union(annotation: str, expected: set[str]) -> None:
    assert members(annotation, {"Sort": "Literal['a', 'b']"}, {"SimpleUser": "Person"}) == expected


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
def test_whichever_way_a_fields_type_changes_something_no_longer_fits(old: str, new: str, expected: set[Rule]) -> None:
    assert set(field_rules(members(old, {}), members(new, {}))) == expected


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
        (("int | Unset", "UNSET"), ("int | Unset", "1"), {rules.PARAMETER_DEFAULT_TOLD}),
    ],
)
def test_a_parameter_may_take_more_but_not_less(
    old: tuple[str, str | None], new: tuple[str, str | None], expected: set[Rule]
) -> None:
    types = (members(annotation, {}) for annotation, _ in (old, new))
    assert set(parameter_rules(Parameter(*old), Parameter(*new), *types)) == expected
