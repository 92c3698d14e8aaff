"""The two total questions of a flow: does a result carry a marker, is a boolean input set. They never fail: missing means false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from actors.workflow.spec_gate import MARKERS

__all__ = ["has_flag", "has_marker"]

LOST: Final = frozenset({"failed", "skipped", "cancelled", "interrupted", "pending", "running", "waiting", "blocked"})


def has_marker(scope: Mapping[str, Any], key: Any, name: Any) -> bool:
    """Whether the newest result under `key` carries the marker, or else node `key`. What failed, was skipped or has not ended carries none.

    `markers` of the scope are those of results, by key.
    """
    if type(known := _get(_get(scope, "markers"), key)) is list:
        return name in known
    entry = _get(_get(scope, "nodes"), key)
    if type(entry) is not dict or type(name) is not str:
        return False
    if type(own := entry.get("markers")) is list:  # whoever puts them beside the output has looked at the status
        return name in own
    return entry.get("status") not in LOST and name in _markers(entry)


def has_flag(scope: Mapping[str, Any], name: Any) -> bool:
    """Whether the input is there and true (or the text "true" in any case)."""
    value = _get(_get(scope, "inputs"), name)
    return value is True or (type(value) is str and value.lower() == "true")


def _markers(entry: dict[str, Any]) -> list[Any]:
    """Those written in the output, and a gate's decision with what was selected."""
    found = _get(_get(entry, "output"), "markers")
    markers = list(found) if type(found) is list else []
    if type(decision := _get(entry, "decision")) is str:
        selections = _get(entry, "selections")
        markers += [MARKERS.get(decision, decision), *(selections if type(selections) is list else ())]
    return markers


def _get(here: Any, key: Any) -> Any:
    return here.get(key) if type(here) is dict and type(key) is str else None
