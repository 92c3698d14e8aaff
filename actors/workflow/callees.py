"""Workflows whose runs others begin: which, whether they ever come to an end, and what they leave (flow spec 4.1, 4.3). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from attrs import frozen

from actors.workflow.spec import Foreach, Group, Parallel, SubWorkflow, Workflow
from actors.workflow.walk import located

__all__ = ["LONGEST_CHAIN", "Endless", "Lookup", "below", "calls_of", "endless", "keys_left_by"]

LONGEST_CHAIN: Final = 5
"""So many workflows may begin each other in a chain, the first one counted."""

Lookup = Callable[[str], Workflow | None]
"""The workflow of an id; None where it is not there."""


@frozen
class Endless:
    """Workflows that cannot begin each other so, from the first one on: in a circle, or in too long a chain."""

    code: str
    path: tuple[str, ...]

    @property
    def message(self) -> str:
        """What is wrong, and what helps."""
        way = " → ".join(self.path)
        if self.code == "workflow_reference_cycle":
            return f"Workflows begin each other in a circle: {way}. Take one of these steps out."
        return f"Workflows may begin each other in chains of {LONGEST_CHAIN}, and this one is longer: {way}. Flatten it."


def calls_of(workflow: Workflow) -> tuple[str, ...]:
    """The workflows whose runs its nodes begin, those of `finally` too; sorted."""
    return tuple(sorted({node.action.workflow for _, node in located(workflow) if isinstance(node.action, SubWorkflow | Foreach)}))


def below(workflow: Workflow, lookup: Lookup) -> dict[str, Workflow | None]:
    """What runs of it begin, and what those begin, the nearest first; None where it is not there. No deeper than a chain may be long."""
    found: dict[str, Workflow | None] = {}
    level = calls_of(workflow)
    for _ in range(LONGEST_CHAIN):
        level = tuple(dict.fromkeys(name for name in level if name not in found and name != workflow.workflow_id))
        found |= {name: lookup(name) for name in level}
        level = tuple(name for one in level if (there := found[one]) is not None for name in calls_of(there))
    return found


def endless(workflow: Workflow, others: Mapping[str, Workflow | None]) -> list[Endless]:
    """Each circle among the workflow and the others, which are those below it; without any, a chain that is too long."""
    root = workflow.workflow_id
    calls = {root: calls_of(workflow), **{name: calls_of(one) for name, one in others.items() if one is not None}}
    found = []
    while (circle := _circle(calls)) is not None:
        found.append(Endless("workflow_reference_cycle", _from(root, circle, calls)))
        last, first = circle[-2:]
        calls[last] = tuple(name for name in calls[last] if name != first)
    if not found and len(chain := _longest_chain(root, calls)) > LONGEST_CHAIN:
        found.append(Endless("workflow_nesting_too_deep", chain))
    return found


def keys_left_by(workflow: Workflow) -> frozenset[str]:
    """The keys of the results that a run of it leaves to the run that began it, as far as that is certain: those of its first level."""
    return frozenset(_keys(workflow))


def _keys(workflow: Workflow) -> Iterator[str]:
    for node in workflow.nodes:
        if not isinstance(node.action, Group):
            yield node.key
        elif isinstance(node.action.form, Parallel):
            yield from (branch.key for branch in node.action.nodes)


def _circle(calls: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The ids along one of the circles, the first of which comes again at its end."""
    try:
        TopologicalSorter(calls).prepare()
    except CycleError as error:
        backwards: list[str] = error.args[1]
        return _turned(backwards[::-1], calls)
    return None


def _turned(circle: Sequence[str], calls: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Beginning with the one that is nearest to the root."""
    ids, order = list(circle[1:]), list(calls)
    at = ids.index(min(ids, key=order.index))
    return (*ids[at:], *ids[:at], ids[at])


def _from(root: str, circle: tuple[str, ...], calls: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from the root into the circle, and once around."""
    ways: dict[str, tuple[str, ...]] = {root: (root,)}
    for name in (queue := [root]):
        for callee in calls.get(name, ()):
            if callee not in ways:
                ways[callee] = (*ways[name], callee)
                queue.append(callee)
    return (*ways[circle[0]][:-1], *circle)


def _longest_chain(root: str, calls: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    chains: dict[str, tuple[str, ...]] = {}
    for name in TopologicalSorter(calls).static_order():
        chains[name] = (name, *max((chains[callee] for callee in calls.get(name, ())), key=len, default=()))
    return chains[root]
