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
    if (schema.get("type") == "object" or "properties" in schema) and not _closed(schema):
        return False
    return all(fits_strict(part) for part in _parts(schema))


def _closed(schema: Mapping[str, Any]) -> bool:
    properties, required = schema.get("properties"), schema.get("required", ())
    return (
        isinstance(properties, Mapping)
        and isinstance(required, list | tuple)
        and schema.get("additionalProperties") is False
        and set(properties) == set(map(str, required))
    )


def _parts(schema: Mapping[str, Any]) -> list[Any]:
    named = [part for word in ("properties", "$defs") if isinstance(found := schema.get(word), Mapping) for part in found.values()]
    return [*named, *(schema[word] for word in ("items", "anyOf") if word in schema)]


def demand(schema: Mapping[str, Any]) -> str:
    """The sentence that asks a model for an object of this schema, where its service has no other way."""
    return f"Answer with one JSON object and nothing else. It fits this JSON Schema: {encode(schema).decode()}"
