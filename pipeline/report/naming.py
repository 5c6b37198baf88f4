"""The Python names of what a contract describes. They come from the generator, so they are those of the package."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from pipeline.documents import Document, Parts, followed, references, value_at
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
        self._operations: dict[tuple[str, ...], str] = {}
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

    def operations(self, location: Parts) -> list[str]:
        """Return the names of the operations at a location: one, all of a path item, or all with a shared parameter."""
        if location[:2] == ("components", "parameters"):
            return [
                name
                for (path, method), name in self._operations.items()
                for item in (self._contract["paths"][path], self._contract["paths"][path][method])
                if location[:3] in references(item.get("parameters"))
            ]
        methods = location[2:3] if set(location[2:3]) & METHODS else sorted(METHODS)
        names = [self._operations.get((*location[1:2], method)) for method in methods]
        return [name for name in names if name]

    def parameters(self, operations: list[str], location: Parts) -> list[str]:
        """Return the names that the parameters at a location, or the one around it, have in these operations."""
        found = value_at(self._contract, location[: location.index("parameters") + 2])
        nodes = cast("list[Document]", found if isinstance(found, list) else [found])
        names = [followed(self._contract, node)["name"] for node in nodes]
        keys = ((operation, name) for operation in operations for name in names)
        return [self._parameters.get(key, key[0]) for key in keys]


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
