"""Pieces of which the plan of a run is made, before it begins. Pure."""

from __future__ import annotations

from typing import Any

__all__ = ["Problems", "given_only", "problem"]

Problems = list[dict[str, Any]]


def problem(code: str, path: str, value: Any, message: str) -> dict[str, Any]:
    """What is wrong, and where."""
    return {"code": code, "path": path, "value": value, "message": message}


def given_only(entries: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {name: value for name, value in entries.items() if value is not None}
