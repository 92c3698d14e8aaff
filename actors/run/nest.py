"""How the nodes of a version stand in one another: which group is around which node, and what that means for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Factory, frozen

from actors.workflow.spec import Group, Node, Parallel, Repeat

__all__ = ["Nest", "flatten", "nest_of"]


@frozen
class Nest:
    """The tables of `Plan` of the same names; `places` says where a branch stands among its siblings, which begin in that order."""

    parent: dict[str, str] = Factory(dict)
    children: dict[str, tuple[str, ...]] = Factory(dict)
    inside: dict[str, tuple[str, ...]] = Factory(dict)
    blocks: dict[str, str] = Factory(dict)
    keepers: dict[str, str] = Factory(dict)
    loops: frozenset[str] = frozenset()
    loops_around: dict[str, tuple[str, ...]] = Factory(dict)
    places: dict[str, str] = Factory(dict)


def flatten(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """All nodes of a list and of the groups in it, in the order of the file, each group before what stands in it."""
    found: list[Node] = []
    todo = list(nodes)[::-1]
    while todo:
        node = todo.pop()
        found.append(node)
        if isinstance(node.action, Group):
            todo += node.action.nodes[::-1]
    return tuple(found)


def nest_of(nodes: Iterable[Node]) -> Nest:
    """The tables of nodes as `flatten` gives them."""
    groups = [(node, node.action) for node in nodes if isinstance(node.action, Group)]
    nest = Nest(loops=frozenset(node.node_id for node, group in groups if isinstance(group.form, Repeat)))
    for node, group in groups:
        nest.children[node.node_id] = tuple(child.node_id for child in group.nodes)
        nest.inside[node.node_id] = tuple(child.node_id for child in flatten(group.nodes))
        for number, child in enumerate(group.nodes):
            _place(nest, node, group, child, number)
    return nest


def _place(nest: Nest, node: Node, group: Group, child: Node, number: int) -> None:
    """What the group around it means for one node; the groups around that one have been looked at before."""
    outer, inner = node.node_id, child.node_id
    nest.parent[inner] = outer
    parallel = isinstance(group.form, Parallel)
    block = outer if parallel else nest.blocks.get(outer)
    if block is not None:
        nest.blocks[inner] = block
    keeper = outer if parallel or node.on_fail.mode == "continue" else nest.keepers.get(outer)
    if keeper is not None:
        nest.keepers[inner] = keeper
    loops = nest.loops_around.get(outer, ()) + ((outer,) if outer in nest.loops else ())
    if loops:
        nest.loops_around[inner] = loops
    if parallel:
        nest.places[inner] = f"{outer} {number:06}"
