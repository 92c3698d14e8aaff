"""Where in its file a field of the model stands, whatever the notation calls the way to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.workflow.problems import Path, Place, nearest

__all__ = ["model_place"]

CONTAINERS: Final = frozenset({"flow", "nodes", "group", "parallel", "repeat", "foreach"})
"""Words for lists of nodes and the forms of groups: one notation has them where another has not."""


def model_place(places: Mapping[Path, Place] | None, path: Path) -> Place:
    """Line and column of the field, or of the nearest around it. `places` are those of the file; without any, it is nowhere."""
    known: dict[Path, Place] = {}
    for at, place in (places or {}).items():
        known.setdefault(_bare(at), place)
    return nearest(known, _bare(path))


def _bare(path: Path) -> Path:
    return tuple(step for step in path if step not in CONTAINERS)
