"""Pieces of the sentences in which events are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["ROOM", "Event", "Sentence", "again", "attempt", "because", "by", "line", "of_gate", "of_nodes"]

Event = dict[str, Any]
Sentence = Callable[[Event, str], str]
"""From an event, and ` in 0.4s` where its node's start was seen, to words."""
ROOM = 100


def line(value: Any, room: int | None = ROOM) -> str:
    """The first line of a value, cut; JSON where it is no text."""
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first = whole if room is None else whole.strip().split("\n", 1)[0]
    return first if room is None or (len(first) <= room and first == whole.strip()) else first[: room - 1].rstrip() + "…"


def of_gate(event: Event) -> bool:
    """A gate's own completion repeats its decision; gates have no attempts."""
    return event["event"] == "node_completed" and event.get("attempt") == 0


def attempt(event: Event) -> str:
    """Which attempt, from the second on."""
    return f", attempt {event['attempt']}" if event.get("attempt", 1) > 1 else ""


def because(event: Event, before: str = ": ") -> str:
    """The reason, if one was given."""
    return f"{before}{line(event['reason'])}" if event.get("reason") else ""


def by(event: Event) -> str:
    """Who, if it was somebody."""
    return f" by {event['by']}" if event.get("by") else ""


def of_nodes(nodes: Iterable[str] | None, before: str = ": ") -> str:
    """The nodes that it is about, if any."""
    return f"{before}{', '.join(nodes)}" if nodes else ""


def again(nodes: Iterable[str] | None) -> str:
    """The nodes that begin anew, if any."""
    return of_nodes(nodes, "; done again: ")
