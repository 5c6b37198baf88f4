"""The public surface of a generated package, and what differs between two of them. Nothing is imported.

griffe reads the packages. Its check for breaking changes finds names that are gone, but not annotations that differ,
so models and operations are compared here, field by field and parameter by parameter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import griffe

from pipeline.layout import PACKAGE
from pipeline.stages import StageError

from .changes import Change
from .rules import Rule

Kind = Literal["model", "field", "operation", "parameter"]

# The rules for something that is new, new and required, or gone.
_RULES: dict[Kind, tuple[Rule, Rule, Rule]] = {
    "model": (Rule.MODEL_ADDED, Rule.MODEL_ADDED, Rule.MODEL_REMOVED),
    "field": (Rule.FIELD_ADDED, Rule.FIELD_ADDED_REQUIRED, Rule.FIELD_REMOVED),
    "operation": (Rule.OPERATION_ADDED, Rule.OPERATION_ADDED, Rule.OPERATION_REMOVED),
    "parameter": (Rule.PARAMETER_ADDED, Rule.PARAMETER_ADDED_REQUIRED, Rule.PARAMETER_REMOVED),
}
# Parameters that every function of an operation has.
_COMMON = frozenset({"self", "client"})


@dataclass(frozen=True)
class Member:
    """Something that a package offers.

    Attributes:
        kind: What it is. A set of values counts as a model.
        annotation: The type of a field or parameter, or of an operation's result. Names of sets of values are resolved.
        default: The default of a field or parameter; None if it is required.
        place: The position of a parameter, if it can be passed by position; the tag of an operation.
    """

    kind: Kind
    annotation: str = "None"
    default: str | None = None
    place: int | str | None = None

    def text(self, where: str) -> str:
        """Return what a report shows of it."""
        if self.kind == "model":
            return where
        if self.kind == "operation":
            return f"{self.place}.{where} -> {self.annotation}"
        has_default = self.kind == "parameter" and self.default is not None
        return f"{self.annotation} = {self.default}" if has_default else self.annotation


@dataclass(frozen=True)
class Surface:
    """What a package offers.

    Attributes:
        package: The package as griffe has read it.
        members: By name, such as "Repository", "Repository.forks", "create_x" or "create_x(org)".
    """

    package: griffe.Module
    members: dict[str, Member]


# --- reading


def read(package: Path) -> Surface:
    """Read a package from its folder.

    Raises:
        StageError: A module cannot be read.
    """
    try:
        # griffe leaves out modules with syntax errors.
        for path in package.rglob("*.py"):
            ast.parse(path.read_bytes(), path.name)
        found = griffe.load(PACKAGE, search_paths=[str(package.parent)], allow_inspection=False)
    except (SyntaxError, ImportError) as error:
        raise StageError(f"the package in {package.parent.name}/ cannot be read: {error}") from error
    assert isinstance(found, griffe.Module)  # noqa: S101 - for type checkers: it is not an alias
    models = found["models"]
    attributes = {name: item for module in models.modules.values() for name, item in module.attributes.items()}
    literals = {name: str(item.value) for name, item in attributes.items() if str(item.value).startswith("Literal[")}
    members = {name: Member("model") for name in models.members.keys() & literals.keys()}
    for module in models.modules.values():
        for name, model in module.classes.items():
            if name in models.members and not model.is_alias:
                members |= {name: Member("model"), **_fields(name, model, literals)}
    for tag in found["api"].modules.values():
        for name, module in tag.modules.items():
            function = module.functions["sync"]
            members[name] = Member("operation", _text(function.returns, literals), place=tag.name)
            members |= _parameters(name, function, literals)
    return Surface(found, members)


def _fields(name: str, model: griffe.Class, literals: Mapping[str, str]) -> dict[str, Member]:
    return {
        f"{name}.{field}": Member("field", _text(attribute.annotation, literals), _default(attribute))
        for field, attribute in model.attributes.items()
        if attribute.annotation is not None and not field.startswith("_")
    }


def _default(attribute: griffe.Attribute) -> str | None:
    """Return the default that attrs gives a field, as its value or in a call of `field`."""
    if isinstance(attribute.value, griffe.ExprCall):
        keywords = {argument.name for argument in attribute.value.arguments if isinstance(argument, griffe.ExprKeyword)}
        if not keywords & {"default", "factory"}:
            return None
    return None if attribute.value is None else str(attribute.value)


def _parameters(name: str, function: griffe.Function, literals: Mapping[str, str]) -> dict[str, Member]:
    return {
        f"{name}({parameter.name})": Member(
            "parameter",
            _text(parameter.annotation, literals),
            None if parameter.default is None else str(parameter.default),
            None if parameter.kind is griffe.ParameterKind.keyword_only else position,
        )
        for position, parameter in enumerate(function.parameters)
        if parameter.name not in _COMMON
    }


def _text(expression: str | griffe.Expr | None, names: Mapping[str, str]) -> str:
    """Return an annotation in one spelling, however it is formatted, with other annotations in the place of names."""
    return ast.unparse(_Names(names).visit(ast.parse(str(expression), mode="eval")))


class _Names(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse(self._names.get(node.id, node.id), mode="eval").body


def types(annotation: str) -> frozenset[str]:
    """Return the types of a union. Each value of a literal is a type of its own."""
    return frozenset(_types(ast.parse(annotation, mode="eval").body))


def _types(tree: ast.expr) -> Iterator[str]:
    match tree:
        case ast.BinOp(left=left, right=right):
            yield from _types(left)
            yield from _types(right)
        case ast.Subscript(value=ast.Name("Literal"), slice=values):
            for value in values.elts if isinstance(values, ast.Tuple) else [values]:
                yield f"Literal[{ast.unparse(value)}]"
        case ast.Subscript(value=container, slice=inner):
            # The order within a union has no meaning, in a list's items either.
            yield f"{ast.unparse(container)}[{' | '.join(sorted(_types(inner)))}]"
        case _:
            yield ast.unparse(tree)


# --- comparing


def compare(old: Surface, new: Surface, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Compare two packages.

    Args:
        old: The old package.
        new: The new package.
        renamed: The new names of models that have another name now.
    """
    old_names = {other: name for name, other in renamed.items()}
    before = old.members
    after = {_in_owner(where, old_names.get(_owner(where))): member for where, member in new.members.items()}
    for name, other in renamed.items():
        yield Change(name, Rule.MODEL_RENAMED, "python", name, other)
    for name, other in list(_renamed_parameters(before, after)):
        yield Change(name, Rule.PARAMETER_RENAMED, "python", *(one.partition("(")[2][:-1] for one in (name, other)))
        after[name] = after.pop(other)
    for where in before.keys() | after.keys():
        was, now, owner = before.get(where), after.get(where), _owner(where)
        found: Iterable[Rule] = ()
        if was and now:
            found = changed(replace(was, annotation=_text(was.annotation, renamed)), now)
        elif where == owner or (owner in before and owner in after):
            found = [_added_or_removed(was, now)]
        first, second = (member.text(where) if member else None for member in (was, now))
        yield from (Change(where, rule, "python", first, second) for rule in found)
    yield from _other_names(old, new)


