"""The base of a generated package's models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from reprlib import recursive_repr
from typing import Any, Generic, Self, TypeVar, cast

import attrs

from runner_registration._runtime.masking import shown_field
from runner_registration._runtime.readers import json_names, model_reader
from runner_registration._runtime.types import UNSET

T = TypeVar("T")


class Model(Generic[T]):
    """A JSON object as an attrs class, with an attribute for each documented field.

    Undocumented fields are kept in `additional_properties`, and are items of the model as of a dictionary.
    """

    __slots__ = ()
    additional_properties: dict[str, T]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        An optional field that cannot be read is UNSET, and its value is kept in `additional_properties`.

        Raises:
            errors.InvalidResponse: A required field is missing or cannot be read.
        """
        read = model_reader(cast("Any", cls))
        model: Self = read(dict(src_dict), cls.__name__)
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are set as a JSON object."""
        documented = {name: getattr(self, attribute) for attribute, name in json_names(type(self)).items()}
        found = {name: value for name, value in documented.items() if value is not UNSET}
        return {name: _to_json(value) for name, value in {**self.additional_properties, **found}.items()}

    @recursive_repr()
    def __repr__(self) -> str:
        """Show the fields, without secrets. A server may repeat a credential in any field, so long text is cut."""
        fields = attrs.fields(cast("Any", type(self)))
        shown = (f"{field.name}={shown_field(field, getattr(self, field.name))}" for field in fields)
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def additional_keys(self) -> list[str]:
        """The names of the undocumented fields."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> T:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: T) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


def _to_json(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if value is None or isinstance(value, (str, int, float, dict)):
        return cast("Any", value)
    if isinstance(value, list):
        return [_to_json(item) for item in cast("list[object]", value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    # Not by its class, which takes a while to import.
    return str(value) if type(value).__module__ == "uuid" else value
