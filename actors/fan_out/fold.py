"""How the facts of a for-each change the record of its items, of which the run's state has one for each turn of a loop. Pure."""

from __future__ import annotations

from actors.fan_out.edges import order_of
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.items import FanOut

__all__ = ["FanOutFact", "apply_fact"]

FanOutFact = FanOutItemsCollected | FanOutItemStarted | FanOutItemCompleted | FanOutItemSkipped


def apply_fact(fan_out: FanOut, event: FanOutFact, at: int) -> None:
    """Apply one fact that was recorded at `at` (epoch milliseconds)."""
    if isinstance(event, FanOutItemsCollected):
        fan_out.insert(event.items)
        fan_out.blockers = order_of(list(fan_out.items), event.edges).blockers
        return
    item = fan_out.items[event.item_type, event.item_id]
    match event:
        case FanOutItemStarted(child_run_id=child_run_id):
            item.status, item.child_run_id, item.dispatched_at_ms = "running", child_run_id, at
        case FanOutItemCompleted(succeeded=succeeded):
            item.end(at, "completed" if succeeded else "failed")
        case _:
            item.status, item.completed_at_ms, item.blocker = "skipped", at, event.blocker
