"""What the log says of one node: its present instance, its last failure. Data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, define, frozen

from actors.agent.steering import AgentSteered
from actors.node.messages import NOTHING_USED, ArtifactFact, ToolDecision, Usage

__all__ = ["Flaw", "NodeError", "NodeState", "NodeStatus"]

NodeStatus = Literal["pending", "running", "completed", "failed", "skipped", "waiting", "timed_out", "blocked"]


@frozen
class NodeError:
    """Why a node's last attempt failed. `category` says more than the class, where somebody knows it.

    `decision`: why no other attempt followed, or that one does.
    """

    code: str
    message: str
    failure_class: str
    at_ms: int
    detail: Mapping[str, Any] = Factory(dict)
    category: str = ""
    decision: str = ""


@frozen
class Flaw:
    """What was wrong with the file of that attempt, each {path, message}; nothing where there was none."""

    attempt: int
    errors: tuple[Mapping[str, Any], ...] = ()


@define(eq=False)
class NodeState:
    """A node's present instance. `excused` attempts do not count against the cap, `crashes` are those lost with a daemon.

    `first_started_at_ms`: when its first attempt began. `finding` is the last word of an output under a contract. `exhausted`: it is
    pending and will not start again. `holds`: its output did not fit its schema, which pauses the run. `noted`: its
    output is what the daemon noted of a lost attempt, until the next one starts. `rollbacks` counts how often it sent
    back what it reviews, `prompted` is the attempt in which an agent was told something last, and `flaw` what it is to repair.
    `asking`: people are asked about a tool. `questions` counts how often they were in all instances, `put_down` the attempts of this one
    that ended so; `tool_decision` is what was answered last, `worked_ms` how long had been worked before that.
    `used` is what all its attempts have used, `verdicts` are (instance, attempt, word) of all its outputs; both hold for all instances.
    `child_run_id` is the run that was the newest attempt of a node that begins runs, whichever instance.
    `position` is its place in the order in which the run walked its nodes, `path` the turns of the loops around it, outermost first.
    `idle_ms` and `total_ms`: what the texts of the limits of the newest attempt were filled in as, where they are texts.
    Of a loop `turn` is the turn that it is in (-1: none has begun), `window` what the markers were after its last turns.
    `lessons` are the learnings of which its agent was told with the last prompt.
    So do `told`, the number of the last message that was said to its agent, and `unheard`, those that its conversation does not hold yet.
    `asked_with`, of a gate: how many contexts there were when it was asked, and what had been said at gates (feedback, selections).
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
    finding: str = ""
    exhausted: bool = False
    holds: bool = False
    noted: bool = False
    rollbacks: int = 0
    prompted: int = 0
    lessons: tuple[str, ...] = ()
    flaw: Flaw | None = None
    asking: bool = False
    questions: int = 0
    put_down: int = 0
    tool_decision: ToolDecision | None = None
    worked_ms: int = 0
    position: int | None = None
    path: tuple[int, ...] = ()
    turn: int = -1
    window: tuple[tuple[str, ...], ...] = ()
    idle_ms: int | None = None
    total_ms: int | None = None
    used: Usage = NOTHING_USED
    verdicts: list[tuple[int, int, str]] = Factory(list)
    told: int = 0
    child_run_id: str | None = None
    unheard: list[AgentSteered] = Factory(list)
    asked_with: tuple[int, str | None, tuple[str, ...]] | None = None

    @property
    def spent(self) -> int:
        """Attempts that count against the cap."""
        return self.attempt - self.excused

    def reset(self) -> None:
        """Begin anew as the next instance; feedback stays, it is meant for the next attempt, and so do verdicts, rollbacks and `used`."""
        self.status, self.instance, self.attempt, self.excused, self.crashes = "pending", self.instance + 1, 0, 0, 0
        self.started_at_ms = self.first_started_at_ms = self.ended_at_ms = self.skip_reason = None
        self.output = self.artifact = self.error = None
        self.finding, self.exhausted, self.holds, self.noted = "", False, False, False
        self.prompted, self.flaw = 0, None
        self.position, self.path, self.turn, self.window = None, (), -1, ()
        self.asked_with = None
        self.forget_questions()

    def forget_questions(self) -> None:
        """What was asked and answered about tools belongs to a conversation that is over."""
        self.asking, self.put_down, self.tool_decision, self.worked_ms = False, 0, None, 0
