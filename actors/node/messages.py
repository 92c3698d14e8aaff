"""What a run hands to an attempt, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.agent.binding import Bound
from actors.agent.steering import AgentSteered
from actors.node.tool_questions import ToolDecision, ToolQuestion
from actors.workflow.spec import OutputForm, Period
from actors.workflow.spec_agent import MAX_STEPS
from actors.workflow.tool_names import ToolPolicy

__all__ = [
    "AgentHeard", "AgentOrder", "ArtifactFact", "ArtifactOrder", "Budget", "CommandOrder", "Failure", "Interruption", "Outcome",
    "PythonOrder", "RepairOrder", "Report", "SharedBudget", "Success", "ToolDecision", "ToolQuestion", "Usage", "Verdict", "WorkOrder",
]  # fmt: skip


@frozen
class CommandOrder:
    """A process to run: rendered argv (a shell node arrives as `sh -c TEXT`), added environment, bytes for its standard input.

    `secrets` are variables that hold a secret, by its handle: it is looked up when the process starts, and stands nowhere else.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = Factory(dict)
    stdin: str | None = None
    secrets: Mapping[str, str] = Factory(dict)


@frozen
class PythonOrder:
    """A function to call with `arguments` as keyword arguments. `folder` is where its module lies."""

    function: str
    folder: str
    arguments: Mapping[str, Any] = Factory(dict)
    isolate: bool = False


@frozen
class Usage:
    """What an attempt has used. `unpriced`: some of it has a price that nobody knows, so that `cost_usd` is too low."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    tool_calls: int = 0
    unpriced: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens,
            round(self.cost_usd + other.cost_usd, 9), self.tool_calls + other.tool_calls, self.unpriced or other.unpriced,
        )  # fmt: skip

    def __sub__(self, other: Usage) -> Usage:
        """What is in this and not in the other, never below nothing."""
        return Usage(
            max(0, self.prompt_tokens - other.prompt_tokens), max(0, self.completion_tokens - other.completion_tokens),
            max(0.0, round(self.cost_usd - other.cost_usd, 9)), max(0, self.tool_calls - other.tool_calls),
            self.unpriced and not other.unpriced,
        )  # fmt: skip

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.prompt_tokens + self.completion_tokens


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
    used: Usage = Usage()
    by_agents: Usage = Usage()
    active_ms: int = 0
    priced: bool = False


@frozen
class SharedBudget:
    """What the calls of all runs of a workflow may use in each period; `limits` says how much, as far as this run is concerned."""

    workflow_id: str
    per: Period
    limits: Budget


@frozen
class RepairOrder:
    """The file of that attempt was not what was asked for: its errors, each {path, message}, none where there was no file."""

    attempt: int
    errors: tuple[Mapping[str, Any], ...] = ()


@frozen
class AgentOrder:
    """Work for a model. `bound` names who does it; `tools` are what the node asks for, empty: all;
    `data` is what it is given beside its instructions. `max_steps` bounds how often it is asked in one attempt.

    `anew` counts how often people had the run begin anew.
    `spent` is what the run has counted of this node so far: whatever its calls have used beyond that has still to be told. `steering` is
    what people have said to it and it has not heard when the run's log ends at `seq`; what is said later stands behind that.

    `policy` is what the node says of tools; `asks`: people may be asked about them, and `decided` is what was answered last. `worked_ms` is
    how long the attempt was at work before it was put down for questions.
    """

    bound: Bound
    instructions: str
    thread_id: str
    tools: tuple[str, ...] = ()
    data: Mapping[str, Any] = Factory(dict)
    feedback: tuple[str, ...] = ()
    repair: RepairOrder | None = None
    spent: Usage = Usage()
    budget: Budget = Budget()
    anew: int = 0
    shared: SharedBudget | None = None
    max_steps: int = MAX_STEPS
    policy: ToolPolicy = ()
    asks: bool = True
    decided: ToolDecision | None = None
    worked_ms: int = 0
    steering: tuple[AgentSteered, ...] = ()
    seq: int = 0


@frozen
class ArtifactOrder:
    """The file that must exist afterwards, relative to the working folder; `schema` is a JSON Schema 2020-12 or None.

    `told` is how many of its errors are named.
    """

    path: str
    schema: Any = None
    schema_name: str | None = None
    told: int = 5


@frozen
class WorkOrder:
    """Everything that one attempt needs, rendered. `token` names this start for ever; `idempotency_key` is the same for each attempt.

    `workdir` is the working folder (absolute, exists); `run_dir` the run's private folder. Limits are milliseconds, None for none.
    `gate_feedback` and `gate_selections` are the newest that people said at a gate of the run. `author`: name and address for commits of
    the step, where git knows none.
    """

    run_id: str
    node_id: str
    instance: int
    attempt: int
    token: str
    idempotency_key: str
    action: CommandOrder | PythonOrder | AgentOrder
    workdir: str
    run_dir: str
    output: OutputForm = "text"
    artifact: ArtifactOrder | None = None
    idle_ms: int | None = None
    total_ms: int | None = None
    gate_feedback: str | None = None
    gate_selections: tuple[str, ...] = ()
    author: tuple[str, str] | None = None


@frozen
class ArtifactFact:
    """A validated artifact, stored by content. `size` in bytes, `sha256` lower-case hex."""

    path: str
    sha256: str
    size: int
    schema: str | None = None


@frozen
class Success:
    """The attempt did its work. `output` is JSON; `warnings` are sentences for people."""

    output: Any = None
    artifact: ArtifactFact | None = None
    warnings: tuple[str, ...] = ()


@frozen
class Failure:
    """The attempt failed. `failure_class` decides about retries (`timeout`, `execution_error`, `artifact_contract_unmet`, …).

    `unknown` is set when it cannot be told whether the effect happened (killed by a time limit, guardian lost). `category` is a finer word
    for the kind of error, where one is known.
    """

    code: str
    message: str
    failure_class: str = "execution_error"
    detail: Mapping[str, Any] = Factory(dict)
    unknown: bool = False
    category: str = ""


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
