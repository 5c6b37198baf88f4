"""What a generated package offers: its models' fields, its operations' parameters and results. Nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import griffe

from pipeline.layout import PACKAGE

# What every operation's function takes beside the operation's own parameters.
_NOT_OF_THE_OPERATION = frozenset({"self", "client"})


@dataclass(frozen=True)
class Field:
    """A field of a model.

    Attributes:
        annotation: Its type.
        required: Whether the model can't be made without it.
    """

    annotation: str
    required: bool


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        annotation: Its type.
        default: What a call without it gives; None if a call must have it.
    """

    annotation: str
    default: str | None


@dataclass(frozen=True)
class Operation:
    """An operation, as its method and all its functions have it.

    Attributes:
        tag: The package that its module is in.
        parameters: By name.
        result: The type of a success.
    """

    tag: str
    parameters: dict[str, Parameter]
    result: str


@dataclass(frozen=True)
class Surface:
    """What the package offers.

    Attributes:
        package: The package as griffe has it.
        models: The fields of each model.
        literals: The annotation behind each name for a set of values.
        operations: By name.
    """

    package: griffe.Module
    models: dict[str, dict[str, Field]]
    literals: dict[str, str]
    operations: dict[str, Operation]


def read(package: Path) -> Surface:
    """Read a package."""
    found = griffe.load(PACKAGE, search_paths=[str(package.parent)], allow_inspection=False)
    assert isinstance(found, griffe.Module)  # noqa: S101 - for type checkers: it is no alias
    modules = list(found["models"].modules.values())
    return Surface(
        found,
        {name: _fields(model) for module in modules for name, model in module.classes.items() if not model.is_alias},
        {name: text for module in modules for name, text in _literals(module)},
        {name: operation for tag in found["api"].modules.values() for name, operation in _operations(tag)},
    )


def _fields(model: griffe.Class) -> dict[str, Field]:
    return {
        name: Field(_text(attribute.annotation), _is_required(attribute))
        for name, attribute in model.attributes.items()
        if attribute.annotation is not None and not name.startswith("_")
    }


def _is_required(attribute: griffe.Attribute) -> bool:
    """Whether attrs asks for it: there is no default, neither as a value nor in a call of `field`."""
    if attribute.value is None:
        return True
    value = ast.parse(str(attribute.value), mode="eval").body
    if not isinstance(value, ast.Call):
        return False
    return not any(keyword.arg in {"default", "factory", "init"} for keyword in value.keywords)


def _literals(module: griffe.Module) -> Iterator[tuple[str, str]]:
    for name, attribute in module.attributes.items():
        if attribute.is_public and str(attribute.value).startswith("Literal["):
            yield name, str(attribute.value)


def _operations(tag: griffe.Module) -> Iterator[tuple[str, Operation]]:
    for name, module in tag.modules.items():
        function = module.functions["sync"]
        parameters = {
            parameter.name: Parameter(
                _text(parameter.annotation), None if parameter.default is None else str(parameter.default)
            )
            for parameter in function.parameters
            if parameter.name not in _NOT_OF_THE_OPERATION
        }
        yield name, Operation(tag.name, parameters, _text(function.returns))


def _text(expression: str | griffe.Expr | None) -> str:
    """One spelling, whatever the formatter has made of it."""
    return ast.unparse(ast.parse(str(expression), mode="eval"))
