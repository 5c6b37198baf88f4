"""The Python names of what a contract describes. They come from the generator, so they are those of the package."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from pipeline.documents import Document, Parts, references, resolved, value_at
from pipeline.normalising import METHODS
from pipeline.stages import StageError

# The generator keeps members of a schema that it does not know. This one says where the schema is written.
_LOCATION = "x-location"


class Names:
    """The Python names in one contract.

    Attributes:
        models: The name of each class, by the location of its schema.
    """

    def __init__(self, contract: Document, generator_config: Path) -> None:
        self._contract = contract
        self.models: dict[Parts, str] = {}
        self._fields: dict[Parts, str] = {}
        self._operations: dict[tuple[str, str], str] = {}
        self._parameters: dict[tuple[str, str], str] = {}
        data = _parsed(contract, generator_config)
        for model in data.models:
            location: Parts = (model.data.model_extra or {})[_LOCATION]
            self.models[location] = name = str(model.class_info.name)
            for field in [*(model.required_properties or []), *(model.optional_properties or [])]:
                path = (*location, "properties", field.name.get_untrusted_value())
                self._fields[path] = f"{name}.{field.python_name}"
            self._fields[*location, "additionalProperties"] = f"{name}.additional_properties"
        for collection in data.endpoint_collections_by_tag.values():
            for endpoint in collection.endpoints:
                name = str(endpoint.name)
                self._operations[endpoint.path.get_untrusted_value(), endpoint.method] = name
                for _, parameter in endpoint.iter_all_parameters():
                    self._parameters[name, parameter.name.get_untrusted_value()] = f"{name}({parameter.python_name})"

    def schema(self, location: Parts) -> tuple[int, str]:
        """Return the name of the field or model that contains a location, and how much of the location it covers."""
        for end in range(len(location), 0, -1):
            if name := self._fields.get(location[:end]) or self.models.get(location[:end]):
                return end, name
        return 0, ""

    def operations(self, path: Parts) -> list[str]:
        """Return the names of the operations that a path below `paths` belongs to: one, or all of a path item."""
        if path[:1] != ("paths",) or len(path) == 1:
            return []
        methods = path[2:3] if set(path[2:3]) & METHODS else sorted(METHODS)
        return [name for method in methods if (name := self._operations.get((path[1], method)))]

    def parameters(self, operation: str, path: Parts) -> list[str]:
        """Return the names of the parameter, or of all parameters, at a path below `parameters`."""
        end = path.index("parameters") + 1
        every: list[object] = value_at(self._contract, path[:end]) or []
        indices = path[end : end + 1] or map(str, range(len(every)))
        found = (value_at(self._contract, resolved(self._contract, (*path[:end], index))) for index in indices)
        return [self.parameter(operation, one["name"]) for one in found if one]

    def parameter(self, operation: str, name: str) -> str:
        """Return the name of a parameter by its name in a request."""
        return self._parameters.get((operation, name), operation)

    def operations_with(self, parameter: Parts) -> list[str]:
        """Return the names of the operations that refer to a shared parameter."""
        paths: Document = self._contract["paths"]
        return [
            name
            for (path, method), name in self._operations.items()
            for item in (paths[path], paths[path][method])
            if parameter in references(item.get("parameters"))
        ]


def _parsed(contract: Document, generator_config: Path) -> GeneratorData:
    located = copy.deepcopy(contract)
    for location, schema in list(_schemas(located)):
        schema[_LOCATION] = location
    settings = ConfigFile.load_from_path(generator_config)
    config = Config.from_sources(settings, MetaType.NONE, Path(), "utf-8", overwrite=False, output_path=None)
    data = GeneratorData.from_dict(located, config=config)
    if not isinstance(data, GeneratorData):
        raise StageError(f"the generator cannot read the contract: {data.detail or data.header}")
    return data


_SCHEMAS = {"properties", "schemas", "allOf", "anyOf", "oneOf"}
_SCHEMA = {"schema", "items", "additionalProperties"}


def _schemas(value: object, location: Parts = (), *, is_schema: bool = False) -> Iterator[tuple[Parts, Document]]:
    """Yield every schema in a document that is not a reference, and where it is written."""
    members: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        members = cast("Document", value).items()
        if is_schema and "$ref" not in value:
            yield location, cast("Document", value)
    elif isinstance(value, list):
        members = enumerate(cast("list[object]", value))
    # A property can be named `properties`. Then it is a schema, and its members are not.
    has_schemas = not is_schema and bool(_SCHEMAS & {*location[-1:]})
    for key, inner in members:
        yield from _schemas(inner, (*location, str(key)), is_schema=has_schemas or key in _SCHEMA)
