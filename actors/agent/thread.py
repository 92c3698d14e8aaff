"""What the log of a conversation folds to: the turns so far, the call under way, and what all calls have used. Pure."""

from __future__ import annotations

from attrs import Factory, define, evolve

from actors.agent.provider.messages import AssistantTurn, ToolCall, ToolResult, Turn, UserText
from actors.agent.provider.tokens import TokenUsage
from actors.agent.steering import spoken
from actors.agent.thread_events import (
    AgentSessionHeard,
    CallEnded,
    ModelCallAnswered,
    ModelCallFailed,
    ModelCallIntended,
    PromptAdded,
    SteeringAdded,
    ThreadBegun,
    ToolAnswered,
    ToolApprovalUsed,
    ToolApprovalWanted,
    ToolIntended,
)
from actors.entity import Fact
from actors.node.messages import Usage

__all__ = ["LOST", "Thread", "usage_of"]

LOST = "call_lost"
"""The code of a call under which the daemon or the attempt ended."""


@define(eq=False)
class Thread:
    """`instance` 0: nothing was said yet. `prompted` is the attempt in which the agent was told something last.

    `open_turn` is a call without an end, `unanswered` are tools that were asked for and have not answered, `under_way` is the intent
    of one of them. `used` counts all instances.
    `calls` is how many calls were made, `answered_turn` the number of the one that was answered last, `stop` how that answer ended; `tries`
    counts those since it was told something last. `heard` is the number of the last message of a person.
    `approvals_wanted` and `approvals_used` are digests of calls of tools about which people were asked.
    `session` is what the last call said of itself, `sessions` are those of agents with a command line, by backend, and `counted` the
    tokens of each session so far.
    """

    seq: int = 0
    instance: int = 0
    prompted: int = 0
    turns: list[Turn] = Factory(list)
    calls: int = 0
    open_turn: int | None = None
    unanswered: list[ToolCall] = Factory(list)
    under_way: ToolIntended | None = None
    answered_turn: int = 0
    stop: str = ""
    approvals_wanted: set[str] = Factory(set)
    approvals_used: set[str] = Factory(set)
    used: Usage = Factory(Usage)
    heard: int = 0
    tries: int = 0
    sessions: dict[str, str] = Factory(dict)
    counted: dict[str, TokenUsage] = Factory(dict)
    _backend: str = ""
    _model: str = ""
    session: str = ""

    @property
    def done(self) -> bool:
        """Whether the agent has said its last word: it answered, and asks for nothing."""
        return bool(self.turns) and isinstance(self.turns[-1], AssistantTurn) and not self.unanswered

    @property
    def last_text(self) -> str:
        """What it said last."""
        return next((turn.text for turn in reversed(self.turns) if isinstance(turn, AssistantTurn)), "")

    def copy(self) -> Thread:
        """One that goes its own way."""
        return evolve(
            self, turns=list(self.turns), unanswered=list(self.unanswered), sessions=dict(self.sessions), counted=dict(self.counted),
            approvals_wanted=set(self.approvals_wanted), approvals_used=set(self.approvals_used),
        )  # fmt: skip

    def apply(self, fact: Fact) -> None:
        """One more fact, its texts at hand."""
        self.seq += 1
        match fact:
            case ThreadBegun(instance=instance):
                self.instance, self.prompted, self.turns, self.unanswered, self.under_way = instance, 0, [], [], None
                self.sessions = {}
            case PromptAdded(attempt=attempt, text=text):
                self.prompted, self.tries = attempt, 0
                self.turns.append(UserText(text))
            case SteeringAdded(number=number, by=by, text=text):
                self.heard, self.tries = number, 0
                self.turns.append(UserText(spoken(number, by, text), aside=True))
            case ModelCallIntended(turn=turn, backend=backend, model=model):
                self.calls, self.open_turn, self.tries = turn, turn, self.tries + 1
                self._backend, self._model, self.session = backend, model, ""
            case AgentSessionHeard(backend=backend, session_id=session_id):
                self.session = self.sessions[backend] = session_id
            case ModelCallAnswered() as answer:
                self._ended(answer)
                self.stop, self.answered_turn = answer.stop, answer.turn
                calls = tuple(ToolCall(one.call_id, one.name, one.arguments) for one in answer.calls)
                self.turns.append(AssistantTurn(answer.text, calls))
                self.unanswered = list(calls)
            case ModelCallFailed() as failure:
                self._ended(failure)
                if not self.session and failure.code != LOST:
                    self.sessions.pop(self._backend, None)  # it did not go on with it: what is wrong may be the session
            case ToolApprovalWanted(shown_digest=digest):
                self.approvals_wanted.add(digest)
            case ToolApprovalUsed(shown_digest=digest):
                self.approvals_used.add(digest)
            case ToolIntended():
                self.under_way = fact
            case _:
                assert isinstance(fact, ToolAnswered)
                self.turns.append(ToolResult(fact.call_id, fact.text, fact.is_error))
                self.unanswered = [call for call in self.unanswered if call.call_id != fact.call_id]
                self.under_way = None
                self.used += Usage(tool_calls=0 if fact.cut_off else 1)

    def _ended(self, end: CallEnded) -> None:
        self.open_turn = None
        self.used += evolve(usage_of(end), model=end.answered_by or self._model)
        if self.session:
            known = self.counted.get(self.session, TokenUsage())
            used = TokenUsage(end.input_tokens, end.output_tokens, end.cached_tokens, end.reasoning_tokens, stored=end.stored_tokens)
            self.counted[self.session] = known + used


def usage_of(end: CallEnded) -> Usage:
    """What a call has used, as runs count it."""
    cost = round(end.cost_input_usd + end.cost_output_usd, 9)
    return Usage(
        end.input_tokens,
        end.output_tokens,
        cost,
        end.tool_calls,
        unpriced=not end.priced,
        turns=1,
        cached_tokens=end.cached_tokens,
        stored_tokens=end.stored_tokens,
    )
