"""A run that has ended, or rests, begins again: what its ending left neither done nor to do, and questions that it closed. Pure."""

from __future__ import annotations

from actors.gate.rules import ask_outcome
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.spec import Gate, Wait

__all__ = ["ask_again", "left_behind"]


def left_behind(state: RunState) -> list[str]:
    """Nodes of the body that an ending left neither done nor pending: skipped by it, or gates and waits that it closed."""
    asked = {gate.node_id for gate in state.open_gates.values()} if not state.terminal else set()
    asked |= {row.node_id for row in state.waits.values() if row.open}
    return [
        node_id
        for node_id in state.plan.body.order
        if (state.nodes[node_id].status == "skipped" and state.settled(node_id) is None and not state.covered(node_id))
        or (state.nodes[node_id].status == "waiting" and isinstance(state.plan.nodes[node_id].action, Gate | Wait) and node_id not in asked)
    ]


def ask_again(turn: Turn) -> None:
    """Ask whether an effect happened where the question was closed with the run, and nobody has answered it."""
    state = turn.state
    asked = {gate.node_id for gate in state.open_gates.values()}
    for node_id, node in state.nodes.items():
        if node.status == "waiting" and node_id not in asked and not isinstance(state.plan.nodes[node_id].action, Wait):
            ask_outcome(turn, node_id)
