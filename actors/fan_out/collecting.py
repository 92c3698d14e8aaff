"""From what a provider answered to the first fact of a for-each, and what keeps it from dispatching anything. Pure (flow spec 7.7)."""

from __future__ import annotations

from actors.fan_out.answers import Collected
from actors.fan_out.edges import Order, order_of
from actors.fan_out.events import FanOutItemsCollected
from actors.fan_out.items import FanOut, distinct
from actors.node.messages import Failure
from actors.workflow.spec import Foreach

__all__ = ["collected"]

MOST_NAMED = 20
"""So many items or edges are named in a sentence."""


def collected(
    node_id: str, iteration_path: tuple[int, ...], spec: Foreach, found: Collected, known: FanOut, limit: int
) -> tuple[FanOutItemsCollected, Failure | None]:
    """The fact, and the failure that follows it: more items than `limit`, or a cycle. `known`: the items of an earlier collection."""
    new = distinct(one for one in found.items if one.key not in known.items)
    order = order_of([*known.items, *(one.key for one in new)], found.edges)
    total = len(known.items) + len(new)
    fact = FanOutItemsCollected(
        node_id=node_id, count=total, iteration_path=iteration_path, items=new, edges=found.edges, warnings=_warnings(order)
    )  # fmt: skip
    if total > limit:
        text = f"The provider {spec.over} found {total} items; at most {limit} (flow.max_fan_out) are taken. Narrow its scope or filter."
        return fact, Failure("fan_out_too_large", text, "configuration", {"count": total, "limit": limit})
    if order.cycle and spec.on_cycle == "fail":
        text = (
            f"Items of {spec.over} wait for each other: {_path(order)}. Mend the edges, or say on_cycle: warn to go on without one of them."
        )
        return fact, Failure("fan_out_cycle", text, "configuration", {"items": list(order.cycle)})
    return fact, None


def _path(order: Order) -> str:
    return " → ".join((*order.cycle[:MOST_NAMED], "…" if len(order.cycle) > MOST_NAMED else order.cycle[0]))


def _warnings(order: Order) -> tuple[str, ...]:
    """What counts for nothing, in sentences."""
    said = []
    if order.unknown:
        said.append(f"Edges that name an item that is not there count for nothing: {_named(order.unknown)}.")
    if order.dropped:
        said.append(f"Items wait for each other ({_path(order)}); these edges close a cycle and are dropped: {_named(order.dropped)}.")
    return tuple(said)


def _named(edges: tuple[tuple[str, str], ...]) -> str:
    more = f" and {len(edges) - MOST_NAMED} more" if len(edges) > MOST_NAMED else ""
    return ", ".join(f"{blocker} → {dependent}" for blocker, dependent in edges[:MOST_NAMED]) + more
