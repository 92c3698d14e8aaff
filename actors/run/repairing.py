"""Going on with another definition of a node: the run is pinned to the version that has it (runs spec 16). Pure."""

from __future__ import annotations

from actors.agent.binding import unbound
from actors.refusals import Refusal
from actors.run.again import ask_again, left_behind
from actors.run.plan import Plan
from actors.run.recovering import dry_run_refusal, no_such_node
from actors.run.requests import Repair
from actors.run.state import RunState
from actors.run.steering import RunStepRepaired
from actors.run.turn import Turn
from actors.workflow.inputs import apply_inputs

__all__ = ["repair", "repair_refusal"]


def repair_refusal(state: RunState, operation: Repair) -> Refusal | None:
    """Whether the run, as it is, can go on with that version."""
    if state.dry_run:
        return dry_run_refusal(state)
    if state.status in ("queued", "running", "pausing"):
        text = f"The run {state.run_id} is {state.status}; a node is repaired when the run is paused, waits, or has ended."
        return Refusal("run_not_repairable", text, {"status": state.status})
    if state.plan.section.get(operation.node_id) != "body":
        return no_such_node(state, operation.node_id)
    if operation.digest == state.digest:
        text = f"Nothing would be another than it is in {state.run_id}. To begin the node anew as it is: penstock retry"
        return Refusal("repair_changes_nothing", text, {"node_id": operation.node_id, "digest": state.digest})
    assert state.plans is not None, "a run that is repaired knows where versions are found"
    return _conflict(state, operation, state.plans(operation.digest))


def _conflict(state: RunState, operation: Repair, plan: Plan) -> Refusal | None:
    lost = [node_id for node_id in state.plan.body.order if state.settled(node_id) and plan.section.get(node_id) != "body"]
    if lost:
        names = ", ".join(lost)
        text = f"Version {operation.version} has lost nodes that {state.run_id} has done: {names}. Put them back, or start a new run."
        return Refusal("repair_version_conflict", text, {"version": operation.version, "node_ids": lost})
    problems = apply_inputs(plan.workflow, state.inputs).problems
    if problems:
        text = f"Version {operation.version} does not take the inputs of {state.run_id}: {problems[0].message}"
        return Refusal("repair_version_conflict", text, {"version": operation.version, "path": problems[0].path})
    return _nobody(state, operation, plan)


def _nobody(state: RunState, operation: Repair, plan: Plan) -> Refusal | None:
    """Roles are bound once, at a run's start."""
    if roles := unbound(plan.workflow, state.binding):
        text = f"Version {operation.version} has the role {roles[0]}, to which {state.run_id} was bound to nobody. Start a new run."
        return Refusal("repair_version_conflict", text, {"version": operation.version, "roles": roles})
    return None


def repair(turn: Turn, operation: Repair) -> dict[str, object]:
    """Pin the run to the version; the node and all behind it begin anew."""
    state = turn.state
    assert state.plans is not None, "a run that is repaired knows where versions are found"
    plan = state.plans(operation.digest)
    roots = [node_id for node_id in (operation.node_id, *left_behind(state)) if plan.section.get(node_id) == "body"]
    reset = tuple(sorted(node_id for node_id in {*roots, *plan.body.descendants(roots)} if node_id in state.nodes))
    turn.also += operation.also
    turn.emit(
        RunStepRepaired(
            node_id=operation.node_id, from_digest=state.digest, to_digest=operation.digest, to_version=operation.version,
            reset_nodes=reset, reason=(operation.reason or "").strip() or "repaired_by_operator", by=str(operation.by),
        )
    )  # fmt: skip
    ask_again(turn)
    return {"node_id": operation.node_id, "reset_nodes": list(reset), "version": operation.version, "digest": operation.digest}
