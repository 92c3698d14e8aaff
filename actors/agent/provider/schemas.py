"""Which JSON Schemas a service can hold its model to, and what is said to the model about the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.agent.provider.border import encode

__all__ = ["demand", "fits_strict"]


def fits_strict(schema: Any) -> bool:
    """Whether every object in the schema lists all its properties as required and allows no others: what strict modes ask for."""
    if isinstance(schema, list):
        return all(map(fits_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or schema.get("additionalProperties") is not False:
            return False
        if set(properties) != set(schema.get("required", ())):
            return False
        return all(map(fits_strict, properties.values())) and _rest(schema)
    return _rest(schema)


def _rest(schema: Mapping[str, Any]) -> bool:
    return all(
        fits_strict(list(schema[word].values()) if word == "$defs" else schema[word])
        for word in ("items", "anyOf", "$defs")
        if word in schema and (word != "$defs" or isinstance(schema[word], Mapping))
    )


def demand(schema: Mapping[str, Any]) -> str:
    """The sentence that asks a model for an object of this schema, where its service has no other way."""
    return f"Answer with one JSON object and nothing else. It fits this JSON Schema: {encode(schema).decode()}"