def _owner(where: str) -> str:
    """Return the model or operation that a name belongs to."""
    return where.partition(".")[0].partition("(")[0]


def _in_owner(where: str, owner: str | None) -> str:
    return where if owner is None else owner + where.removeprefix(_owner(where))


def _renamed_parameters(before: Mapping[str, Member], after: Mapping[str, Member]) -> Iterator[tuple[str, str]]:
    """Yield old and new name where an operation loses one parameter and gains one that is the same otherwise."""
    for operation in before.keys() & after.keys():
        removed, added = (
            [where for where in one if where not in other and where.startswith(f"{operation}(")]
            for one, other in ((before, after), (after, before))
        )
        if len(removed) == len(added) == 1 and before[removed[0]] == after[added[0]]:
            yield removed[0], added[0]


def _added_or_removed(old: Member | None, new: Member | None) -> Rule:
    if old:
        return _RULES[old.kind][2]
    assert new  # noqa: S101 - for type checkers: one of them is there
    return _RULES[new.kind][1 if new.default is None else 0]


def changed(old: Member, new: Member) -> Iterator[Rule]:
    """Compare a member that both packages have."""
    before, after = types(old.annotation), types(new.annotation)
    if old.kind == "operation":
        if old.place != new.place:
            yield Rule.OPERATION_MOVED
        if before != after:
            yield Rule.RESULT_NARROWED if after < before else Rule.RESULT_CHANGED
    elif old.kind == "field":
        yield from _field_rules(before, after)
    elif old.kind == "parameter":
        yield from _parameter_rules(old, new, before - {"Unset"}, after - {"Unset"})


def _field_rules(old: frozenset[str], new: frozenset[str]) -> Iterator[Rule]:
    """Compare the types of a field. Code reads, sets and passes it, so most changes break one of these."""
    if old - {"None", "Unset"} != new - {"None", "Unset"}:
        yield Rule.FIELD_TYPE
    for member, added, removed in (
        ("Unset", Rule.FIELD_OPTIONAL, Rule.FIELD_REQUIRED),
        ("None", Rule.FIELD_NULLABLE, Rule.FIELD_NOT_NULLABLE),
    ):
        if member in new - old:
            yield added
        elif member in old - new:
            yield removed


def _parameter_rules(old: Member, new: Member, before: frozenset[str], after: frozenset[str]) -> Iterator[Rule]:
    """Compare a parameter and its types. Callers pass it, so it may accept more but not less."""
    if old.place is not None and new.place != old.place:
        yield Rule.PARAMETER_MOVED
    if old.default is None and new.default is not None:
        yield Rule.PARAMETER_OPTIONAL
    elif old.default is not None and new.default is None:
        yield Rule.PARAMETER_REQUIRED
    elif old.default != new.default:
        # A documented default is the one that the server applies where nothing is sent.
        documented = "UNSET" in {old.default, new.default}
        yield Rule.PARAMETER_DEFAULT_DOCUMENTED if documented else Rule.PARAMETER_DEFAULT
    if before != after:
        fits = all(_fits(member, after) for member in before)
        yield Rule.PARAMETER_WIDENED if fits else Rule.PARAMETER_CHANGED


def _fits(member: str, types: frozenset[str]) -> bool:
    """Return whether a value of this type can be passed as one of those types."""
    wider = {"int": "float"}.get(member) or ("str" if member.startswith("Literal['") else None)
    return bool({member, wider, "Any"} & types)


def _other_names(old: Surface, new: Surface) -> Iterator[Change]:
    """Find the names, apart from the members, that griffe's check misses in the new package."""
    for breakage in griffe.find_breaking_changes(old.package, new.package):
        gone = breakage.obj
        where = gone.path.partition(".")[2]
        # The modules of models and operations have names of their own.
        is_module = gone.is_module and where.startswith(("api.", "models."))
        is_member = gone.name in old.members or f"{gone.parent and gone.parent.name}.{gone.name}" in old.members
        if breakage.kind is griffe.BreakageKind.OBJECT_REMOVED and not is_module and not is_member:
            yield Change(where, Rule.NAME_REMOVED, "python", old=gone.name)
