"""What comes back from an attempt, and what is counted of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import Factory, evolve, frozen

from actors.node.tool_questions import ToolDecision, ToolQuestion
from actors.workflow.spec import Period

__all__ = [
    "NOTHING_USED", "AgentHeard", "ArtifactFact", "Budget", "Failure", "Interruption", "Outcome", "Report", "Said", "SharedBudget",
    "Success", "ToolDecision", "ToolQuestion", "Usage", "Verdict",
]  # fmt: skip


@frozen
class Usage:
    """What an attempt has used. `unpriced`: some of it has a price that nobody knows, so that `cost_usd` is too low.

    `turns`: how often a model was asked; `cached_tokens` are those of `prompt_tokens` that a service had kept, `stored_tokens` those that
    it has kept for later calls; `duration_ms` is the time of all attempts together, also of those that ran beside each other. `model` is
    the last one that was asked, "" where that is not known.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    tool_calls: int = 0
    unpriced: bool = False
    turns: int = 0
    cached_tokens: int = 0
    duration_ms: int = 0
    stored_tokens: int = 0
    model: str = ""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens,
            round(self.cost_usd + other.cost_usd, 9), self.tool_calls + other.tool_calls, self.unpriced or other.unpriced,
            self.turns + other.turns, self.cached_tokens + other.cached_tokens, self.duration_ms + other.duration_ms,
            self.stored_tokens + other.stored_tokens, other.model or self.model,
        )  # fmt: skip

    def __sub__(self, other: Usage) -> Usage:
        """What is in this and not in the other, never below nothing; with the model where that is anything."""
        rest = Usage(
            max(0, self.prompt_tokens - other.prompt_tokens), max(0, self.completion_tokens - other.completion_tokens),
            max(0.0, round(self.cost_usd - other.cost_usd, 9)), max(0, self.tool_calls - other.tool_calls),
            self.unpriced and not other.unpriced, max(0, self.turns - other.turns),
            max(0, self.cached_tokens - other.cached_tokens), max(0, self.duration_ms - other.duration_ms),
            max(0, self.stored_tokens - other.stored_tokens),
        )  # fmt: skip
        return evolve(rest, model=self.model) if rest != Usage() else rest

    def longer(self, ms: int) -> Usage:
        """The same, and an attempt that took so long and used nothing."""
        return Usage(
            self.prompt_tokens, self.completion_tokens, self.cost_usd, self.tool_calls, self.unpriced, self.turns, self.cached_tokens,
            self.duration_ms + ms, self.stored_tokens, self.model,
        )  # fmt: skip

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.prompt_tokens + self.completion_tokens


NOTHING_USED: Final = Usage()
"""What all that begins has used: one object for all of them."""


@frozen
class Budget:
    """What a run may still use when the order is given. Limits are None where there are none; times are milliseconds.

    `used` is what the run has counted, `by_agents` the part of it that calls of models have; `active_ms` how long it was active.
    `priced`: a call whose price nobody knows is not made.
    """

    tokens: int | None = None
    cost_usd: float | None = None
    tool_calls: int | None = None
    runtime_ms: int | None = None
    used: Usage = NOTHING_USED
    by_agents: Usage = NOTHING_USED
    active_ms: int = 0
    priced: bool = False


@frozen
class SharedBudget:
    """What the calls of all runs of a workflow may use in each period; `limits` says how much, as far as this run is concerned."""

    workflow_id: str
    per: Period
    limits: Budget


@frozen
class ArtifactFact:
    """A validated artifact, stored by content. `size` in bytes, `sha256` lower-case hex."""

    path: str
    sha256: str
    size: int
    schema: str | None = None


@frozen
class Said:
    """What an agent says with its answer, where that is not in the answer as such: its markers, and a text for those who come later."""

    markers: tuple[str, ...] = ()
    context: str = ""


@frozen
class Success:
    """The attempt did its work. `output` is JSON; `warnings` are sentences for people. `said` None: what the output itself says."""

    output: Any = None
    artifact: ArtifactFact | None = None
    warnings: tuple[str, ...] = ()
    said: Said | None = None


@frozen
class Failure:
    """The attempt failed. `failure_class` decides about retries (`timeout`, `execution_error`, `artifact_contract_unmet`, …).

    `unknown` is set when it cannot be told whether the effect happened (killed by a time limit, guardian lost). `category` is a finer word
    for the kind of error, where one is known. `final`: another attempt could only end in the same way, whatever the policy says.
    """

    code: str
    message: str
    failure_class: str = "execution_error"
    detail: Mapping[str, Any] = Factory(dict)
    unknown: bool = False
    category: str = ""
    final: bool = False


@frozen
class Interruption:
    """The attempt was ended from outside (pause, cancel, shutdown) and all its processes are dead.

    `value`: what all runs of the workflow have used of their common budget, where that is the reason.
    """

    reason: str
    value: float | None = None


Verdict = Success | Failure | Interruption | ToolQuestion


@frozen
class Outcome:
    """Tell of an attempt to its run. Accepted only while `token` is the attempt under way.

    `heard` is the number of the last message that an agent's conversation holds.
    """

    node_id: str
    token: str
    verdict: Verdict
    usage: Usage | None = None
    heard: int = 0


@frozen
class AgentHeard:
    """Tell of an attempt to its run: the agent's conversation holds what was said to it up to that number. Its outcome says so again."""

    node_id: str
    heard: int


@frozen
class Report:
    """Tell of a restarted run to an attempt: say your outcome again if you have one."""
