"""Nothing of a run executes and nothing can start: what it waits for now (runs spec 6.9). Pure."""

from __future__ import annotations

from actors.node.events import NodeRetryBackoffScheduled
from actors.run.events import RunAwaitingApproval, RunPaused, RunWaiting
from actors.run.turn import Turn
from actors.sub_run.present import is_present
from actors.wait.ending import over_for_a_person

__all__ = ["rest"]


def rest(turn: Turn) -> bool:
    """Nothing executes and nothing can start: wait for a person, a back-off, whatever waits are open for, or be done (False)."""
    state = turn.state
    if turn.questions:
        return True  # the answers may let it go on
    if state.open_gates:
        turn.emit(RunAwaitingApproval(gates=tuple(gate.gate_name for gate in state.open_gates.values())))
        return True
    if state.backoffs:
        order = state.plan.body.index
        node_id = min(state.backoffs, key=lambda node_id: (state.backoffs[node_id], order.get(node_id, 0)))
        due, node = state.backoffs[node_id], state.nodes[node_id]
        turn.emit(
            NodeRetryBackoffScheduled(
                node_id=node_id,
                retry_attempt=node.attempt + 1,
                retry_backoff_ms=max(0, due - turn.now),
                retry_after_ms=due,
                releases_run=True,
                reason=node.error.message[:500] if node.error else "",
            )
        )
        return True
    return _wait(turn)


def _wait(turn: Turn) -> bool:
    """Wait for what is open; where only waits are left that need a person, hold the run for one."""
    state = turn.state
    rows = [row for row in state.waits.values() if row.open]
    resting = [row.node_id for row in state.children.values() if is_present(state, row)]
    if rows or resting:
        turn.emit(RunWaiting(wait_ids=tuple(row.wait_id for row in rows), node_ids=(*(row.node_id for row in rows), *resting)))
        return True
    if (row := over_for_a_person(turn)) is not None:
        turn.emit(RunPaused(reason="wait_escalated" if row.status == "escalated" else "wait_reminded"))
        return True
    return False
