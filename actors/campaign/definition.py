"""Reading a definition (canonical JSON) as campaigns do: all nodes of the body in order, and the values of their mutable fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from actors.campaign.records import FIELD_PATHS
from storage.codec import canonical

__all__ = ["ABSENT", "nodes_of", "same", "value_at", "with_value", "without"]

ABSENT: Final = object()
"""The field is not there. A field that is null is not there either."""


def nodes_of(definition: Mapping[str, Any]) -> list[Any]:
    """All nodes of the body in the order of the file, what stands in a group behind the group."""
    found, todo = [], definition["flow"]["nodes"][::-1]
    while todo:
        node = todo.pop()
        found.append(node)
        todo += node.get("nodes", ())[::-1]
    return found


def value_at(node: Mapping[str, Any], field: str) -> Any:
    """The value of the field, or ABSENT."""
    found: Any = node
    for key in FIELD_PATHS[field].split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            return ABSENT
    return found


def with_value(definition: Mapping[str, Any], position: int, field: str, value: Any) -> dict[str, Any]:
    """A full copy in which the node at that position of `nodes_of` has that value; what holds the field must be there."""
    copy: dict[str, Any] = deepcopy(dict(definition))
    *way, last = FIELD_PATHS[field].split(".")
    holder = nodes_of(copy)[position]
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
