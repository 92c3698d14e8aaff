"""Reading a definition (canonical JSON) the way campaigns look at it: nodes in order, and the values of their mutable fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from actors.campaign.records import FIELD_PATHS
from storage.codec import canonical

__all__ = ["ABSENT", "same", "value_at", "with_value", "without"]

ABSENT: Final = object()
"""The field is not there. A field that is null is not there either."""


def value_at(node: Mapping[str, Any], field: str) -> Any:
    """The value of the field, or ABSENT."""
    found: Any = node
    for key in FIELD_PATHS[field].split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            return ABSENT
    return found


def with_value(definition: Mapping[str, Any], position: int, field: str, value: Any) -> dict[str, Any]:
    """A full copy in which the node at that position has that value; what holds the field must be there."""
    copy: dict[str, Any] = deepcopy(dict(definition))
    *way, last = FIELD_PATHS[field].split(".")
    holder = copy["flow"]["nodes"][position]
    for key in way:
        holder = holder[key]
    holder[last] = value
    return copy


def without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The mapping without these keys, and without those that are null."""
    return {key: value for key, value in mapping.items() if key not in keys and value is not None}


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same by type and value: 1 is neither 1.0 nor true."""
    return canonical(one) == canonical(other)
