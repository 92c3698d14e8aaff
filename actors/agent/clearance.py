"""Between what a model asks for and its tools: what is denied is not done, and what a person must be asked about is done once, by his word.

An approval is used up before the call is made. Where what came of it is not known, the call is not made again: the agent is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from attrs import frozen

from actors.agent.policy import Policy
from actors.agent.thread_events import ToolApprovalUsed, ToolApprovalWanted
from actors.agent.tools.source import Said
from actors.gate.shown import digest_of_shown
from actors.gate.tools import shown_of
from actors.node.messages import Failure, ToolQuestion

if TYPE_CHECKING:
    from actors.agent.house import House
    from actors.agent.policy import Ruling
    from actors.agent.provider.messages import ToolCall
    from actors.agent.thread_log import ThreadLog
    from actors.agent.tools.hands import Hands
    from actors.entity import Fact
    from actors.node.messages import ToolDecision
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.workflow.spec_agent import Persona

__all__ = ["Clearance", "Cleared", "cannot_work", "policy_of"]

LARGEST_ASKED: Final = 64 << 10
"""Bytes of arguments that a person can be expected to look at."""
UNCERTAIN: Final = (
    "The outcome is uncertain: a person had approved this call, and it was begun, but it ended before it was known what came of it. It was "
    "not repeated. Find out what is there before you ask for it again."
)


def policy_of(house: House, persona: Persona, action: AgentOrder) -> Policy:
    """What holds for the tools of an attempt."""
    return Policy(house.policy, persona.policy, action.policy, action.asks, unsandboxed=persona.sandbox == "none")


def cannot_work(order: WorkOrder, policy: Policy, *, own_tools: bool = False) -> Failure | None:
    """An agent that may not write leaves no file, however often it is asked; and one with tools of its own asks nobody about them."""
    if own_tools:
        text = (
            "The node has a policy of tools, and its agent has tools of its own, in which that has no say. Take the policy out of the node."
        )
        return Failure("backend_unfit", text, "configuration") if policy.node else None
    ruling = policy.ruling("write_file")
    if order.artifact is None or ruling.word != "deny":
        return None
    text = f"The node is to leave {order.artifact.path}, and write_file is denied by {ruling.by}. Allow it, or take the artifact out."
    return Failure("tool_denied", text, "configuration")


@frozen
class Cleared:
    """What is done about a call: it is answered without being made, or a person is asked first, or, where neither stands here, it is made.

    `facts` are to be durable before that.
    """

    said: Said | None = None
    question: ToolQuestion | None = None
    facts: tuple[Fact, ...] = ()


@frozen(eq=False)
class Clearance:
    """Looks at each call of one attempt before its `hands` make it."""

    hands: Hands
    order: WorkOrder
    action: AgentOrder
    log: ThreadLog

    def clear(self, call: ToolCall) -> Cleared:
        """What is to be done about the call."""
        ruling = self.hands.ruling(call.name)
        if ruling.word == "deny":
            return Cleared(_denied(call, ruling))
        refusal = None if ruling.word == "allow" else self.hands.refusal(call) or _too_large(call)
        return Cleared(refusal) if ruling.word == "allow" or refusal is not None else self._ask(call)

    def _ask(self, call: ToolCall) -> Cleared:
        bound, order, decided, thread = self.action.bound, self.order, self.action.decided, self.log.thread
        question = ToolQuestion(call.name, call.arguments, call.call_id, thread.answered_turn, bound.persona, bound.sha256)
        digest = digest_of_shown(shown_of(question, order.run_id, order.node_id, order.instance))
        if digest in thread.approvals_used:
            return Cleared(Said(UNCERTAIN, is_error=True, state="uncertain"))
        if decided is None or decided.shown_digest != digest:
            known = digest in thread.approvals_wanted
            return Cleared(question=question, facts=() if known else (ToolApprovalWanted(call.call_id, call.name, digest),))
        if decided.decision != "approve":
            return Cleared(_rejected(call, decided))
        return Cleared(facts=(ToolApprovalUsed(call.call_id, call.name, digest, decided.by),))


def _too_large(call: ToolCall) -> Said | None:
    size = len(orjson.dumps(dict(call.arguments)))
    if size <= LARGEST_ASKED:
        return None
    text = (
        f"A person has to approve a use of {call.name}, and is asked about at most {LARGEST_ASKED} bytes of arguments; these have {size}."
    )
    return Said(f"{text} Do it in smaller parts.", is_error=True)


def _denied(call: ToolCall, ruling: Ruling) -> Said:
    text = f"{call.name} is denied to you by {ruling.by}; it was not used, and asking again changes nothing. Go on without it."
    return Said(text, is_error=True, state="denied")


def _rejected(call: ToolCall, decided: ToolDecision) -> Said:
    words = f": {decided.feedback}" if decided.feedback else "."
    return Said(f"{call.name} was not used: the call was rejected by {decided.by}{words}", is_error=True, state="denied")
