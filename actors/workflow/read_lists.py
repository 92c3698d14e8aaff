"""The node lists of a workflow: ids for nodes that have none, the edges that `sequence` adds, groups put together (flow spec 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from attrs import Factory, define, evolve

from actors.workflow.drafts import Draft
from actors.workflow.form import Form
from actors.workflow.names import free_id, slug
from actors.workflow.read_action import key_of, slug_source
from actors.workflow.read_flow import read_list
from actors.workflow.read_node import read_node
from actors.workflow.spec import Group, Need, Node, Repeat

__all__ = ["MAX_NODES", "read_lists"]

MAX_NODES: Final = 2_000


def read_lists(form: Form) -> tuple[list[Draft], list[Draft]]:
    """Both node lists."""
    flow = form.sub("flow")
    lists = flow or form
    if "flow" not in form.data:
        form.require("nodes")
    sequence = form.flag("sequence")
    nodes, finally_ = (read_list(lists, (key,), read_node) for key in ("nodes", "finally"))
    if flow:
        flow.close("flow")
    every = [draft for top in (*nodes, *finally_) for draft in top.inside()]
    if len(every) > MAX_NODES:
        message = f"The workflow has {len(every)} nodes, and at most {MAX_NODES} are taken. Split it."
        form.report.add("too_many_nodes", lists.at("nodes"), message, found=len(every), allowed=[f"≤ {MAX_NODES}"])
    _give_ids(every)
    for listed in (nodes, finally_):
        _finish(listed, chained=sequence)
    return nodes, finally_


@define
class _Ids:
    """`starts` has for each word the number from which on one may be free."""

    taken: set[str]
    starts: dict[str, int] = Factory(dict)

    def of_key(self, wanted: str) -> str:
        node_id, self.starts[wanted] = free_id(wanted, self.taken, self.starts.get(wanted, 2))
        self.taken.add(node_id)
        return node_id

    def of_form(self, word: str) -> str:
        number = self.starts.get(f"{word}.", 1)
        while f"{word}.{number}" in self.taken:
            number += 1
        self.starts[f"{word}."] = number + 1
        self.taken.add(f"{word}.{number}")
        return f"{word}.{number}"


def _give_ids(drafts: Sequence[Draft]) -> None:
    """In the order of the file; ids that are given keep what they are. A handler of failures takes one, too."""
    ids = _Ids({draft.node.node_id for draft in drafts if draft.named})
    ids.taken |= {f"{node_id}.on_fail" for draft in drafts if draft.named and _handled(draft.node) for node_id in [draft.node.node_id]}
    for draft in drafts:
        if not draft.named:
            draft.node = _named(draft.node, ids)
            if _handled(draft.node):
                ids.taken.add(f"{draft.node.node_id}.on_fail")
        draft.node = _without_defaults(draft.node)


def _handled(node: Node) -> bool:
    return node.on_fail.handler is not None


def _named(node: Node, ids: _Ids) -> Node:
    """What a node is called by its agent, its gate or its workflow stays its key, where the id had to become another."""
    if isinstance(node.action, Group):
        return evolve(node, node_id=ids.of_form(_word(node, node.action)))
    key = node.result_key or key_of(node.action)
    node_id = ids.of_key(slug_source(node.action) if node.result_key is None else slug(node.result_key))
    if key is None or key == node_id:
        return evolve(node, node_id=node_id)
    return evolve(node, node_id=node_id, result_key=key, label=node.label or key)


def _word(node: Node, group: Group) -> str:
    """What a block of this kind is called in a `.wf` text."""
    if isinstance(group.form, Repeat):
        return group.form.form
    if group.form is not None:
        return "parallel"
    return "do" if node.when is None else "unless" if node.when.startswith("!") else "if"


def _without_defaults(node: Node) -> Node:
    """Key and label are left out where the id says the same."""
    key, label = (None if text == node.node_id else text for text in (node.result_key, node.label))
    return node if (key, label) == (node.result_key, node.label) else evolve(node, result_key=key, label=label)


def _finish(drafts: Sequence[Draft], *, chained: bool) -> None:
    """Edges and groups, from the inside out."""
    for draft in drafts:
        if isinstance(draft.node.action, Group):
            _finish(draft.children, chained=draft.chained)
            group = evolve(draft.node.action, nodes=tuple(child.node for child in draft.children))
            draft.node = evolve(draft.node, action=group)
    if chained:
        _chain(drafts)


def _chain(drafts: Sequence[Draft]) -> None:
    """A node without `needs` follows the one before it, whatever became of that one: `fail_fast` does the stopping."""
    for before, draft in pairwise(drafts):
        if "needs" not in draft.form.data:
            draft.node = evolve(draft.node, needs=(Need(before.node.node_id, "settled"),))
