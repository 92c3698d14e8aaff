"""Polls as they are stored: one by its name, whether its run still asks, and how they stand, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.resolver.events import poll_codec
from actors.resolver.row import KIND, Poll, poll_of, stream_of
from actors.run.wording import when

if TYPE_CHECKING:
    from actors.run.state import RunState
    from storage import Recorded
    from storage.store import Store

__all__ = ["forget", "polling_json", "read_poll", "still_asked", "with_polling"]


def read_poll(store: Store, stream: str) -> Poll | None:
    """The poll of that name, or None. Raises what the journal and the codec raise."""
    head = store.journal.head(stream)
    first = store.journal.read(stream, 0, 1)
    if head == 0 or not first:
        return None
    [last] = store.journal.read(stream, head - 1, 1)

    def decoded(found: Recorded) -> Any:
        return poll_codec().decode(found), found.at_ms

    return poll_of(stream, decoded(first[0]), decoded(last), head)


def still_asked(store: Store, poll: Poll) -> bool:
    """Whether the gate is open in this instance: its run is found under the name of the poll for exactly as long."""
    return any(line.stream == poll.about.run_id for line in store.catalog.found(poll.stream, 1))


async def forget(store: Store, stream: str) -> None:
    """Nobody asks about it any more. Raises Unavailable."""
    await store.purge(stream)


def polling_json(store: Store, run_id: str, node_id: str, instance: int) -> dict[str, Any] | None:
    """How the asking goes on, as people and programs see it; None where no resolver is asked about that instance."""
    line = store.catalog.get(stream_of(run_id, node_id, instance))
    if line is None or line.kind != KIND or line.due_ms is None:
        return None
    return {"resolver": line.facts["gate_type"], "next_poll_ms": line.due_ms, "polls": 0, **line.facts, "last_poll_ms": line.updated_ms}


def with_polling(store: Store, state: RunState, reasons: list[dict[str, Any]], now_ms: int) -> list[dict[str, Any]]:
    """The reasons why a run is where it is; of a gate that a resolver is asked about also when, and what was wrong."""
    for reason in reasons:
        gate = state.open_gates.get(reason.get("data", {}).get("node_id", "")) if reason["code"] == "awaiting_gate" else None
        polling = polling_json(store, state.run_id, gate.node_id, gate.instance) if gate is not None else None
        if polling is not None:
            wrong = f" It gave no answer {polling['failures']} times in a row: {polling['code']}." if "failures" in polling else ""
            reason["data"]["polling"] = polling
            reason["text"] += f" It was asked {polling['polls']} times, and is asked again {when(polling['next_poll_ms'] - now_ms)}.{wrong}"
    return reasons
