"""The run record: what a run's log folds to. Data and small readings of it; how facts change it is in `evolve`.

One fold owns one state and changes it in place: copying a graph of a thousand nodes for each fact would cost more than the facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, assert_never

from attrs import Factory, define, frozen

from actors.node.messages import ArtifactFact
from actors.run.frontier import Frontier
from actors.run.plan import Plan
from actors.wait.row import KeptSignal, WaitRow

__all__ = [
    "ACTIVE", "SKIPPED_AS_DONE", "TERMINAL", "GateRecord", "NodeError", "NodeState", "NodeStatus", "OpenGate", "RunState", "RunStatus",
    "new_state",
]  # fmt: skip

RunStatus = Literal["queued", "running", "pausing", "paused", "waiting", "awaiting_approval", "completed", "blocked", "failed", "cancelled"]
NodeStatus = Literal["pending", "running", "completed", "failed", "skipped", "waiting", "timed_out"]
TERMINAL: frozenset[str] = frozenset({"completed", "blocked", "failed", "cancelled"})
ACTIVE: frozenset[str] = frozenset({"running", "pausing"})
RECENT = 21
"""How many of the newest events a state remembers by (seq, name, time): what a report shows, and itself."""
SUCCEEDED: frozenset[str] = frozenset({"completed", "timed_out"})
SKIPPED_AS_DONE: frozenset[str] = frozenset({"condition_not_met", "on_fail_continue"})
"""Skips after which a run goes on as if the node had done its work. The others end with the section they are in."""


@frozen
class NodeError:
    """Why a node's last attempt failed. `decision`: why no other followed, or that one does."""

    code: str
    message: str
    failure_class: str
    at_ms: int
    detail: Mapping[str, Any] = Factory(dict)
    category: str = ""
    decision: str = ""


@frozen
class OpenGate:
    """One instance of a question that is open. `shown` is what the decider is shown; `reminders` counts notifications about it."""

    node_id: str
    gate_name: str
    gate_type: str
    instance: int
    nonce: str
    decisions: tuple[str, ...]
    shown: Mapping[str, Any]
    shown_digest: str
    opened_at_ms: int
    expires_at_ms: int | None = None
    on_expiry: str | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    stale_at_ms: int | None = None
    reminders: int = 0
    reminded_at_ms: int | None = None
    escalated: str | None = None
    stale: bool = False


@frozen
class GateRecord:
    """One entry of a run's gate history."""

    node_id: str
    gate_name: str
    instance: int
    decision: str
    decided_at_ms: int
    decided_by: str
    shown_digest: str | None = None
    feedback: str | None = None


@define(eq=False)
class NodeState:
    """A node's present instance. `excused` attempts do not count against the cap, `crashes` are those lost with a daemon.

    `first_started_at_ms`: when its first attempt began.
    """

    status: NodeStatus = "pending"
    instance: int = 1
    attempt: int = 0
    excused: int = 0
    crashes: int = 0
    started_at_ms: int | None = None
    first_started_at_ms: int | None = None
    ended_at_ms: int | None = None
    output: Any = None
    artifact: ArtifactFact | None = None
    error: NodeError | None = None
    feedback: list[str] = Factory(list)
    skip_reason: str | None = None

    @property
    def spent(self) -> int:
        """Attempts that count against the cap."""
        return self.attempt - self.excused

    def reset(self) -> None:
        """Begin anew as the next instance; feedback stays, it is meant for the next attempt."""
        self.status, self.instance, self.attempt, self.excused, self.crashes = "pending", self.instance + 1, 0, 0, 0
        self.started_at_ms = self.first_started_at_ms = self.ended_at_ms = self.output = self.artifact = self.error = self.skip_reason = (
            None
        )


