"""Bounds of parameters, as validators that say what was found and what is allowed. What a value means is the runtime's business. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from attrs import Attribute

__all__ = ["Unfit", "amounts", "count", "folders", "hundred", "name", "position", "text", "week"]

_DOLLARS = ("cost_usd", "workflow_cost_usd")
_LIMITS = ("runtime_ms", "tokens", "cost_usd", "tool_calls", "workflow_tokens", "workflow_cost_usd", "workflow_tool_calls")
_NAME_LENGTH = 256
_TEXT_LENGTH = 64 << 10
_WEEK_MS = 604_800_000
_FOLDERS = 64
_PATH_LENGTH = 4_096


class Unfit(ValueError):
    """A value of the right type that lies outside its bounds: field, what was found, what is allowed."""

    def __init__(self, path: str, found: object, allowed: str) -> None:
        super().__init__(f"{path}: found {found!r}, allowed: {allowed}")
        self.path, self.found, self.allowed = path, found, allowed


def name(_: object, attribute: Attribute[Any], value: str | None) -> None:
    """1 to 256 characters: names, ids, digests."""
    if value is not None and not 0 < len(value) <= _NAME_LENGTH:
        raise Unfit(attribute.name, f"{len(value)} characters", f"1 to {_NAME_LENGTH} characters")


def text(_: object, attribute: Attribute[Any], value: str | None) -> None:
    """At most 65,536 characters: reasons, feedback, paths."""
    if value is not None and len(value) > _TEXT_LENGTH:
        raise Unfit(attribute.name, f"{len(value)} characters", f"at most {_TEXT_LENGTH} characters")


def count(_: object, attribute: Attribute[Any], value: int | None) -> None:
    """How many of a listing: 1 to 1,000."""
    if value is not None and not 1 <= value <= 1000:
        raise Unfit(attribute.name, value, "1 to 1000")


def folders(_: object, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    """At most 64 paths of folders, each of 1 to 4,096 characters."""
    if len(value) > _FOLDERS:
        raise Unfit(attribute.name, f"{len(value)} paths", f"at most {_FOLDERS} paths")
    for path in value:
        if not 0 < len(path) <= _PATH_LENGTH or "\0" in path:
            raise Unfit(attribute.name, f"a path of {len(path)} characters", f"paths of 1 to {_PATH_LENGTH} characters, none of them NUL")


def hundred(_: object, attribute: Attribute[Any], value: int) -> None:
    """How many of what must be worked out: 1 to 100."""
    if not 1 <= value <= 100:
        raise Unfit(attribute.name, value, "1 to 100")


def position(_: object, attribute: Attribute[Any], value: int | None) -> None:
    """A sequence or version number: 0 or more."""
    if value is not None and value < 0:
        raise Unfit(attribute.name, value, "0 or more")


def week(_: object, attribute: Attribute[Any], value: int) -> None:
    """A time in milliseconds: 0 to 604,800,000, which are 7 days."""
    if not 0 <= value <= _WEEK_MS:
        raise Unfit(attribute.name, value, f"0 to {_WEEK_MS} (7 days)")


def amounts(_: object, attribute: Attribute[Any], value: Mapping[str, Any]) -> None:
    """New limits of a run: whole numbers above 0; dollars may be any number above 0."""
    for name, amount in value.items():
        if name not in _LIMITS:
            raise Unfit(f"{attribute.name}.{name}", "an unknown limit", ", ".join(_LIMITS))
        whole = type(amount) is int or (name in _DOLLARS and type(amount) is float and isfinite(amount))
        if not whole or amount <= 0:
            raise Unfit(f"{attribute.name}.{name}", amount, "a number above 0" if name in _DOLLARS else "a whole number above 0")
