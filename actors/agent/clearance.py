"""Between what a model asks for and its tools: what is denied is not done, and what a person must be asked about is done once, by his word.

An approval is used up before the call is made. Where what came of it is not known, the call is not made again: the agent is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from actors.agent.thread_events import ToolApprovalUsed, ToolApprovalWanted
from actors.agent.tools.source import Said
from actors.gate.shown import digest_of_shown
from actors.gate.tools import shown_of
from actors.node.messages import ToolQuestion

if TYPE_CHECKING:
    from actors.agent.policy import Policy, Ruling
    from actors.agent.provider.messages import ToolCall
    from actors.agent.thread_log import ThreadLog
    from actors.agent.tools.hands import Hands
    from actors.node.messages import AgentOrder, ToolDecision, WorkOrder

__all__ = ["Clearance"]

LARGEST_ASKED: Final = 64 << 10
"""Bytes of arguments that a person can be expected to look at."""
UNCERTAIN: Final = (
    "A person had approved this call, and it was begun, but it ended before it was known what came of it. It may have happened. It is not "
    "made again: look at what is there first, and ask for it anew if it is still wanted."
)


class Clearance:
    """Looks at each call of one attempt before its `hands` make it."""

    def __init__(self, hands: Hands, policy: Policy, order: WorkOrder, action: AgentOrder, log: ThreadLog) -> None:
        self._hands = hands
        self._policy = policy
        self._order = order
        self._action = action
        self._log = log

    async def clear(self, call: ToolCall) -> Said | ToolQuestion | None:
        """Why it is not made, or what must be answered before it can be; None: it is to be made now."""
        ruling = self._policy.ruling(call.name)
        if ruling.word == "deny":
            return Said(_denied(call, ruling), is_error=True)
        if ruling.word == "allow":
            return None
        return self._hands.refusal(call) or _too_large(call) or await self._ask(call)

    async def _ask(self, call: ToolCall) -> Said | ToolQuestion | None:
        bound, thread = self._action.bound, self._log.thread
        question = ToolQuestion(call.name, call.arguments, call.call_id, thread.answered_turn, bound.persona, bound.sha256)
        digest = digest_of_shown(shown_of(question, self._order.run_id, self._order.node_id, self._order.instance))
        if digest in thread.approvals_used:
            return Said(UNCERTAIN, is_error=True)
        decided = self._action.decided
        if decided is None or decided.shown_digest != digest:
            if digest not in thread.approvals_wanted:
                await self._log.append((ToolApprovalWanted(call.call_id, call.name, digest),))
            return question
        if decided.decision != "approve":
            return Said(_rejected(call, decided), is_error=True)
        await self._log.append((ToolApprovalUsed(call.call_id, call.name, digest, decided.by),))
        return None


def _too_large(call: ToolCall) -> Said | None:
    size = len(orjson.dumps(dict(call.arguments)))
    if size <= LARGEST_ASKED:
        return None
    text = (
        f"A person has to approve a use of {call.name}, and is asked about at most {LARGEST_ASKED} bytes of arguments; these have {size}."
    )
    return Said(f"{text} Do it in smaller parts.", is_error=True)


def _denied(call: ToolCall, ruling: Ruling) -> str:
    return f"{call.name} is denied to you by {ruling.by}; it was not used, and asking again changes nothing. Go on without it."


def _rejected(call: ToolCall, decided: ToolDecision) -> str:
    words = f": {decided.feedback}" if decided.feedback else "."
    return f"{call.name} was not used: the call was rejected by {decided.by}{words}"