@define(eq=False)
class RunState:
    """The fold of one run's log up to `seq`.

    `letters` names the dead letter for whose sake a node's present instance began. `waits` holds the newest wait of each node. `heard`
    maps the keys of signals that came to the wait they ended (empty: kept). `cancel_gate` and `cancel_wait` are the nodes for whose sake
    the run is being cancelled, `guardrail` is the code of a failure that no attempt made.
    """

    run_id: str
    plan: Plan
    body: Frontier
    tail: Frontier
    nodes: dict[str, NodeState]
    seq: int = 0
    status: RunStatus = "queued"
    workflow_id: str = ""
    version: int = 0
    digest: str = ""
    trigger_type: str = "manual"
    profile: str = "guided"
    priority: int = 0
    workspace: str | None = None
    started_by: str | None = None
    inputs: Mapping[str, Any] = Factory(dict)
    created_at_ms: int = 0
    updated_at_ms: int = 0
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    active_ms: int = 0
    active_since_ms: int | None = None
    epoch: int = 0
    claimed: bool = False
    limits: dict[str, int] = Factory(dict)
    executing: dict[str, None] = Factory(dict)
    open_gates: dict[str, OpenGate] = Factory(dict)
    gate_history: list[GateRecord] = Factory(list)
    waits: dict[str, WaitRow] = Factory(dict)
    signals: list[KeptSignal] = Factory(list)
    letters: dict[str, str] = Factory(dict)
    heard: dict[str, str] = Factory(dict)
    backoffs: dict[str, int] = Factory(dict)
    handlers: dict[str, None] = Factory(dict)
    failures: list[str] = Factory(list)
    tail_failures: list[str] = Factory(list)
    tolerated: frozenset[str] = frozenset()
    section: Literal["body", "finally", "done"] = "body"
    cancel_reason: str | None = None
    cancel_gate: str | None = None
    cancel_wait: str | None = None
    guardrail: str | None = None
    cancel_by: str | None = None
    finally_since_ms: int | None = None
    workflow_outcome: str | None = None
    detail: dict[str, Any] | None = None
    pause_reason: str | None = None
    resume_reason: str | None = None
    stop_kind: str | None = None
    stop_reason: str | None = None
    queue: dict[str, Any] | None = None
    last_failure: dict[str, Any] | None = None
    output: Any = None
    report_path: str | None = None
    purged: bool = False
    env: Mapping[str, str] = Factory(dict)
    recent: deque[tuple[int, str, int]] = Factory(lambda: deque(maxlen=RECENT))

    @property
    def terminal(self) -> bool:
        """Whether the run has ended."""
        return self.status in TERMINAL

    @property
    def dry_run(self) -> bool:
        """Whether it was made to be looked at, and never does anything."""
        return self.trigger_type.endswith("_dry_run")

    @property
    def frontier(self) -> Frontier:
        """The frontier of the section that is being walked."""
        return self.tail if self.section == "finally" else self.body

    def token(self, node_id: str) -> str:
        """The name of a node's present attempt: it never names another start."""
        node = self.nodes[node_id]
        return f"{self.run_id}/{node_id}/{node.instance}/{node.attempt}"

    def active_time_ms(self, now: int) -> int:
        """Time spent in `running` and `pausing` up to now, milliseconds."""
        return self.active_ms + (max(0, now - self.active_since_ms) if self.active_since_ms is not None else 0)

    def settled(self, node_id: str) -> bool | None:
        """None while the node is not settled, else whether it counts as success."""
        node = self.nodes[node_id]
        if node.status == "skipped":
            return True if node.skip_reason in SKIPPED_AS_DONE else None
        return True if node.status in SUCCEEDED else False if node.status == "failed" else None

    def offer(self, node_id: str) -> None:
        """A node that had begun may start again."""
        match self.plan.section[node_id]:
            case "body":
                self.body.offer(node_id)
            case "finally":
                self.tail.offer(node_id)
            case "handler":
                self.handlers[node_id] = None
            case _:
                assert_never(self.plan.section[node_id])

    def pending(self, node_id: str) -> bool:
        """Whether the node has not begun and is not held by a back-off."""
        return self.nodes[node_id].status == "pending" and node_id not in self.backoffs


def new_state(run_id: str, plan: Plan, env: Mapping[str, str] | None = None) -> RunState:
    """The state before the first fact. `env`: the variables that the workflow's texts may name."""
    return RunState(
        env=env or {},
        run_id=run_id,
        plan=plan,
        body=Frontier(plan.body, plan.sort_keys),
        tail=Frontier(plan.tail, plan.sort_keys),
        nodes={node_id: NodeState() for node_id in plan.nodes},
    )
