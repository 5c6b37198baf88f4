"""Small edits of a slice, as a change of GitHub's description makes them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from pipeline.documents import Document

Edit = Callable[[Document], None]
Place = tuple[str | int, ...]

PATH = "/orgs/{org}/actions/runners/registration-token"
OPERATION = ("paths", PATH, "post")
SUCCESS = (*OPERATION, "responses", "201")
TOKEN = ("components", "schemas", "authentication-token")
REPOSITORY = ("components", "schemas", "repository")
USER = ("components", "schemas", "simple-user")
ORG = ("components", "parameters", "org")


def prop(schema: Place, name: str) -> Place:
    return (*schema, "properties", name)


def reference(schema: Place) -> dict[str, str]:
    return {"$ref": "/".join(["#", *map(str, schema)])}


def at(document: Document, place: Place) -> Any:
    value: Any = document
    for key in place:
        value = value[key]
    return value


def put(place: Place, value: object) -> Edit:
    """Add it, or replace what is there."""
    return lambda document: at(document, place[:-1]).__setitem__(place[-1], copy.deepcopy(value))


def drop(place: Place) -> Edit:
    return lambda document: at(document, place[:-1]).__delitem__(place[-1])


def add(place: Place, item: object) -> Edit:
    return lambda document: at(document, place).append(copy.deepcopy(item))


def take(place: Place, item: object) -> Edit:
    return lambda document: at(document, place).remove(item)


def put_first(place: Place, value: object) -> Edit:
    """Add it before everything else."""
    return _rewrite(place, lambda members: {str(place[-1]): value, **members})


def rename(place: Place, name: str) -> Edit:
    """Give a member another name, where it stands."""
    return _rewrite(place, lambda members: {name if key == place[-1] else key: members[key] for key in members})


def _rewrite(place: Place, change: Callable[[Document], Document]) -> Edit:
    def edit(document: Document) -> None:
        parent: Document = at(document, place[:-1])
        members = change(dict(parent))
        parent.clear()
        parent.update(members)

    return edit


def remove_property(schema: Place, name: str) -> Edit:
    def edit(document: Document) -> None:
        del at(document, schema)["properties"][name]
        required = at(document, schema).get("required", [])
        if name in required:
            required.remove(name)

    return edit


def wrap(place: Place, combinator: str = "allOf") -> Edit:
    """Put it into a combinator of its own."""

    def edit(document: Document) -> None:
        put(place, {combinator: [at(document, place)]})(document)

    return edit


def query(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **more}


def every(*edits: Edit) -> Edit:
    def edit(document: Document) -> None:
        for one in edits:
            one(document)

    return edit


def nothing(document: Document) -> None:
    """Leave it as it is."""
