"""What is said to models of tools, their arguments, and names of files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["flag", "shape", "shown_name", "text", "texts"]


def texts(**properties: str) -> Mapping[str, Any]:
    """An object of exactly these texts."""
    return shape(tuple(properties), **{name: text(told) for name, told in properties.items()})


def shape(required: Iterable[str], **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object of these properties and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def text(told: str, *, least: int = 0, most: int | None = None) -> Mapping[str, Any]:
    """A text of so many characters."""
    bounds = {"minLength": least} if least else {}
    return {"type": "string", "description": told, **bounds, **({} if most is None else {"maxLength": most})}


def flag(told: str) -> Mapping[str, Any]:
    """Yes or no."""
    return {"type": "boolean", "description": told}


def shown_name(name: str) -> str:
    """The name of a file as text on one line, whatever its bytes are."""
    return name.encode("utf-8", "replace").decode().replace("\n", "\\n")
