"""The graph of one node list: order, edges both ways, what lies before and behind. Built once, cheap to ask; no recursion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from actors.workflow.spec import Need, Node

__all__ = ["Graph", "find_cycles"]


@frozen
class Graph:
    """`order` is that of the file; `index` its inverse; `before` are the ids of `needs`. Edges to ids outside the list are left out.

    `releases`: the edges that leave a node, as (dependent, whether any ending of the node will do). `parent` is the group around a node,
    `inside` what stands directly in a group: it begins when the group has begun, and what follows the group comes after all of it.
    """

    order: tuple[str, ...]
    index: Mapping[str, int]
    needs: Mapping[str, tuple[Need, ...]]
    before: Mapping[str, tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    releases: Mapping[str, tuple[tuple[str, bool], ...]]
    entries: tuple[str, ...]
    parent: Mapping[str, str]
    inside: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, nodes: Iterable[Node], parent: Mapping[str, str] | None = None) -> Graph:
        """The graph of nodes with unique ids. `parent` names the group of those that stand in one, which is listed before them."""
        listed = tuple(nodes)
        index = {node.node_id: i for i, node in enumerate(listed)}
        needs = {node.node_id: tuple(need for need in node.needs if need.node in index) for node in listed}
        releases: dict[str, list[tuple[str, bool]]] = {node.node_id: [] for node in listed}
        for node_id, edges in needs.items():
            for need in edges:
                releases[need.node].append((node_id, need.until == "settled"))
        around = parent or {}
        before = _before(needs, around)
        dependents: dict[str, list[str]] = {node_id: [] for node_id in index}
        for node_id, others in before.items():
            for other in others:
                dependents[other].append(node_id)
        return cls(
            order=tuple(index),
            index=index,
            needs=needs,
            before=before,
            dependents={node_id: tuple(others) for node_id, others in dependents.items()},
            releases={node_id: tuple(edges) for node_id, edges in releases.items()},
            entries=tuple(node_id for node_id, others in before.items() if not others),
            parent=around,
            inside=_inside(around),
        )

    def descendants(self, ids: Iterable[str]) -> list[str]:
        """All that depends on one of the ids, directly or through others, in flow order; the ids themselves only on a cycle."""
        return self._in_order(_reach(ids, self.dependents))

    def ancestors(self, node_id: str) -> frozenset[str]:
        """All that the node waits for, directly or through others."""
        return frozenset(_reach((node_id,), self.before))

    def all_ancestors(self) -> dict[str, int]:
        """For each node a bit set (by `index`) of what lies before it; one pass, for lists without cycles."""
        bits: dict[str, int] = {}
        for node_id in self.sorted():
            mine = 0
            for need in self.before[node_id]:
                mine |= bits[need] | 1 << self.index[need]
            bits[node_id] = mine
        return bits

    def sorted(self) -> list[str]:
        """Ids so that each stands after what it needs; those on or behind a cycle are missing."""
        waiting = {node_id: len(ids) for node_id, ids in self.before.items()}
        done = list(self.entries)
        for node_id in done:
            for dependent in self.dependents[node_id]:
                waiting[dependent] -= 1
                if not waiting[dependent]:
                    done.append(dependent)
        return done

    def _in_order(self, ids: set[str]) -> list[str]:
        return sorted(ids, key=self.index.__getitem__)


def _inside(parent: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for node_id, group in parent.items():
        found.setdefault(group, []).append(node_id)
    return {group: tuple(children) for group, children in found.items()}


def _before(needs: Mapping[str, Iterable[Need]], parent: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What lies directly before each node: what it needs, with all that stands in that, and the group around it."""
    below: dict[str, list[str]] = {}
    for node_id in parent:
        group = parent.get(node_id)
        while group is not None:
            below.setdefault(group, []).append(node_id)
            group = parent.get(group)
    found = {}
    for node_id, edges in needs.items():
        others = [other for need in edges for other in (need.node, *below.get(need.node, ()))]
        found[node_id] = tuple(dict.fromkeys([*others, parent[node_id]] if node_id in parent else others))
    return found


def find_cycles(graph: Graph) -> tuple[list[tuple[str, ...]], list[str]]:
    """The cycles, each as ids along `needs` (one for each knot), and the ids that only a cycle leads to."""
    sound = set(graph.sorted())
    rest = [node_id for node_id in graph.order if node_id not in sound]
    cycles: list[tuple[str, ...]] = []
    knotted: set[str] = set()
    for start in rest:
        if start not in knotted and (cycle := _cycle_through(start, graph)):
            cycles.append(cycle)
            knotted |= _knot(start, graph)
    return cycles, [node_id for node_id in rest if node_id not in knotted]


def _cycle_through(start: str, graph: Graph) -> tuple[str, ...]:
    """A shortest way from a node back to itself, each id followed by one that it needs; or nothing."""
    came: dict[str, str] = {}
    queue = [start]
    for node_id in queue:
        for dependent in graph.dependents[node_id]:
            if dependent == start:
                return (start, *_trace(node_id, start, came)[:-1])
            if dependent not in came:
                came[dependent] = node_id
                queue.append(dependent)
    return ()


def _trace(last: str, start: str, came: Mapping[str, str]) -> list[str]:
    way = [last]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way


def _knot(start: str, graph: Graph) -> set[str]:
    """All nodes that lie on a cycle together with `start`."""
    return _reach((start,), graph.dependents) & _reach((start,), graph.before)


def _reach(starts: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    stack = list(starts)
    while stack:
        for node_id in edges[stack.pop()]:
            if node_id not in found:
                found.add(node_id)
                stack.append(node_id)
    return found
