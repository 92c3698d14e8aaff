"""Saying something to an agent of a run: who may be told, how much, and when it counts as heard. Pure.

A message waits with its node. An attempt whose conversation does not hold all of them has not ended well: it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from actors.agent.steering import LONGEST, MOST_UNHEARD, AgentSteered, AgentSteeringHeard
from actors.node.messages import AgentHeard, Outcome, Success
from actors.refusals import Refusal
from actors.run.requests import Steer
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.workflow.spec import Agent

__all__ = ["GOES_ON", "goes_on", "note_heard", "steer", "steer_refusal"]

GOES_ON: Final = "steered"
"""The reason of an attempt that would have ended, and has something to hear first."""
OPEN: Final = ("pending", "running", "waiting")


def steer_refusal(state: RunState, said: Steer) -> Refusal | None:
    """Why this cannot be said to that node, or not now."""
    if not said.by.human:
        text = "A message to an agent comes from a person, never from within a step: not even its text may decide that."
        return Refusal("human_required", text, {"node_id": said.node_id})
    if state.terminal:
        text = f"The run {state.run_id} is {state.status}: nobody in it hears anything any more. Retry a node of it, or start a new run."
        return Refusal("run_already_terminal", text, {"status": state.status})
    return _node_refusal(state, said) or _text_refusal(state, said)


def _node_refusal(state: RunState, said: Steer) -> Refusal | None:
    spec = state.plan.nodes.get(said.node_id)
    agents = [node_id for node_id, node in state.plan.nodes.items() if isinstance(node.action, Agent)]
    known = f"Its agents: {', '.join(agents[:20]) or 'none'}."
    if spec is None:
        text = f"The run {state.run_id} has no node {said.node_id!r}. {known}"
        return Refusal("node_not_found", text, {"node_id": said.node_id, "agents": agents})
    if not isinstance(spec.action, Agent):
        text = f"The node {said.node_id} of {state.run_id} is no agent, so there is nobody to talk to. {known}"
        return Refusal("steer_not_agent", text, {"node_id": said.node_id, "kind": spec.kind, "agents": agents})
    node = state.nodes[said.node_id]
    if node.status not in OPEN or node.exhausted or _begins_no_more(state, said.node_id):
        status = node.status if node.status not in OPEN else f"{node.status}, and begins no more"
        text = f"The node {said.node_id} of {state.run_id} is {status}: it hears nothing. Begin it anew, then say it."
        return Refusal("steer_node_ended", text, {"node_id": said.node_id, "status": node.status})
    return None


def _begins_no_more(state: RunState, node_id: str) -> bool:
    """Whether the node has not begun and the run has passed its place: it is being cancelled or finished, or cleans up."""
    over = state.section != "body" or state.finish_reason is not None or state.cancel_reason is not None
    return over and state.plan.section[node_id] == "body" and node_id not in state.executing


def _text_refusal(state: RunState, said: Steer) -> Refusal | None:
    size = len(said.text.encode())
    if not said.text.strip() or size > LONGEST:
        text = f"A message to an agent has 1 to {LONGEST} bytes; this one has {size}. Put what is longer into a file of its working folder."
        return Refusal("steer_text_invalid", text, {"size": size, "limit": LONGEST})
    if len(state.nodes[said.node_id].unheard) >= MOST_UNHEARD:
        text = f"The node {said.node_id} of {state.run_id} has {MOST_UNHEARD} messages that it has not heard. Wait until it has heard some."
        return Refusal("steer_limit", text, {"node_id": said.node_id, "limit": MOST_UNHEARD})
    return None


def steer(turn: Turn, said: Steer) -> Mapping[str, Any]:
    """Keep the message for the agent."""
    number = turn.state.nodes[said.node_id].told + 1
    turn.emit(AgentSteered(said.node_id, number, said.text, str(said.by)))
    return {"node_id": said.node_id, "number": number, "position": turn.state.seq, "at_work": said.node_id in turn.state.executing}


def note_heard(turn: Turn, heard: AgentHeard | Outcome) -> None:
    """The agent's conversation holds its messages up to that number: say so, once."""
    node = turn.state.nodes.get(heard.node_id)
    if node is not None and node.unheard and node.unheard[0].number <= heard.heard:
        turn.emit(AgentSteeringHeard(heard.node_id, min(heard.heard, node.told)))


def goes_on(state: RunState, outcome: Outcome) -> bool:
    """Whether the attempt ended well without having heard what was said to it in the moment of its end."""
    unheard = state.nodes[outcome.node_id].unheard
    return isinstance(outcome.verdict, Success) and bool(unheard) and unheard[-1].number > outcome.heard
