"""JSON Schemas of the arguments of tools, made from what is said to the model about each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["texts"]


def texts(**properties: str) -> Mapping[str, Any]:
    """An object of exactly these texts."""
    told = {name: {"type": "string", "description": text} for name, text in properties.items()}
    return {"type": "object", "properties": told, "required": list(properties), "additionalProperties": False}
