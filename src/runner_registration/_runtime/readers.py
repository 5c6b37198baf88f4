"""Finds the reader of a type, and compiles the readers of models.

The reader of a model is compiled once per class, on first use, from the fields of the class, the way attrs compiles
``__init__``: a response may hold thousands of fields, and straight-line code reads them faster than a loop. The type of
a field is looked up when the field is first present in a response. So reading a token imports no repository.
"""

from __future__ import annotations

import linecache
import logging
import re
import sys
import threading
from datetime import date, datetime
from functools import cache, partial
from importlib import import_module
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, cast, get_args, get_origin

import attrs

from runner_registration._runtime import values
from runner_registration._runtime.errors import InvalidResponse
from runner_registration._runtime.masking import shown_name
from runner_registration._runtime.types import UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner_registration._runtime.values import Reader

_log = logging.getLogger("runner_registration_api")

_SIMPLE: dict[object, Reader] = {
    NoneType: values.read_none,
    str: values.read_str,
    bool: values.read_bool,
    int: values.read_int,
    float: values.read_float,
    datetime: values.read_datetime,
    date: values.text_reader(date.fromisoformat, "a date"),
}


def named_reader(annotation: str, module: str) -> Reader:
    """Return the reader of a type, given as an annotation in a module of a generated package."""
    kind: object = eval(annotation, vars(sys.modules[module]), _models(annotation, module))  # noqa: S307 - see _models
    return reader_of(kind)


def _models(annotation: str, module: str) -> dict[str, Any]:
    """Import the models that an annotation names, as modules import them for type checkers only."""
    models = import_module(f"{module.partition('.')[0]}.models")
    return {name: getattr(models, name) for name in re.findall(r"\w+", annotation) if name in models.__all__}


