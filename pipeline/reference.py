"""A griffe extension that makes the reference documentation easier to read."""

from __future__ import annotations

from collections.abc import Iterator

import griffe


class Readable(griffe.Extension):
    """Shows default values instead of the names of private constants."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: object) -> None:
        """Replace the defaults in a package after griffe has read it."""
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
