"""The facts of one agent node's conversation, each written when it happens: what was said, which calls were made and what they cost. Pure.

A text that is too long for a log lies among the contents, under the digest in `body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact

__all__ = [
    "AgentSessionHeard", "Asked", "ModelCallAnswered", "ModelCallFailed", "ModelCallIntended", "PromptAdded", "SteeringAdded",
    "ThreadBegun", "ToolAnswered", "ToolApprovalUsed", "ToolApprovalWanted", "ToolIntended",
]  # fmt: skip


@frozen
class Asked:
    """A tool that the model asked for."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = Factory(dict)


@frozen
class ThreadBegun(Fact):
    """The conversation of this instance of the node begins; what was said before belongs to another."""

    kind: ClassVar[str] = "thread_begun"
    run_id: str
    node_id: str
    instance: int


@frozen
class PromptAdded(Fact):
    """The agent was told this, at the beginning of that attempt. `repair`: it did something before that was not right."""

    kind: ClassVar[str] = "prompt_added"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    attempt: int
    text: str = ""
    repair: bool = False
    body: str | None = None


@frozen
class SteeringAdded(Fact):
    """The agent was told what a person says to it, between two messages. `number` is that of the message in the run's log."""

    kind: ClassVar[str] = "steering_added"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    number: int
    by: str
    text: str


@frozen
class ModelCallIntended(Fact):
    """A call is about to be made: one that nothing follows was cut off, and nobody knows what it came to. `turn` counts from 1."""

    kind: ClassVar[str] = "model_call_intended"
    turn: int
    attempt: int
    role: str
    persona: str
    persona_version: int
    backend: str
    model: str


@frozen
class AgentSessionHeard(Fact):
    """The call is the next task of this session of an agent with a command line: who calls it again can go on with that."""

    kind: ClassVar[str] = "agent_session_heard"
    turn: int
    backend: str
    session_id: str


@frozen
class CallEnded(Fact):
    """What is known of a call that is over. Costs are USD; `priced` is false where nobody knows the price. Times are milliseconds.

    `tool_calls` counts tools that were used in it and are not ours; of the input the service has put `stored_tokens` into its cache.
    """

    turn: int
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost_input_usd: float = 0.0
    cost_output_usd: float = 0.0
    priced: bool = True
    latency_ms: int = 0
    request_id: str = ""
    answered_by: str = ""
    tool_calls: int = 0
    stored_tokens: int = 0


@frozen
class ModelCallAnswered(CallEnded):
    """The model has answered. `stop` as the answer has it; `answered_by` is the model that the service names."""

    kind: ClassVar[str] = "model_call_answered"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text", "calls"})
    text: str = ""
    calls: tuple[Asked, ...] = ()
    stop: str = "end"
    body: str | None = None


@frozen
class ModelCallFailed(CallEnded):
    """The call came to nothing: `code` says why, `call_lost` where the daemon or the attempt ended under it."""

    kind: ClassVar[str] = "model_call_failed"
    code: str = "call_lost"
    message: str = ""


@frozen
class ToolIntended(Fact):
    """A tool that changes something outside is about to be used: where nothing follows, it was cut off, and nobody knows what it did.

    `repeatable`: with the same arguments it comes to the same, so it is used again after that.
    """

    kind: ClassVar[str] = "tool_intended"
    call_id: str
    name: str
    attempt: int = 1
    repeatable: bool = False


@frozen
class ToolAnswered(Fact):
    """A tool was used, and this came of it. `cut_off`: the attempt ended before it was.

    `state` is `ok`, `error`, `denied`, or `uncertain`: it was cut off, and not used again. It began at `began_ms` and took `latency_ms`.
    """

    kind: ClassVar[str] = "tool_answered"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"text"})
    call_id: str
    name: str
    text: str = ""
    is_error: bool = False
    cut_off: bool = False
    state: str = Factory(lambda self: "error" if self.is_error else "ok", takes_self=True)
    attempt: int = 0
    began_ms: int = 0
    latency_ms: int = 0
    body: str | None = None


@frozen
class ToolApprovalWanted(Fact):
    """The tool may be used only where a person says so, who is asked now. `shown_digest` is that of the gate that opens in the run."""

    kind: ClassVar[str] = "tool_approval_wanted"
    call_id: str
    name: str
    shown_digest: str


@frozen
class ToolApprovalUsed(Fact):
    """A person has approved this call, and it is about to be made: the approval holds for nothing any more."""

    kind: ClassVar[str] = "tool_approval_used"
    call_id: str
    name: str
    shown_digest: str
    by: str
