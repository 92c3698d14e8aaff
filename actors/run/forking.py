"""A new run that goes on from where another one ended: it has the results that are kept, and does the rest anew (runs spec 16). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, evolve, frozen

from actors.library.record import workflow_stream
from actors.refusals import Principal, Refusal
from actors.run.events import RunCreated
from actors.run.headline import born
from actors.run.recovering import dry_run_refusal, no_such_node, recovery_roots
from actors.run.requests import Fork
from actors.run.resets import reset_closure
from actors.run.schedule import first_ticket
from actors.run.state import RunState
from actors.run.steering import NodeCarriedOver, RunForked
from actors.run.turn import UNKNOWN, Turn
from actors.run.vocabulary import run_codec
from storage.codec import canonical
from storage.records import Append

__all__ = ["Birth", "NewRun", "carried_over", "fork", "fork_refusal"]


@frozen
class NewRun:
    """The question for a run of the same version with other inputs: a `Birth`, or the refusal why there can be none."""

    inputs: str
    """JSON, so that the question can be a key."""
    cwd: str | None
    by: Principal


@frozen
class Birth:
    """`lost`: nodes whose artifact is neither where it was nor in the store."""

    run_id: str
    created: RunCreated
    warnings: tuple[str, ...] = ()
    lost: frozenset[str] = Factory(frozenset)


def fork_refusal(state: RunState, operation: Fork) -> Refusal | None:
    """Only a run that has ended is forked, from nodes that it has."""
    if state.dry_run:
        return dry_run_refusal(state)
    if not state.terminal:
        text = f"The run {state.run_id} is {state.status}; only a run that has ended can be forked. Cancel it, or wait."
        return Refusal("run_not_terminal", text, {"status": state.status})
    unknown = next((node_id for node_id in operation.from_nodes if state.plan.section.get(node_id) != "body"), None)
    return None if unknown is None else no_such_node(state, unknown)


def fork(turn: Turn, operation: Fork) -> Mapping[str, Any] | Refusal:
    """Make the run in the same commit, as soon as it is known what it can be."""
    state = turn.state
    birth = turn.ask(NewRun(canonical(dict(operation.inputs)).decode(), operation.cwd, operation.by))
    if birth is UNKNOWN:
        return {}
    if isinstance(birth, Refusal):
        return birth
    anew = _with_groups(state, {*_begins_anew(state, operation), *reset_closure(state, birth.lost)})
    kept = [carried_over(state, node_id) for node_id in state.plan.body.order if node_id not in anew and state.settled(node_id) is True]
    created = birth.created if kept else _from_the_base(birth.created)
    facts = tuple(run_codec().encode(fact) for fact in (created, *kept))
    workflow = state.plan.workflow
    turn.also.append(Append(birth.run_id, 0, facts, headline=born(birth.run_id, created, workflow, turn.now)))
    turn.also.append(Append(workflow_stream(state.workflow_id), operation.workflow_seq))
    turn.tickets.append(first_ticket(birth.run_id, created, workflow, turn.now))
    turn.emit(RunForked(fork_run_id=birth.run_id, from_nodes=operation.from_nodes, by=str(operation.by)))
    return {
        "run_id": birth.run_id, "status": "queued", "workflow_id": state.workflow_id, "version": state.version, "digest": state.digest,
        "forked_from": state.run_id, "kept_nodes": [fact.node_id for fact in kept], "warnings": list(birth.warnings),
    }  # fmt: skip


def _with_groups(state: RunState, anew: set[str]) -> set[str]:
    """Those, and the groups around them: a loop begins with its first turn, of the others only what is anew runs again."""
    for group, inside in state.plan.inside.items():
        if group not in anew and not anew.isdisjoint(inside):
            anew.update(reset_closure(state, inside) if group in state.plan.loops else ())
            anew.add(group)
    return anew


def _from_the_base(created: RunCreated) -> RunCreated:
    """Of a run that keeps nothing of the other one: neither does its branch."""
    return created if created.worktree is None else evolve(created, worktree=evolve(created.worktree, start=None))


def _begins_anew(state: RunState, operation: Fork) -> tuple[str, ...]:
    """What is named, and all behind it; without a name what a recovery would reset, and of a completed run everything."""
    if operation.from_nodes:
        return reset_closure(state, operation.from_nodes)
    return tuple(state.plan.body.order) if state.status == "completed" else reset_closure(state, recovery_roots(state))


def carried_over(state: RunState, node_id: str) -> NodeCarriedOver:
    """The fact that gives another run this node's result."""
    node = state.nodes[node_id]
    return NodeCarriedOver(
        node_id=node_id, status=node.status, output=node.output, artifact=node.artifact, skip_reason=node.skip_reason,
        gate=next((entry for entry in reversed(state.gate_history) if entry.node_id == node_id and entry.instance == node.instance), None),
    )  # fmt: skip
