"""What a run hands to an attempt. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.agent.binding import Bound
from actors.agent.steering import AgentSteered
from actors.node.messages import Budget, SharedBudget, Usage
from actors.node.tool_questions import ToolDecision
from actors.workflow.spec import OutputForm
from actors.workflow.spec_agent import MAX_STEPS
from actors.workflow.tool_names import ToolPolicy

__all__ = ["AgentOrder", "ArtifactOrder", "CommandOrder", "HttpOrder", "PythonOrder", "RepairOrder", "ScriptOrder", "WorkOrder"]


@frozen
class ScriptOrder:
    """What a shell node is given beyond other processes (flow spec 7.6). `name` is what people call it.

    `inputs` are the run's, as texts; each becomes a variable named `prefix` and its name in capitals. `provided` are the variables of the
    identity as which it works, `secrets` those of them that hold one, by its handle; `path` are folders before those of PATH.
    """

    name: str
    inputs: Mapping[str, str] = Factory(dict)
    prefix: str = "PENSTOCK_INPUT_"
    provided: Mapping[str, str] = Factory(dict)
    secrets: Mapping[str, str] = Factory(dict)
    path: tuple[str, ...] = ()


@frozen
class CommandOrder:
    """A process to run: rendered argv (a shell node arrives as `sh -c TEXT`), added environment, bytes for its standard input.

    `secrets` are variables that hold a secret, by its handle: it is looked up when the process starts, and stands nowhere else.
    `script`: it is a shell node, whose name and further variables these are.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = Factory(dict)
    stdin: str | None = None
    secrets: Mapping[str, str] = Factory(dict)
    script: ScriptOrder | None = None


@frozen
class PythonOrder:
    """A function to call with `arguments` as keyword arguments. `folder` is where its module lies."""

    function: str
    folder: str
    arguments: Mapping[str, Any] = Factory(dict)
    isolate: bool = False


@frozen
class HttpOrder:
    """A request to make. `body`: text, another JSON value, or None for none; `expect`: statuses that are a success, none for 200 to 299.

    `secrets`: what stands in a header before a secret, and the secret's handle, by the header's name.
    """

    method: str
    url: str
    headers: Mapping[str, str] = Factory(dict)
    secrets: Mapping[str, tuple[str, str]] = Factory(dict)
    body: Any = None
    expect: tuple[int, ...] = ()


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
    how long the attempt was at work before it was put down for questions. `answer` is a JSON Schema that its last words are to fit.
    `family`: nodes of the run begin others, whose calls count against its budget; `below`: the run was begun by another.
    """

    bound: Bound
    instructions: str
    thread_id: str
    tools: tuple[str, ...] = ()
    data: Mapping[str, Any] = Factory(dict)
    feedback: tuple[str, ...] = ()
    repair: RepairOrder | None = None
    spent: Usage = Factory(Usage)
    budget: Budget = Factory(Budget)
    anew: int = 0
    shared: SharedBudget | None = None
    max_steps: int = MAX_STEPS
    policy: ToolPolicy = ()
    asks: bool = True
    decided: ToolDecision | None = None
    worked_ms: int = 0
    steering: tuple[AgentSteered, ...] = ()
    seq: int = 0
    answer: Any = None
    family: bool = False
    below: bool = False


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
    action: CommandOrder | PythonOrder | HttpOrder | AgentOrder
    workdir: str
    run_dir: str
    output: OutputForm = "text"
    artifact: ArtifactOrder | None = None
    idle_ms: int | None = None
    total_ms: int | None = None
    gate_feedback: str | None = None
    gate_selections: tuple[str, ...] = ()
    author: tuple[str, str] | None = None
