"""Which results can be there when a node begins: those of all that lies before it, at every depth (flow spec 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from attrs import frozen

from actors.workflow.drafts import Draft
from actors.workflow.graph import Graph
from actors.workflow.spec import Node, SubWorkflow

__all__ = ["ChildKeys", "Earlier", "Reach", "anything"]

ChildKeys = Callable[[str], Collection[str] | None]
"""The keys that a run of a workflow leaves to the one that began it; None where nobody knows, so that any key may be there."""


def anything(workflow: str) -> None:
    """What is known of workflows where there is nobody to ask."""


@frozen
class Earlier:
    """The nodes before one: bit sets by the index of the graph. A name is `in` it where it is the id of one of them."""

    reach: Reach
    bits: int
    outside: Mapping[str, Node]

    def __contains__(self, node_id: object) -> bool:
        index = self.reach.graph.index.get(str(node_id))
        return node_id in self.outside or (index is not None and bool(self.bits >> index & 1))

    def and_also(self, node_id: str) -> Earlier:
        """These, and one more."""
        return Earlier(self.reach, self.bits | 1 << self.reach.graph.index[node_id], self.outside)

    def named(self) -> tuple[str, ...]:
        """Their ids, in the order of the file."""
        return (*self.outside, *(node_id for node_id in self.reach.graph.order if node_id in self))

    def leaves(self, key: str) -> bool:
        """Whether one of them leaves a result under that key or id, be it through a run of another workflow."""
        return key in self or any(node.key == key or self._brings(node, key) for node in self._nodes())

    def _nodes(self) -> Iterable[Node]:
        return (self.reach.every[node_id] for node_id in self.named())

    def _brings(self, node: Node, key: str) -> bool:
        if not isinstance(node.action, SubWorkflow):
            return False
        keys = self.reach.child_keys(node.action.workflow)
        return keys is None or key in keys


@frozen
class Reach:
    """The nodes of one list, with those in its groups, and what lies before each. Of nodes with one id, the first counts.

    `every` are all nodes that a text may name. `outside` are nodes whose results can be there in any case: to clean-up, those of the body.
    """

    graph: Graph
    every: Mapping[str, Node]
    child_keys: ChildKeys
    outside: Mapping[str, Node]
    before: Mapping[str, int]

    @classmethod
    def of(cls, drafts: Iterable[Draft], child_keys: ChildKeys = anything, outside: Mapping[str, Node] | None = None) -> Reach:
        """What the drafts of a list say."""
        nodes: dict[str, Node] = {}
        parent: dict[str, str] = {}
        for draft in (one for top in drafts for one in top.inside()):
            nodes.setdefault(draft.node.node_id, draft.node)
            for child in draft.children:
                if child.node.node_id not in nodes:
                    parent.setdefault(child.node.node_id, draft.node.node_id)
        graph, known = Graph.of(nodes.values(), parent), outside or {}
        return cls(graph, {**known, **nodes}, child_keys, known, graph.all_ancestors())

    def earlier(self, node_id: str, *, inside: bool = False) -> Earlier:
        """The nodes before it; with `inside` also all that stands in it. A group does not lie before its own nodes."""
        bits = self.before.get(node_id, 0) & ~self._bits(self._around(node_id))
        return Earlier(self, bits | self._bits(self._within(node_id)) if inside else bits, self.outside)

    def anywhere(self) -> Earlier:
        """All of them, as when the run has ended."""
        return Earlier(self, (1 << len(self.graph.order)) - 1, self.outside)

    def _bits(self, ids: Iterable[str]) -> int:
        found = 0
        for node_id in ids:
            found |= 1 << self.graph.index[node_id]
        return found

    def _around(self, node_id: str) -> list[str]:
        found = []
        while (group := self.graph.parent.get(node_id)) is not None:
            found.append(group)
            node_id = group
        return found

    def _within(self, node_id: str) -> list[str]:
        found: list[str] = []
        todo = [node_id]
        while todo:
            inside = self.graph.inside.get(todo.pop(), ())
            found += inside
            todo += inside
        return found
