"""The facts of a node: its attempts and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from attrs import Factory, frozen

from actors.entity import Fact
from actors.node.messages import ArtifactFact, Said, Usage

__all__ = [
    "TOOL_ASKED",
    "NodeCompleted",
    "NodeCompletedWithWarnings",
    "NodeFailed",
    "NodeInterrupted",
    "NodeRetryBackoffScheduled",
    "NodeSkipped",
    "NodeStarted",
]  # fmt: skip

TOOL_ASKED: Final = "tool_asked"
"""Why an attempt was put down for whose tool a person is asked."""


@frozen
class NodeStarted(Fact):
    """An attempt begins. Committed before anything of it happens. `iteration_path`: the turns of the loops around it, outermost first.

    `idle_ms` and `total_ms`: what the texts of its time limits were filled in as, where they are texts.
    """

    kind: ClassVar[str] = "node_started"
    node_id: str
    attempt: int = 1
    instance: int = 1
    iteration_path: tuple[int, ...] = ()
    idle_ms: int | None = None
    total_ms: int | None = None


@frozen
class NodeCompleted(Fact):
    """The node is done. `warnings` are sentences for people; `timed_out`: it waited, nobody came, and the run goes on all the same.

    `said`: the markers and the context of an agent's answer, where they do not stand in the output as such.
    """

    kind: ClassVar[str] = "node_completed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"output", "said"})
    node_id: str
    attempt: int = 1
    instance: int = 1
    output: Any = None
    artifact: ArtifactFact | None = None
    warnings: tuple[str, ...] = ()
    usage: Usage | None = None
    timed_out: bool = False
    said: Said | None = None


@frozen
class NodeCompletedWithWarnings(NodeCompleted):
    """The node is done, and somebody should read what it says of itself."""

    kind: ClassVar[str] = "node_completed_with_warnings"


@frozen
class NodeFailed(Fact):
    """An attempt failed. `terminal` says that no other follows; `retry_decision` why, by the policy of that version.

    `category`: a finer word for the kind of error. `dead_letter`: the letter that it leaves.
    """

    kind: ClassVar[str] = "node_failed"
    node_id: str
    code: str
    failure_class: str
    attempt: int = 1
    instance: int = 1
    max_attempts: int = 1
    terminal: bool = True
    retry_decision: str = "attempts_exhausted"
    message: str = ""
    error_detail: Mapping[str, Any] = Factory(dict)
    usage: Usage | None = None
    category: str = ""
    policy_version_id: str = ""
    dead_letter: str | None = None


@frozen
class NodeInterrupted(Fact):
    """An attempt was ended from outside, its processes are dead. `lost` ones count as crash attempts, the others do not count.

    `tool_asked`: it was put down, because a person is asked whether it may use a tool.
    `value`: what all runs of the workflow have used of their common budget, where that is the reason.
    """

    kind: ClassVar[str] = "node_interrupted"
    node_id: str
    reason: str
    attempt: int = 1
    instance: int = 1
    usage: Usage | None = None
    value: float | None = None


@frozen
class NodeSkipped(Fact):
    """The node will not run: condition_not_met, fail_fast, cancelled, grace_exhausted, on_fail_continue."""

    kind: ClassVar[str] = "node_skipped"
    node_id: str
    reason: str
    condition: str | None = None


@frozen
class NodeRetryBackoffScheduled(Fact):
    """The next attempt is due at `retry_after_ms`. `releases_run`: nothing else is left, the run gives its slot back.

    One fact says both where they coincide; where others of the run were still under way, a second one says the latter (runs spec 7.4).
    """

    kind: ClassVar[str] = "node_retry_backoff_scheduled"
    node_id: str
    retry_attempt: int
    retry_backoff_ms: int
    retry_after_ms: int
    releases_run: bool = False
    wait_kind: str = "retry_backoff"
    reason: str = ""
