"""Pieces of the sentences that say why a run is where it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.run.state import RunState

__all__ = ["count", "failures", "reason", "when", "words"]

UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000))


def reason(code: str, text: str, /, *steps: str, **data: Any) -> dict[str, Any]:
    """One reason; `steps` are commands that would move the run on."""
    return {"code": code, "text": text, "data": data, "next": list(steps)}


def failures(state: RunState, node_ids: Sequence[str]) -> str:
    """One sentence for each failed node."""
    failed = [(node_id, error) for node_id in node_ids if (error := state.nodes[node_id].error) is not None]
    return " ".join(f"Node {node_id}: {error.message.rstrip('.') or 'failed'} ({error.code})." for node_id, error in failed)


def when(ms: int) -> str:
    """How long until then."""
    return f"in {words(ms)}" if ms >= 1000 else "at once"


def words(ms: int) -> str:
    """A duration as people say it, in its largest fitting unit."""
    for unit, size in UNITS:
        if ms >= size:
            return count(round(ms / size), unit)
    return count(round(max(0, ms) / 1000), "second")


def count(number: int, word: str) -> str:
    """So many of them."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
