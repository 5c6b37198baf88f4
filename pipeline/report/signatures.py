"""The witness of types: every public annotation, parameter and default of the old and the new package."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from . import rules
from .changes import Change
from .rules import Rule
from .surface import Field, Operation, Parameter, Surface

_NONE = "None"
_UNSET = "Unset"


def find(old: Surface, new: Surface, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Compare what two packages offer.

    Args:
        old: The old package.
        new: The new one.
        renamed: The new names of the models that have another.
    """
    for name, other in renamed.items():
        yield Change(name, rules.MODEL_RENAMED, "python", name, other, f"now {other}")
    for name in sorted(
        (new.models.keys() | new.literals.keys()) - old.models.keys() - old.literals.keys() - set(renamed.values())
    ):
        yield Change(name, rules.MODEL_ADDED, "python", new=name)
    for name, fields in old.models.items():
        now = new.models.get(renamed.get(name, name))
        if now is not None:
            yield from _fields(name, fields, now, _Types(old, new, renamed))
    for name, operation in new.operations.items():
        if name not in old.operations:
            yield Change(name, rules.OPERATION_ADDED, "python", new=name)
        else:
            yield from _operation(name, old.operations[name], operation, _Types(old, new, renamed))


class _Types:
    """Reads annotations of both packages so that they can be compared."""

    def __init__(self, old: Surface, new: Surface, renamed: Mapping[str, str]) -> None:
        self._old, self._new, self._renamed = old, new, renamed

    def pair(self, old: str, new: str) -> tuple[frozenset[str], frozenset[str]]:
        return members(old, self._old.literals, self._renamed), members(new, self._new.literals)


def members(annotation: str, literals: Mapping[str, str], renamed: Mapping[str, str] | None = None) -> frozenset[str]:
    """The types of a union, the values of a literal among them.

    Args:
        annotation: The union, or the one type.
        literals: The annotations behind names.
        renamed: New names for old ones.
    """
    tree = _Renaming(renamed or {}, literals).visit(ast.parse(annotation, mode="eval")).body
    return frozenset(_members(tree))


class _Renaming(ast.NodeTransformer):
    def __init__(self, renamed: Mapping[str, str], literals: Mapping[str, str]) -> None:
        self._renamed, self._literals = renamed, literals

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._literals:
            return ast.parse(self._literals[node.id], mode="eval").body
        return ast.Name(self._renamed.get(node.id, node.id))


def _members(tree: ast.expr) -> Iterator[str]:
    if isinstance(tree, ast.BinOp):
        yield from _members(tree.left)
        yield from _members(tree.right)
    elif isinstance(tree, ast.Subscript) and ast.unparse(tree.value) == "Literal":
        values = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        yield from (f"Literal[{ast.unparse(value)}]" for value in values)
    elif isinstance(tree, ast.Subscript):
        # The order of a union says nothing, inside a list either.
        inner = " | ".join(sorted(_members(tree.slice)))
        yield f"{ast.unparse(tree.value)}[{inner}]"
    else:
        yield ast.unparse(tree)


def _fields(model: str, old: dict[str, Field], new: dict[str, Field], types: _Types) -> Iterator[Change]:
    for name in new.keys() - old.keys():
        rule = rules.FIELD_ADDED_REQUIRED if new[name].required else rules.FIELD_ADDED
        yield Change(f"{model}.{name}", rule, "python", new=new[name].annotation)
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield Change(f"{model}.{name}", rules.FIELD_REMOVED, "python", old=before.annotation)
            continue
        for rule in field_rules(*types.pair(before.annotation, after.annotation)):
            yield Change(f"{model}.{name}", rule, "python", before.annotation, after.annotation)


def field_rules(old: frozenset[str], new: frozenset[str]) -> Iterator[Rule]:
    """What became of a field's type.

    A field is read, set and given: whichever way its type changes, one of them no longer fits.
    """
    if old - {_NONE, _UNSET} != new - {_NONE, _UNSET}:
        yield rules.FIELD_TYPE
    for member, came, went in (
        (_UNSET, rules.FIELD_OPTIONAL, rules.FIELD_REQUIRED),
        (_NONE, rules.FIELD_NULLABLE, rules.FIELD_NOT_NULLABLE),
    ):
        if member in new - old:
            yield came
        elif member in old - new:
            yield went


def _operation(name: str, old: Operation, new: Operation, types: _Types) -> Iterator[Change]:
    before, after = types.pair(old.result, new.result)
    if before != after:
        rule = rules.RESULT_NARROWED if after < before else rules.RESULT_CHANGED
        yield Change(name, rule, "python", old.result, new.result)
    gone = [parameter for parameter in old.parameters if parameter not in new.parameters]
    come = [parameter for parameter in new.parameters if parameter not in old.parameters]
    if len(gone) == len(come) == 1 and old.parameters[gone[0]] == new.parameters[come[0]]:
        yield Change(f"{name}({gone[0]})", rules.PARAMETER_RENAMED, "python", gone[0], come[0], f"now {come[0]}")
    else:
        for parameter in gone:
            yield Change(
                f"{name}({parameter})", rules.PARAMETER_REMOVED, "python", old=old.parameters[parameter].annotation
            )
        for parameter in come:
            required = new.parameters[parameter].default is None
            rule = rules.PARAMETER_ADDED_REQUIRED if required else rules.PARAMETER_ADDED
            yield Change(f"{name}({parameter})", rule, "python", new=new.parameters[parameter].annotation)
    for parameter in old.parameters.keys() & new.parameters.keys():
        was, is_ = old.parameters[parameter], new.parameters[parameter]
        where = f"{name}({parameter})"
        for rule in parameter_rules(was, is_, *types.pair(was.annotation, is_.annotation)):
            yield Change(where, rule, "python", _signature(was), _signature(is_))


def parameter_rules(old: Parameter, new: Parameter, before: frozenset[str], after: frozenset[str]) -> Iterator[Rule]:
    """What became of a parameter: callers give it, so it may take more but not less."""
    if old.default is None and new.default is not None:
        yield rules.PARAMETER_OPTIONAL
    elif old.default is not None and new.default is None:
        yield rules.PARAMETER_REQUIRED
    elif old.default != new.default:
        # A default that the description tells is what the server takes where nothing is sent.
        told = "UNSET" in {old.default, new.default}
        yield rules.PARAMETER_DEFAULT_TOLD if told else rules.PARAMETER_DEFAULT
    before, after = before - {_UNSET}, after - {_UNSET}
    if before != after:
        fits = all(_fits(member, after) for member in before)
        yield rules.PARAMETER_WIDENED if fits else rules.PARAMETER_CHANGED


def _fits(member: str, types: frozenset[str]) -> bool:
    """Whether what has been given as this type can be given as those."""
    wider = {"int": "float"}.get(member) or ("str" if member.startswith("Literal['") else None)
    return bool({member, wider, "Any"} & types)


def _signature(parameter: Parameter) -> str:
    return parameter.annotation if parameter.default is None else f"{parameter.annotation} = {parameter.default}"
