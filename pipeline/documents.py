"""OpenAPI documents as files: read as JSON has it, written the same byte for byte every time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import yaml

from .stages import StageError

Document = dict[str, Any]

_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]

# PyYAML's own are YAML 1.1's. Here is what YAML 1.2's core schema has for null, booleans, integers and floats.
_NULL = ("tag:yaml.org,2002:null", re.compile(r"^(?:null|Null|NULL|~|)$"))
_BOOL = ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"))
_INT = ("tag:yaml.org,2002:int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"))
_FLOAT = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
)

# The generator reads YAML 1.2 with ruamel.yaml, which allows a sign and underscores too.
_NUMERIC = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0o[0-7_]+|(?:\.[0-9_]+|[0-9_]+(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?)$"),
)


class _Loader(yaml.CSafeLoader):
    """Reads as OpenAPI demands, by YAML 1.2: PyYAML's 1.1 would make a date of 2022-11-28 and a boolean of `on`."""

    yaml_implicit_resolvers: _Resolvers = {  # noqa: RUF012 - PyYAML declares it so
        **{first: [_INT, _FLOAT] for first in "-+0123456789"},
        ".": [_FLOAT],
        **{first: [_NULL] for first in ("n", "N", "~", "")},
        **{first: [_BOOL] for first in "tTfF"},
    }


class _Dumper(yaml.SafeDumper):
    """Quotes whatever a reader of YAML 1.1 or 1.2 could take for something else than a string; writes no anchors."""

    # "1e3" is a string in YAML 1.1 and a number in 1.2.
    yaml_implicit_resolvers: _Resolvers = {  # noqa: RUF012 - PyYAML declares it so
        first: [*resolvers, _NUMERIC] if first in "-+.0123456789" else resolvers
        for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, ANN401 - PyYAML's signature
        return True


def _construct_int(_: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    # PyYAML's would read 012 as octal.
    return int(node.value, 0 if node.value.startswith(("0o", "0x")) else 10)


def _represent_str(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # These end a line in YAML 1.1 but not in 1.2; only double quotes escape them.
    style = '"' if re.search("[\x85\u2028\u2029]", text) else "|" if "\n" in text else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Dumper.add_representer(str, _represent_str)


def load(path: Path) -> Document:
    """Read a YAML or JSON document.

    Raises:
        StageError: It can't be read, or is no object.
    """
    try:
        content = path.read_bytes()
        # PyYAML refuses JSON's escapes of characters beyond U+FFFF.
        document: Any = json.loads(content) if path.suffix == ".json" else yaml.load(content, _Loader)  # noqa: S506 - a CSafeLoader with other resolvers
    except OSError as error:
        raise StageError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StageError(f"{path.name} is neither YAML nor JSON: {error}") from error
    if not isinstance(document, dict):
        raise StageError(f"{path.name} is no object")
    return cast("Document", document)


def dump(document: Document) -> str:
    """The document as YAML, in its own order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
