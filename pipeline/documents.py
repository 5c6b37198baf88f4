"""OpenAPI documents as files: read as JSON has it, written the same byte for byte every time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import yaml

from .stages import StageError

Document = dict[str, Any]

_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]

_FLOAT = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
)


def _scalars() -> _Resolvers:
    """YAML 1.2's scalars that are no strings, by their first character."""
    integer = ("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"))
    null = ("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"))
    boolean = ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"))
    return {
        **{first: [integer, _FLOAT] for first in "-+0123456789"},
        ".": [_FLOAT],
        "n": [null],
        "~": [null],
        "": [null],
        "t": [boolean],
        "f": [boolean],
    }


class _Loader(yaml.CSafeLoader):
    """Reads as OpenAPI demands, by YAML 1.2: PyYAML's 1.1 would make a date of 2022-11-28 and a boolean of `on`."""

    yaml_implicit_resolvers: _Resolvers = _scalars()


class _Dumper(yaml.SafeDumper):
    """Quotes whatever a reader of YAML 1.1 or 1.2 could take for something else than a string; writes no anchors."""

    # "1e3" is a string in YAML 1.1 and a number in 1.2.
    yaml_implicit_resolvers: _Resolvers = {  # noqa: RUF012 - PyYAML declares it so
        first: [*resolvers, _FLOAT] if first in "-+.0123456789" else resolvers
        for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, ANN401 - PyYAML's signature
        return True


def _represent_str(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_str)


def load(path: Path) -> Document:
    """Read a YAML or JSON document.

    Raises:
        StageError: It can't be read, or is no object.
    """
    try:
        document: Any = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a CSafeLoader with fewer resolvers
    except OSError as error:
        raise StageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StageError(f"{path.name} is neither YAML nor JSON: {error}") from error
    if not isinstance(document, dict):
        raise StageError(f"{path.name} is no object")
    return cast("Document", document)


def dump(document: Document) -> str:
    """The document as YAML, in its own order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
