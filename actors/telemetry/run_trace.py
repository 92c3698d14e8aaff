"""The spans of a run and of its attempts, from the facts of its log. A span is there when what it tells of is over. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import Factory, define

from actors.agent.binding import Bound
from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeCompletedWithWarnings, NodeFailed, NodeInterrupted, NodeStarted
from actors.node.messages import Usage
from actors.run.course import RunBlocked
from actors.run.events import ENDINGS, RunBlockedCorruptCheckpoint, RunCancelled, RunCompleted, RunCreated, RunStopped
from actors.run.steering import RunRecovered, RunStepRepaired, RunTaskContinued, RunTaskRequeued, RunTaskRetried
from actors.telemetry import names as n
from actors.telemetry.spans import INTERNAL, Span, Value, attempt_span, run_span, trace_id
from actors.wait.events import WaitTimeoutCancelledRun
from actors.workflow.spec import Agent, Node

__all__ = ["KINDS", "RunTrace"]

_REOPENED = (RunRecovered, RunTaskRetried, RunTaskRequeued, RunTaskContinued, RunStepRepaired)
_ENDED = (NodeCompleted, NodeFailed, NodeInterrupted)
_STATUS: Mapping[type[Fact], str] = {
    RunCompleted: "completed", RunBlocked: "blocked", RunBlockedCorruptCheckpoint: "blocked", RunStopped: "cancelled",
    RunCancelled: "cancelled", WaitTimeoutCancelledRun: "cancelled",
}  # fmt: skip

_TOLD: tuple[type[Fact], ...] = (RunCreated, NodeStarted, *_ENDED, NodeCompletedWithWarnings, *ENDINGS, *_REOPENED)
KINDS: Final = frozenset(fact.kind for fact in _TOLD)
"""The names of the facts that a trace needs; all others may be left out."""

Nodes = Callable[[str], Mapping[str, Node]]
"""The nodes of a version, by the digest of that; empty where it cannot be read."""


@define(eq=False)
class RunTrace:
    """`seq` is the last fact that was taken in: the same again says nothing."""

    run_id: str
    nodes_of: Nodes
    seq: int = 0
    workflow_id: str = ""
    version: int = 0
    digest: str = ""
    round: int = 0
    ended: bool = False
    since_ms: int = 0
    bound: dict[str, Bound] = Factory(dict)
    nodes: Mapping[str, Node] = Factory(dict)
    started: dict[tuple[str, int, int], int] = Factory(dict)

    def apply(self, seq: int, at_ms: int, fact: Fact) -> Iterator[Span]:
        """One more fact; the spans that are over with it."""
        if seq <= self.seq:
            return
        self.seq = seq
        if isinstance(fact, RunCreated):
            self._created(fact, at_ms)
        elif isinstance(fact, _REOPENED):
            self._reopened(fact, at_ms)
        elif isinstance(fact, NodeStarted):
            self.started[fact.node_id, fact.instance, fact.attempt] = at_ms
        elif isinstance(fact, _ENDED):
            yield from self._attempt(fact, at_ms)
        elif isinstance(fact, ENDINGS):
            yield self._run(fact, at_ms)

    def _created(self, fact: RunCreated, at_ms: int) -> None:
        self.workflow_id, self.version, self.digest, self.since_ms = fact.workflow_id, fact.version, fact.digest, at_ms
        self.bound = {one.role: one for one in fact.binding}
        self.nodes = self.nodes_of(fact.digest)

    def _reopened(self, fact: Fact, at_ms: int) -> None:
        if isinstance(fact, RunStepRepaired):
            self.version, self.digest, self.nodes = fact.to_version, fact.to_digest, self.nodes_of(fact.to_digest)
        if self.ended:
            self.ended, self.since_ms, self.round = False, at_ms, self.round + 1

    def _attempt(self, fact: NodeCompleted | NodeFailed | NodeInterrupted, at_ms: int) -> Iterator[Span]:
        """Nothing for what ended without an attempt: a gate, a wait, a node that failed before it began."""
        began = self.started.pop((fact.node_id, fact.instance, fact.attempt), None)
        if began is None:
            return
        node = self.nodes.get(fact.node_id)
        said: dict[str, Value] = {n.RUN_ID: self.run_id, n.NODE_ID: fact.node_id, n.INSTANCE: fact.instance, n.ATTEMPT: fact.attempt}
        said |= {n.NODE_KIND: node.kind} if node is not None else {}
        said |= _used(fact.usage)
        name, error = fact.node_id, _error_of(fact)
        if node is not None and isinstance(node.action, Agent):
            said |= self._agent(fact.node_id, node.action)
            name = f"{n.INVOKE_AGENT} {said[n.AGENT_NAME]}"
        yield Span(
            trace_id(self.run_id), attempt_span(self.run_id, fact.node_id, fact.instance, fact.attempt), run_span(self.run_id, self.round),
            name, INTERNAL, began, max(began, at_ms), said | ({n.ERROR_TYPE: error} if error else {}), error,
        )  # fmt: skip

    def _agent(self, node_id: str, action: Agent) -> dict[str, Value]:
        said: dict[str, Value] = {
            n.OPERATION: n.INVOKE_AGENT, n.ROLE: action.role, n.AGENT_NAME: action.role, n.WORKFLOW_NAME: self.workflow_id,
            n.CONVERSATION_ID: f"run:{self.run_id}:node:{node_id}",
        }  # fmt: skip
        if (bound := self.bound.get(action.role)) is not None:
            said |= {n.AGENT_NAME: bound.persona, n.AGENT_ID: bound.sha256, n.PROVIDER: bound.backend, n.REQUEST_MODEL: bound.model}
        return said

    def _run(self, fact: Fact, at_ms: int) -> Span:
        self.ended = True
        self.started.clear()
        status = _STATUS.get(type(fact), "failed")
        error = str(getattr(fact, "code", fact.kind)) if status in ("failed", "blocked") else ""
        said: dict[str, Value] = {
            n.OPERATION: n.INVOKE_WORKFLOW, n.WORKFLOW_NAME: self.workflow_id, n.WORKFLOW_VERSION: self.version,
            n.WORKFLOW_DIGEST: self.digest, n.RUN_ID: self.run_id, n.RUN_STATUS: status,
        }  # fmt: skip
        return Span(
            trace_id(self.run_id), run_span(self.run_id, self.round), "", f"{n.INVOKE_WORKFLOW} {self.workflow_id}", INTERNAL,
            self.since_ms, max(self.since_ms, at_ms), said | ({n.ERROR_TYPE: error} if error else {}), error,
        )  # fmt: skip


def _error_of(fact: NodeCompleted | NodeFailed | NodeInterrupted) -> str:
    match fact:
        case NodeFailed(code=code):
            return code
        case NodeInterrupted(reason=reason):
            return f"interrupted_{reason}"
        case _:
            return ""


def _used(usage: Usage | None) -> dict[str, Value]:
    if usage is None:
        return {}
    return {n.INPUT_TOKENS: usage.prompt_tokens, n.OUTPUT_TOKENS: usage.completion_tokens, n.COST_USD: usage.cost_usd}
