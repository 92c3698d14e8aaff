"""The order among items: edges of their provider, made free of cycles before anything is dispatched. Pure (flow spec 7.7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from attrs import frozen

from actors.fan_out.items import ItemKey

__all__ = ["Edge", "Order", "order_of"]

Edge = tuple[str, str]
"""(blocker, dependent), the ids of two items."""


@frozen
class Order:
    """`blockers` by item, without cycles. `unknown` edges name an item that is not there and count for nothing.

    `cycle`: the ids of the first cycle, each before what it blocks; `dropped`: the edges that closed one.
    """

    blockers: dict[ItemKey, tuple[ItemKey, ...]]
    unknown: tuple[Edge, ...] = ()
    cycle: tuple[str, ...] = ()
    dropped: tuple[Edge, ...] = ()


def order_of(keys: Sequence[ItemKey], edges: Iterable[Edge]) -> Order:
    """The order that `edges` make among the items. Of each cycle the edge is dropped that closes it, in the order in which edges came."""
    by_id: dict[str, list[ItemKey]] = defaultdict(list)
    for key in keys:
        by_id[key[1]].append(key)
    wanted = list(dict.fromkeys(edges))
    unknown = tuple(edge for edge in wanted if edge[0] not in by_id or edge[1] not in by_id)
    known = [edge for edge in wanted if edge[0] in by_id and edge[1] in by_id]
    kept, cycle, dropped = (known, (), ()) if _acyclic(known) else _without_cycles(known)
    blockers: dict[ItemKey, tuple[ItemKey, ...]] = {}
    for blocker, dependent in kept:
        for key in by_id[dependent]:
            blockers[key] = (*blockers.get(key, ()), *by_id[blocker])
    return Order(blockers, unknown, cycle, dropped)


def _acyclic(edges: Iterable[Edge]) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for blocker, dependent in edges:
        sorter.add(dependent, blocker)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


def _without_cycles(edges: Iterable[Edge]) -> tuple[list[Edge], tuple[str, ...], tuple[Edge, ...]]:
    """What is left, the first cycle, what was dropped."""
    kept: list[Edge] = []
    dropped: list[Edge] = []
    cycle: tuple[str, ...] = ()
    dependents: dict[str, list[str]] = defaultdict(list)
    for blocker, dependent in edges:
        path = _path(dependent, blocker, dependents)
        if path:
            dropped.append((blocker, dependent))
            cycle = cycle or path
        else:
            kept.append((blocker, dependent))
            dependents[blocker].append(dependent)
    return kept, cycle, tuple(dropped)


def _path(start: str, end: str, dependents: dict[str, list[str]]) -> tuple[str, ...]:
    """The shortest way from one to the other, both included; empty: there is none."""
    came_from = {start: start}
    reached = [start]
    for here in reached:
        for there in dependents.get(here, ()):
            if there not in came_from:
                came_from[there] = here
                reached.append(there)
    if end not in came_from:
        return ()
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
