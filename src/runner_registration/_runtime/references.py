"""References to classes that a module of a generated package names in annotations only.

Importing all models takes longer than reading a registration token. So a model is imported when it is first read, or
when its name in an annotation is evaluated, as `typing.get_type_hints` and cattrs do.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ForwardRef


def reference(name: str, module: str, package: str | None) -> ForwardRef:
    """Return a reference to a class of a module, whose name may be relative to the package."""
    # Built-in names only: Python 3.15 evaluates a reference in the module of the annotation, not in its own.
    return ForwardRef(f"__import__({__name__!r}, fromlist=['']).imported({name!r}, {module!r}, {package!r})")


def imported(name: str, module: str, package: str | None) -> Any:  # noqa: ANN401 - a class
    """Return the class that a reference leads to."""
    return getattr(import_module(module, package), name)
