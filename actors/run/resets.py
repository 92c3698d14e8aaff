"""Putting nodes back to their beginning: rework, retry and a changed approval all come here. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from actors.run.fold_waits import retire_wait
from actors.run.plan import handler_id
from actors.run.state import RunState
from actors.workflow.spec import Gate

__all__ = ["begin_again", "reset_closure", "reset_nodes"]


def reset_closure(state: RunState, roots: Iterable[str]) -> tuple[str, ...]:
    """`roots` of the body and everything behind them, sorted."""
    wanted = [root for root in roots if state.plan.section[root] == "body"]
    return tuple(sorted({*wanted, *state.plan.body.descendants(wanted)}))


def reset_nodes(state: RunState, node_ids: Iterable[str], *, keep_items: bool = False) -> None:
    """Give each node a fresh instance, close its gates, forget its back-off, and walk the body again; clean-up will run anew, too.

    `keep_items`: what a for-each has completed stays so.
    """
    again = list(node_ids)
    if state.section != "body":
        again += [node_id for node_id, section in state.plan.section.items() if section == "finally"]
    again += [inner for node_id in again for inner in state.plan.inside.get(node_id, ()) if inner not in again]
    again += [handler for node_id in again if (handler := handler_id(node_id)) in state.nodes]
    for node_id in again:
        state.nodes[node_id].reset()
        state.executing.pop(node_id, None)
        state.backoffs.pop(node_id, None)
        state.handlers.pop(node_id, None)
        retire_wait(state, node_id)
        state.letters.pop(node_id, None)
        if node_id in state.plan.fan_outs:
            _reset_items(state, node_id, keep=keep_items)
        state.groups.pop(node_id, None)
    names = set(again)
    names.update(_reopen(state, names))
    for gate in [gate for gate in state.open_gates.values() if gate.node_id in names]:
        del state.open_gates[gate.node_id]
        if isinstance(state.plan.nodes[gate.node_id].action, Gate):  # a question about an outcome is over with its attempt
            state.closed_gates[gate.node_id] = gate
    state.failures = [node_id for node_id in state.failures if node_id not in names]
    state.tail_failures = [node_id for node_id in state.tail_failures if node_id not in names]
    if state.last_failure is not None and state.last_failure["node_id"] in names:
        state.last_failure = None
    state.section, state.workflow_outcome, state.finally_since_ms, state.conclusion = "body", None, None, None
    state.body.rebuild(state.settled, state.pending, state.begun)
    state.tail.rebuild(state.settled, state.pending, state.begun)


def _reopen(state: RunState, names: set[str]) -> list[str]:
    """Groups that are over and around a node that begins anew are under way again, in the turn in which they were. Outer ones first."""
    around = {group for node_id in names for group in _around(state, node_id)} - names
    wanted = [node_id for node_id in state.plan.children if node_id in around and state.nodes[node_id].status != "pending"]
    for group in wanted:
        node = state.nodes[group]
        node.status, node.ended_at_ms, node.skip_reason = "running", None, None
        node.output = node.error = None
        if group in state.plan.loops:
            node.turn = max(node.turn, 0)  # one that had no turn has its first one now
    still = [*state.groups, *(group for group in wanted if group not in state.groups)]
    state.groups = {group: None for group in state.plan.children if group in still}
    return wanted


def _around(state: RunState, node_id: str) -> Iterator[str]:
    group = state.plan.parent.get(node_id)
    while group is not None:
        yield group
        group = state.plan.parent.get(group)


def _reset_items(state: RunState, node_id: str, *, keep: bool) -> None:
    """In all turns of the loops around it."""
    for key in [key for key in state.fan_outs if key[0] == node_id]:
        if keep:
            state.fan_outs[key].reopen()
        else:
            del state.fan_outs[key]


def begin_again(state: RunState, node_ids: Iterable[str]) -> None:
    """A run that has ended, or is held, begins again with these nodes; failures of before keep nothing from starting any more."""
    state.finished_at_ms = state.output = state.last_failure = state.report_path = None
    state.cancel_reason = state.cancel_gate = state.cancel_wait = state.cancel_by = state.guardrail = state.finish_reason = None
    state.pause_reason = state.stop_kind = state.stop_reason = None
    again = list(node_ids)
    _unblock(state, again)
    reset_nodes(state, again, keep_items=True)
    state.tolerated = frozenset(state.failures).union(node_id for node_id in state.plan.parent if state.nodes[node_id].status == "failed")


def _unblock(state: RunState, again: Collection[str]) -> None:
    """What was blocked for another's sake may begin when its needs are met, unless one is left that stops everything."""
    left = any(node.status == "blocked" and node.finding and node_id not in again for node_id, node in state.nodes.items())
    if left and state.plan.mission.stops_all:
        return
    for node in state.nodes.values():
        if node.status == "blocked" and not node.finding:
            node.status = "pending"