def reader_of(kind: Any) -> Reader:  # noqa: ANN401, PLR0911 - what an annotation may be; a table
    """Return the reader of a type."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return _union_reader(arguments)
    if origin is Literal:
        return values.literal_reader(arguments)
    if origin is list:
        return _list_reader(reader_of(arguments[0]))
    if origin is dict:
        return _map_reader(reader_of(arguments[1]))
    if _is_model(kind):
        return _bounded(model_reader(kind)) if kind in _reachable(kind) else model_reader(kind)
    if getattr(kind, "__name__", "") == "UUID":  # not by the class, which takes a while to import
        return values.text_reader(kind, "a UUID")
    return values.read_any


def _is_model(kind: object) -> bool:
    return hasattr(kind, "additional_properties")


def _list_reader(read_item: Reader) -> Reader:
    def read_list(value: object, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise InvalidResponse(f"{where} is not a list")
        items: list[Any] = []
        for index, item in enumerate(cast("list[object]", value)):
            try:
                items.append(read_item(item, where))
            except InvalidResponse as error:
                _log.warning("%s[%d] is left out: %s", where, index, error.reason)
        return items

    return read_list


def _map_reader(read_item: Reader) -> Reader:
    def read_map(value: object, where: str) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for name, item in values.read_object(value, where).items():
            try:
                items[name] = read_item(item, where)
            except InvalidResponse as error:
                _log.warning("%s[%s] is left out: %s", where, shown_name(name), error.reason)
        return items

    return read_map


def _union_reader(kinds: Sequence[Any]) -> Reader:
    models = [kind for kind in kinds if _is_model(kind)]
    lists = [kind for kind in kinds if get_origin(kind) is list]
    readers = [reader_of(kind) for kind in kinds if kind not in {NoneType, Unset, *models, *lists}]
    if models:
        readers.append(_closest_model_reader(models))
    if lists:
        # One list of any of their items, as a list leaves out what it cannot read.
        readers.append(_list_reader(reader_of(Union[tuple(get_args(kind)[0] for kind in lists)])))  # noqa: UP007
    read = readers[0] if len(readers) == 1 else _first_reader(readers or [values.read_none], kinds)
    if NoneType not in kinds:
        return read
    return lambda value, where: None if value is None else read(value, where)


def _closest_model_reader(models: Sequence[type[Any]]) -> Reader:
    """Return a reader of the model that documents the most fields of an object; among equals, of the first."""
    readers = [reader_of(model) for model in models]
    if len(readers) == 1:
        return readers[0]
    names = dict(zip(readers, [set(json_names(model).values()) for model in models], strict=True))

    def read_closest(value: object, where: str) -> Any:  # noqa: ANN401 - a model
        found = values.read_object(value, where).keys()
        closest = sorted(readers, key=lambda reader: len(names[reader] & found), reverse=True)
        return _first_reader(closest, models)(value, where)

    return read_closest


def _first_reader(readers: Sequence[Reader], kinds: Sequence[Any]) -> Reader:
    """Return a reader that does what the first of these does that can read a value.

    Those that cannot are remembered while the objects around the value are read. Another model may be tried for each of
    them, and if that tried everything again, reading would take exponentially longer with each level.

    Args:
        readers: The readers, in an order that depends on the kinds and the value only.
        kinds: What they read.
    """
    kinds = tuple(kinds)

    def read_first(value: object, where: str) -> Any:  # noqa: ANN401 - what the readers return
        outer = _nesting.refusals
        refusals = _nesting.refusals = {} if outer is None else outer
        key = id(value), kinds
        number, reason, _ = refusals.get(key, (0, "", None))
        try:
            for read in readers[number:]:
                try:
                    return read(value, where)
                except InvalidResponse as error:
                    number, reason = number + 1, error.reason
                    refusals[key] = number, reason, value  # the value as well, so that no other gets its id
        finally:
            _nesting.refusals = outer
        raise InvalidResponse(reason)

    return read_first


def _reachable(model: type[Any], found: frozenset[type[Any]] = frozenset()) -> frozenset[type[Any]]:
    """Return the models that may be nested in a model."""
    for field in _fields(model).values():
        for inner in _models(str(field.type), model.__module__).values():
            if _is_model(inner) and inner not in found:
                found = _reachable(inner, found | {inner})
    return found


class _Nesting(threading.local):
    depth = 0
    refusals: dict[tuple[int, tuple[Any, ...]], tuple[int, str, object]] | None = None
    """How many readers of a union could not read a value, and why the last of them could not."""


_nesting = _Nesting()


def _bounded(read: Reader) -> Reader:
    """Return a reader of a model that may be nested in itself, to any depth."""

    def read_bounded(value: object, where: str) -> Any:  # noqa: ANN401 - a model
        depth = _nesting.depth
        if depth == values.MAX_DEPTH:
            raise InvalidResponse(f"{where} is nested more than {values.MAX_DEPTH} levels deep")
        try:
            _nesting.depth = depth + 1
            return read(value, where)
        finally:
            _nesting.depth = depth

    return read_bounded


def json_names(model: type[Any]) -> dict[str, str]:
    """Return the documented fields of a model: JSON's name for each attribute."""
    return {field.name: field.metadata.get("json_name", field.name) for field in attrs.fields(model) if field.init}


def _fields(model: type[Any]) -> dict[str, attrs.Attribute[Any]]:
    """Return the fields of a model with the types as they are written: `attrs.resolve_types` replaces them."""
    return {field.name: field.evolve(type=model.__annotations__[field.name]) for field in attrs.fields(model)}


_HEAD = """\
def read(data, where):
    if data.__class__ is not dict:
        data = dict(read_object(data, where))
    model = new(cls)
    get = data.get
    unset = 0
    try:
"""
_REQUIRED = """\
        value = data[{name!r}]
        if {is_unread}:
            value = {reader}(value, {where!r})
        model.{attribute} = value
"""
_OPTIONAL = """\
        value = get({name!r}, UNSET)
        if {is_unread}:
            if value is not UNSET:
                value = read_optional({reader}, value, {where!r})
            unset += value is UNSET
        model.{attribute} = value
"""
_TAIL = """\
    except KeyError as error:
        missing = error.args[0]
    else:
        has_rest = len(data) + unset != {count}
        model.additional_properties = read_rest(model, data) if has_rest else {{}}
        return model
    raise InvalidResponse(f"{model}.{{missing}} is missing")
"""


