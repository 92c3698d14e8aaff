"""The run record: what a run's log folds to. Data and small readings of it; how facts change it is in `evolve`.

One fold owns one state and changes it in place: copying a graph of a thousand nodes for each fact would cost more than the facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal, assert_never

from attrs import Factory, define

from actors.agent.binding import Bound, PinnedText
from actors.fan_out.items import FanOut
from actors.flow.results import ContextEntry, Result
from actors.gate.record import GateRecord, OpenGate
from actors.learning.record import RunLearning
from actors.node.messages import NOTHING_USED, Usage
from actors.run.artifact_row import ArtifactRow
from actors.run.attempt import Attempts
from actors.run.conclusion import Conclusion
from actors.run.defaults import NO_DEFAULTS, Defaults
from actors.run.frontier import Frontier
from actors.run.node_state import NodeError, NodeState, NodeStatus
from actors.run.plan import Plan
from actors.run.standing import ACTIVE, SKIPPED_AS_DONE, SUCCEEDED, TERMINAL, RunStatus
from actors.sub_run.row import Pinned, SubRun
from actors.wait.row import KeptSignal, WaitRow
from actors.worktree.site import Site

__all__ = [
    "ACTIVE", "SKIPPED_AS_DONE", "TERMINAL", "Conclusion", "GateRecord", "NodeError", "NodeState", "NodeStatus", "OpenGate", "RunState",
    "RunStatus",
]  # fmt: skip

RECENT = 21
"""How many of the newest events a state remembers by (seq, name, time): what a report shows, and itself."""


@define(eq=False)
class RunState:
    """The fold of one run's log up to `seq`.

    `activity_ms` is when something happened in it, claims left aside; `progressed`: something did since its last claim. `waits` holds the
    newest wait of each node, `fan_outs` the items of each for-each in each turn of the loops around it. `heard` maps the keys of signals
    that came to the wait they ended (empty: kept). `open_gates` and `closed_gates` go by node id; the latter were open when they were
    reset, and are to open again. `gate_feedback` and `gate_selections` are the newest that was said at a gate. `letters` names the dead
    letter for whose sake a node's present instance began. `finish_reason`: nothing of the body starts any more. `plans` finds the version
    to which a repair pins the run. `used_up` is the budget for whose sake an attempt was ended before its next call; `used_value`: how
    much all runs of the workflow have used of it, where they share it. `marks` are the keys of facts that stand in the log once,
    `artifacts` what became of files by node, instance and attempt. `children`: the runs that its nodes have begun and of whose ending it
    has not heard, by their ids; other fields as in `run_created`. `groups` are those that have begun and are not over, outer ones first;
    `position` is the next place in the order of the walk. `anew` counts how often people had it begin anew: recovered it, or gave nodes
    of it fresh attempts. `cancel_gate` and `cancel_wait` are the nodes for whose sake the run is being cancelled, `guardrail` is the code
    of a failure that no attempt made. `strays` are nodes that the log says are under way and that the version does not have. `reaped_ms`,
    `revived_ms`: when it was held because nothing happened, and when it went on by itself. `results` holds the newest result under each
    result key, `contexts` what nodes said to those after them, oldest first. `reserved`: names of variables that no node sets.
    `learning` is its share in learning; `learns`: something is to be learned from its endings, `untaught`: the last one was not looked at.
    `told`: the learnings of which its agents are told, where that does not hang on the moment.
    """

    run_id: str
    plan: Plan
    body: Frontier
    tail: Frontier
    nodes: dict[str, NodeState]
    seq: int = 0
    activity_ms: int = 0
    progressed: bool = False
    status: RunStatus = "queued"
    workflow_id: str = ""
    version: int = 0
    digest: str = ""
    trigger_type: str = "manual"
    profile: str = "guided"
    priority: int = 0
    workspace: str | None = None
    worktree: Site | None = None
    started_by: str | None = None
    forked_from: str | None = None
    campaign_id: str | None = None
    parent_run_id: str | None = None
    parent_node_id: str | None = None
    root_run_id: str | None = None
    depth: int = 0
    pinned: tuple[Pinned, ...] = ()
    children: dict[str, SubRun] = Factory(dict)
    told: tuple[str, ...] | None = None
    binding: tuple[Bound, ...] = ()
    texts: tuple[PinnedText, ...] = ()
    roots: tuple[str, ...] = ()
    defaults: Defaults = NO_DEFAULTS
    inputs: Mapping[str, Any] = Factory(dict)
    scheduled_for_ms: int | None = None
    queues: bool = False
    trigger_reason: str | None = None
    consumed_handoff_id: str | None = None
    created_at_ms: int = 0
    updated_at_ms: int = 0
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    active_ms: int = 0
    active_since_ms: int | None = None
    epoch: int = 0
    anew: int = 0
    claimed: bool = False
    limits: dict[str, float] = Factory(dict)
    usage: Usage = NOTHING_USED
    used_up: str | None = None
    used_value: float | None = None
    marks: set[tuple[str, str, int, int]] = Factory(set)
    artifacts: dict[tuple[str, int, int], ArtifactRow] = Factory(dict)
    phase: str | None = None
    milestones: dict[str, None] = Factory(dict)
    conclusion: Conclusion | None = None
    executing: dict[str, None] = Factory(dict)
    open_gates: dict[str, OpenGate] = Factory(dict)
    closed_gates: dict[str, OpenGate] = Factory(dict)
    gate_feedback: str | None = None
    gate_selections: tuple[str, ...] = ()
    gate_history: list[GateRecord] = Factory(list)
    waits: dict[str, WaitRow] = Factory(dict)
    former_waits: deque[WaitRow] = Factory(lambda: deque(maxlen=100))
    fan_outs: dict[tuple[str, tuple[int, ...]], FanOut] = Factory(dict)
    signals: list[KeptSignal] = Factory(list)
    letters: dict[str, str] = Factory(dict)
    groups: dict[str, None] = Factory(dict)
    position: int = 0
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
    finish_reason: str | None = None
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
    learning: RunLearning | None = None
    learns: bool = False
    untaught: bool = False
    strays: dict[str, None] = Factory(dict)
    results: dict[str, Result] = Factory(dict)
    contexts: list[ContextEntry] = Factory(list)
    attempts: Attempts = Factory(Attempts)
    reaped_ms: tuple[int, ...] = ()
    revived_ms: tuple[int, ...] = ()
    env: Mapping[str, str] = Factory(dict)
    reserved: frozenset[str] = frozenset()
    recent: deque[tuple[int, str, int]] = Factory(lambda: deque(maxlen=RECENT))
    plans: Callable[[str], Plan] | None = None

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

    def begun(self, group: str) -> bool:
        """Whether what stands in the group may begin. What stands in a loop waits for its first turn."""
        node = self.nodes[group]
        return node.status == "running" and (node.turn >= 0 or group not in self.plan.loops)

    def covered(self, node_id: str) -> bool:
        """Whether a group around the node has come to a good end, or was left out: then nothing else that is said of the node matters."""
        group = self.plan.parent.get(node_id)
        while group is not None:
            if self.settled(group) is True:
                return True
            group = self.plan.parent.get(group)
        return False

    def path_of(self, node_id: str) -> tuple[int, ...]:
        """The turns of the loops around the node, outermost first."""
        loops = self.plan.loops_around.get(node_id)
        return tuple(self.nodes[loop].turn for loop in loops) if loops else ()

    def take_place(self, node_id: str) -> None:
        """The node is done now: it takes its place in the order of the walk, once for all its attempts."""
        node = self.nodes[node_id]
        if node.position is None:
            node.position, self.position = self.position, self.position + 1
            if node_id in self.plan.loops_around:
                node.path = self.path_of(node_id)

    @property
    def retry_after_ms(self) -> int | None:
        """When the back-off ends for which the run has given its slot back, epoch milliseconds."""
        return self.queue.get("retry_after_ms") if self.queue is not None else None

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
        """Whether the node may begin as far as it alone decides: it has not, no back-off holds it, and attempts are left."""
        node = self.nodes[node_id]
        return node.status == "pending" and not node.exhausted and node_id not in self.backoffs
