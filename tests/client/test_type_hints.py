"""Annotations of the public API can be evaluated, as frameworks and documentation tools do."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

import runner_registration as rr


def public_functions() -> Iterator[tuple[str, FunctionType]]:
    """The constructors, methods and properties of all public classes."""
    for name in rr.__all__:
        class_ = getattr(rr, name)
        if not isinstance(class_, type):
            continue
        for attribute in dir(class_):
            found: Any = inspect.getattr_static(class_, attribute)
            found = getattr(found, "__func__", found)  # of a class method
            found = getattr(found, "fget", found)  # of a property
            if isinstance(found, FunctionType) and (not attribute.startswith("_") or attribute == "__init__"):
                yield f"{name}.{attribute}", found


FUNCTIONS = dict(public_functions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_hints_of_every_public_function_can_be_evaluated(name: str) -> None:
    hints = typing.get_type_hints(FUNCTIONS[name])
    assert hints.keys() == FUNCTIONS[name].__annotations__.keys()
    assert not [hint for hint in hints.values() if "ForwardRef" in repr(hint)]
    inspect.signature(FUNCTIONS[name], eval_str=True)


@pytest.mark.parametrize("name", [name for name in rr.__all__ if isinstance(getattr(rr, name), type)])
def test_hints_of_every_public_class_can_be_evaluated(name: str) -> None:
    assert "ForwardRef" not in repr(typing.get_type_hints(getattr(rr, name)))


RESOLVED = """
import attrs

import runner_registration as rr

body = {"token": "AAAA", "expires_at": "2030-01-01T00:00:00Z", "permissions": {"issues": "read"}, "single_file": None}
attrs.resolve_types(rr.AuthenticationToken)
assert attrs.fields(rr.AuthenticationToken).token.type is str
token = rr.AuthenticationToken.from_dict(body)
assert token.to_dict() == {**body, "expires_at": "2030-01-01T00:00:00+00:00"}, token.to_dict()
assert token.permissions["issues"] == "read"
assert "AAAA" not in repr(token)
"""


def test_a_model_whose_types_attrs_has_resolved_is_read_as_before() -> None:
    """In a process of its own, because `attrs.resolve_types` changes the class."""
    subprocess.run([sys.executable, "-c", RESOLVED], check=True)
