"""For griffe, which reads the reference from the source: what it shows as a person wants to read it."""

from __future__ import annotations

from collections.abc import Iterator

import griffe


class Readable(griffe.Extension):
    """Show defaults by their values, not by the names of private constants."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: object) -> None:
        """Look through a package once it is read."""
        for item in _below(pkg):
            if isinstance(item, griffe.Function):
                for parameter in item.parameters:
                    parameter.default = _value(parameter.default, loader)


def _below(item: griffe.Object) -> Iterator[griffe.Object]:
    yield item
    for member in item.members.values():
        if isinstance(member, griffe.Object):
            yield from _below(member)


def _value(default: str | griffe.Expr | None, loader: griffe.GriffeLoader) -> str | griffe.Expr | None:
    if not isinstance(default, (griffe.ExprName, griffe.ExprAttribute)):
        return default
    try:
        constant = loader.modules_collection[default.canonical_path]
    except (KeyError, griffe.AliasResolutionError):
        return default
    return constant.value if isinstance(constant, griffe.Attribute) else default
