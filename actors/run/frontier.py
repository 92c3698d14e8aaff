"""Which nodes of one graph may start now: kept as facts arrive, so that a graph of a thousand nodes costs no search. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable

from actors.workflow.graph import Graph

__all__ = ["Frontier", "SortKey"]

SortKey = tuple[int, str, str]
"""Priority (negated), place among those of the same priority, id."""
BEGUN = -1
"""What a node counts that has begun, or is not to: whatever is done again before it, it does not become ready by that."""


class Frontier:
    """Nodes whose needs are satisfied and that have not begun, by priority, then id.

    `settle` is told once for each settled instance of a node; a reset of nodes calls for `rebuild`.
    """

    __slots__ = ("_graph", "_keys", "_ready", "_unmet")

    def __init__(self, graph: Graph, keys: dict[str, SortKey]) -> None:
        self._graph = graph
        self._keys = keys
        self._unmet = {node_id: len(needs) + (node_id in graph.parent) for node_id, needs in graph.needs.items()}
        self._ready: list[SortKey] = sorted(keys[node_id] for node_id, count in self._unmet.items() if count == 0)

    @property
    def ready(self) -> list[str]:
        """All ready ids in the order in which they start."""
        return [key[2] for key in self._ready]

    def first(self, count: int) -> list[str]:
        """At most `count` ready ids in the order in which they start."""
        return [key[2] for key in self._ready[:count]]

    def met(self, node_id: str) -> bool:
        """Whether all that the node needs is there."""
        return self._unmet[node_id] <= 0

    def waits(self, node_id: str) -> bool:
        """Whether the node is ready and has not been taken."""
        key = self._keys[node_id]
        at = bisect_left(self._ready, key)
        return at < len(self._ready) and self._ready[at] == key

    def begin(self, group: str) -> None:
        """A group has begun: what stands in it has one thing less to wait for."""
        for node_id in self._graph.inside.get(group, ()):
            self._meet(node_id)

    def take(self, node_id: str) -> None:
        """The node begins or will never begin: it is not ready any more."""
        key = self._keys[node_id]
        at = bisect_left(self._ready, key)
        if at < len(self._ready) and self._ready[at] == key:
            del self._ready[at]

    def bar(self, node_id: str) -> None:
        """The node does not begin, whatever is done before it, until all is computed anew."""
        self.take(node_id)
        self._unmet[node_id] = BEGUN

    def offer(self, node_id: str) -> None:
        """The node may start again (a retry without delay)."""
        key = self._keys[node_id]
        at = bisect_left(self._ready, key)
        if at == len(self._ready) or self._ready[at] != key:
            self._ready.insert(at, key)

    def settle(self, node_id: str, *, succeeded: bool) -> None:
        """A node ended: edges on its completion open if it succeeded, edges on its settling in any case."""
        for dependent, any_ending in self._graph.releases[node_id]:
            if succeeded or any_ending:
                self._meet(dependent)

    def _meet(self, node_id: str) -> None:
        self._unmet[node_id] -= 1
        if self._unmet[node_id] == 0:
            insort(self._ready, self._keys[node_id])

    def rebuild(
        self,
        settled: Callable[[str], bool | None],
        pending: Callable[[str], bool],
        begun: Callable[[str], bool],
        only: Iterable[str] | None = None,
    ) -> None:
        """Compute all (or these nodes) anew.

        `settled` says None (not settled), or whether it succeeded; `pending` whether a node has not begun, `begun` whether a group has.
        """
        wanted = self._graph.order if only is None else [node_id for node_id in only if node_id in self._graph.index]
        gone = set(wanted)
        self._ready = [] if only is None else [key for key in self._ready if key[2] not in gone]
        for node_id in wanted:
            verdicts = [(need, settled(need.node)) for need in self._graph.needs[node_id]]
            unmet = sum(not (ok or (ok is False and need.until == "settled")) for need, ok in verdicts)
            group = self._graph.parent.get(node_id)
            self._unmet[node_id] = unmet + (group is not None and not begun(group))
            if not pending(node_id):
                self._unmet[node_id] = BEGUN
            elif self._unmet[node_id] == 0:
                self._ready.append(self._keys[node_id])
        self._ready.sort()
