"""The witness of names: griffe's check of the generated packages for what is gone."""

from __future__ import annotations

from collections.abc import Iterator

import griffe

from . import rules
from .changes import Change
from .surface import Surface

_PARAMETERS = {
    griffe.BreakageKind.PARAMETER_REMOVED: rules.PARAMETER_REMOVED,
    griffe.BreakageKind.PARAMETER_MOVED: rules.PARAMETER_MOVED,
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: rules.PARAMETER_MOVED,
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: rules.PARAMETER_REQUIRED,
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: rules.PARAMETER_ADDED_REQUIRED,
}


def find(old: Surface, new: Surface) -> Iterator[Change]:
    """Find the names that are gone and the parameters that no longer take what they took.

    What griffe says of a default is left to the comparison of annotations, which tells UNSET from other values.
    """
    for breakage in griffe.find_breaking_changes(old.package, new.package):
        if breakage.kind is griffe.BreakageKind.OBJECT_REMOVED:
            yield from _removed(breakage.obj, old, new)
        elif (rule := _PARAMETERS.get(breakage.kind)) is not None:
            parameter: griffe.Parameter = breakage.old_value or breakage.new_value
            yield Change(f"{_operation(breakage.obj)}({parameter.name})", rule, "python")


def _operation(function: griffe.Object | griffe.Alias) -> str:
    """The operation that a function of its module, or a method of a mixin, is of."""
    module = function.module
    return function.name if module.name == "api" else module.name


def _removed(gone: griffe.Object | griffe.Alias, old: Surface, new: Surface) -> Iterator[Change]:
    """Say it of the operation, the model or the field, whichever module, alias or mixin it is that lacks it."""
    # griffe's path of what an alias names is the alias' own.
    path = gone.path.split(".")[1:]
    if path[0] == "api":
        for name, operation in old.operations.items():
            if name == path[-1] or (gone.is_module and operation.tag == path[-1]):
                yield from _operation_gone(name, old, new)
    elif gone.is_module:
        for name, member in gone.members.items():
            if not member.is_alias and (name in old.models or name in old.literals):
                yield Change(name, rules.MODEL_REMOVED, "python", old=name)
    elif gone.name in old.models or gone.name in old.literals:
        yield Change(gone.name, rules.MODEL_REMOVED, "python", old=gone.name)
    elif gone.is_attribute and gone.parent is not None and gone.parent.name in old.models:
        field = old.models[gone.parent.name].get(gone.name)
        text = field.annotation if field else None
        yield Change(f"{gone.parent.name}.{gone.name}", rules.FIELD_REMOVED, "python", old=text)
    else:
        yield Change(".".join(path), rules.OTHER_NAME_REMOVED, "python", old=gone.name)


def _operation_gone(name: str, old: Surface, new: Surface) -> Iterator[Change]:
    before = old.operations[name]
    after = new.operations.get(name)
    if after is None:
        yield Change(name, rules.OPERATION_REMOVED, "python", old=name)
    elif after.tag != before.tag:
        yield Change(
            name, rules.OPERATION_MOVED, "python", old=f"api.{before.tag}.{name}", new=f"api.{after.tag}.{name}"
        )