@cache
def model_reader(model: type[Any]) -> Reader:
    """Return the reader of a model."""
    names = json_names(model)
    if not names:
        return _map_model_reader(model)
    scope: dict[str, Any] = {
        "InvalidResponse": InvalidResponse,
        "UNSET": UNSET,
        "cls": model,
        "new": object.__new__,  # not __init__: a call with a hundred arguments takes too long
        "read_object": values.read_object,
        "read_optional": _read_optional,
        "read_rest": partial(_read_rest, {name: attribute for attribute, name in names.items()}),
    }
    source = _HEAD
    fields = _fields(model)
    for number, (attribute, name) in enumerate(names.items()):
        field = fields[attribute]
        reader = f"read_{number}"
        scope[reader] = _field_reader(model, field, scope, reader)
        source += (_REQUIRED if field.default is attrs.NOTHING else _OPTIONAL).format(
            attribute=attribute,
            name=name,
            is_unread=_is_unread(field),
            reader=reader,
            where=f"{model.__name__}.{name}",
        )
    source += _TAIL.format(model=model.__name__, count=len(names))
    file = f"<reader of {model.__module__}.{model.__name__}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks and debuggers
    exec(compile(source, file, "exec"), scope)  # noqa: S102 - as attrs does, of the names of a class
    return cast("Reader", scope["read"])


def _is_unread(field: attrs.Attribute[Any]) -> str:
    """Return a condition that is false for values that need no reader: a call for each of them takes too long."""
    conditions = ["value is not None"] if "None" in _members(field) else []
    if _kind(field) in {"bool", "float", "int", "str"} and not _is_word(field):
        conditions.insert(0, f"type(value) is not {_kind(field)}")
    return " and ".join(conditions) or "True"


def _kind(field: attrs.Attribute[Any]) -> str:
    """Return the type of a field that is neither null nor UNSET."""
    return " | ".join(member for member in _members(field) if member not in {"None", "Unset"}) or "None"


def _members(field: attrs.Attribute[Any]) -> list[str]:
    """Split the type of a field if it is a union, but not a union inside of a list."""
    members: list[str] = []
    for part in str(field.type).split(" | "):
        if members and members[-1].count("[") > members[-1].count("]"):
            members[-1] += f" | {part}"
        else:
            members.append(part)
    return members


def _is_word(field: attrs.Attribute[Any]) -> bool:
    """Tell whether a field is a secret of one word. Other secrets are any text: a private key has several lines."""
    return field.metadata.get("is_word", False) and _kind(field) == "str"


def _field_reader(model: type[Any], field: attrs.Attribute[Any], scope: dict[str, Any], name: str) -> Reader:
    """Return a reader that finds the field's own reader on its first call, and replaces itself with that in `scope`."""

    def read_first_time(value: object, where: str) -> Any:  # noqa: ANN401 - whatever the field holds
        scope[name] = read = values.read_word if _is_word(field) else named_reader(_kind(field), model.__module__)
        return read(value, where)

    return read_first_time


def _map_model_reader(model: type[Any]) -> Reader:
    """Return the reader of a model without documented fields."""
    scope: dict[str, Any] = {}
    scope["read"] = _field_reader(model, _fields(model)["additional_properties"], scope, "read")

    def read_map_model(value: object, where: str) -> Any:  # noqa: ANN401 - the model
        found = model()
        found.additional_properties = scope["read"](value, where)
        return found

    return read_map_model


def _read_optional(read: Reader, value: object, where: str) -> Any:  # noqa: ANN401 - whatever the field holds
    try:
        return read(value, where)
    except InvalidResponse:
        return UNSET


_read_undocumented = _map_reader(values.read_any)


def _read_rest(attributes: Mapping[str, str], model: object, data: dict[str, Any]) -> dict[str, Any]:
    """Return the undocumented fields, and the optional ones that could not be read."""
    rest = {
        name: value
        for name, value in data.items()
        if value is not UNSET and getattr(model, attributes.get(name, ""), UNSET) is UNSET
    }
    return cast("dict[str, Any]", _read_undocumented(rest, type(model).__name__))
