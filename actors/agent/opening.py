"""With what an attempt begins: the conversation anew, a prompt, what is to be repaired, or nothing where it was only cut off. Pure."""

from __future__ import annotations

from attrs import frozen

from actors.agent.brief import Brief
from actors.agent.envelope import envelope
from actors.agent.thread import Thread
from actors.agent.thread_events import ModelCallFailed, PromptAdded, ThreadBegun, ToolAnswered
from actors.agent.tools.uncertain import uncertain
from actors.entity import Fact
from actors.node.orders import AgentOrder, WorkOrder

__all__ = ["Opening", "opening"]

CUT_OFF = "The attempt ended before this was done."
LOST_TOOL = "the daemon or the attempt ended while it was at work"
LOST = "the daemon or the attempt ended under the call; what it came to is not known"


@frozen
class Opening:
    """Facts to be written first; `prompts`: the agent is told something anew."""

    facts: tuple[Fact, ...]
    prompts: bool


def opening(order: WorkOrder, action: AgentOrder, thread: Thread, *, own_tools: bool = False, brief: Brief | None = None) -> Opening:
    """What the attempt says before its first call. `own_tools`: to an agent with other tools than ours; `brief`: what else it is told."""
    facts: list[Fact] = []
    if thread.open_turn is not None:
        facts.append(ModelCallFailed(thread.open_turn, message=LOST, priced=not own_tools))
    anew = thread.instance != order.instance
    repair = not anew and thread.prompted > 0 and action.repair is not None and action.repair.attempt >= thread.prompted
    prompts = anew or repair or thread.prompted == 0
    doubtful = thread.under_way
    if doubtful is not None and (prompts or not doubtful.repeatable):
        facts.append(uncertain(doubtful, LOST_TOOL))
    if anew:
        facts.append(ThreadBegun(order.run_id, order.node_id, order.instance))
    if prompts:
        if not anew:
            begun = doubtful.call_id if doubtful is not None else None
            left = [call for call in thread.unanswered if call.call_id != begun]
            facts += [ToolAnswered(call.call_id, call.name, CUT_OFF, is_error=True, cut_off=True) for call in left]
        text = envelope(order, action, repair=repair, own_tools=own_tools, brief=brief)
        facts.append(PromptAdded(order.attempt, text, repair=repair))
    return Opening(tuple(facts), prompts)
