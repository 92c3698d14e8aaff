"""The workflow model: what YAML and JSON load into, what is hashed, stored and executed. Pure data.

Field names are the model's; the words of a file map to them in `parse`. Durations are whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import Factory, frozen

from actors.workflow.spec_agent import Agent, Persona
from actors.workflow.spec_contract import Artifact, Contract, Validator
from actors.workflow.spec_flow import Foreach, Group, Parallel, Repeat, SubWorkflow, WorkflowTrigger
from actors.workflow.spec_gate import Gate, GateExpiry, GateMode, Option, OptionsRef
from actors.workflow.spec_http import Http
from actors.workflow.spec_retry import Backoff, RetryPolicy
from actors.workflow.spec_wait import Condition, Timer, Wait, WaitTimeout, Webhook, WebhookField
from actors.workflow.spec_worktree import Worktree
from actors.workflow.triggers import Triggers

__all__ = [
    "Action", "Agent", "Artifact", "Backoff", "Command", "Condition", "Contract", "Effect", "Execution", "Foreach", "Gate",
    "GateExpiry", "GateMode", "Group", "Http", "Input", "Need", "Node", "NodeKind", "OnFail", "Option", "OptionsRef", "OutputForm",
    "Parallel", "Period", "Persona", "Profile", "Python", "Repeat", "RetryPolicy", "Shell",
    "SubWorkflow", "Timer", "Until", "Validator", "Wait",
    "WaitTimeout", "Webhook", "WebhookField", "Workflow", "WorkflowBudget",
]  # fmt: skip

NodeKind = Literal["command", "shell", "python", "http", "agent", "gate", "wait", "workflow", "group"]
Effect = Literal["repeatable", "once"]
OutputForm = Literal["text", "json", "lines"]
Until = Literal["completed", "settled"]


@frozen
class Input:
    """One declared input. `default` is None when there is none; a boolean is never required."""

    name: str
    type: Literal["string", "boolean", "integer", "number"] = "string"
    required: bool = False
    default: Any = None
    description: str = ""


@frozen
class Need:
    """An edge: this node waits for `node`. `completed` also accepts a skipped node; `settled` accepts any ending."""

    node: str
    until: Until = "completed"


@frozen
class Command:
    """An argv list, never a shell string. `env` and `stdin` are templates, like each word of argv."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = Factory(dict)
    stdin: str | None = None


@frozen
class Shell:
    """Shell text for `sh -c`; each substituted value is quoted as one POSIX word."""

    run: str
    env: Mapping[str, str] = Factory(dict)


@frozen
class Python:
    """`module:function` in the workflow's folder. Async runs in the daemon, sync in a thread, `isolate` in a process of its own."""

    function: str
    isolate: bool = False


@frozen
class OnFail:
    """What follows a terminal failure: `fail` the run, `continue` as skipped, or run `handler` (a command or an agent) and then fail."""

    mode: Literal["fail", "continue", "handler"] = "fail"
    handler: Command | Agent | None = None


Action = Command | Shell | Python | Http | Agent | Gate | Wait | SubWorkflow | Group | Foreach
KIND_OF: Final[dict[type[Action], NodeKind]] = {
    Command: "command", Shell: "shell", Python: "python", Http: "http", Agent: "agent", Gate: "gate", Wait: "wait", SubWorkflow: "workflow",
    Group: "group", Foreach: "group",
}  # fmt: skip


@frozen
class Node:
    """One step. `timeout_ms` is the idle limit (no output), `absolute_timeout_ms` the limit of one whole attempt.
    Either may be a text instead, `idle_timeout_text` and `timeout_text`, which each attempt fills in before it begins.

    `result_key` is the name under which conditions and texts find its result, `label` what people read (None: `node_id`).
    `as_identity`: the name under which its work is done.
    """

    node_id: str
    action: Action
    title: str | None = None
    needs: tuple[Need, ...] = ()
    when: str | None = None
    with_: Mapping[str, Any] = Factory(dict)
    retry: RetryPolicy = Factory(RetryPolicy)
    on_fail: OnFail = OnFail()
    effect: Effect = "repeatable"
    eval_: Literal["run", "skip"] = "run"
    timeout_ms: int | None = None
    absolute_timeout_ms: int | None = None
    idle_timeout_text: str | None = None
    timeout_text: str | None = None
    artifact: Artifact | None = None
    contract: Contract | None = None
    output: OutputForm = "text"
    priority: int = 0
    metadata: Mapping[str, Any] = Factory(dict)
    result_key: str | None = None
    label: str | None = None
    as_identity: str | None = None

    @property
    def kind(self) -> NodeKind:
        """The kind's name, as in a file."""
        return KIND_OF[type(self.action)]

    @property
    def key(self) -> str:
        """The name of its result."""
        return self.result_key or self.node_id

    @property
    def name(self) -> str:
        """What people read."""
        return self.label or self.node_id


Profile = Literal["strict", "guided", "yolo"]


@frozen
class Execution:
    """Limits of one run: attempts at once (1 to 16), and budgets: active time, tokens and money for models, calls of tools.

    `weight` (1 to 100) is the share of the slots that its workflow gets, `profile` how much its runs may do unasked (None: as configured).
    """

    max_parallel: int = 1
    max_total_runtime_ms: int | None = None
    max_total_tokens: int | None = None
    max_total_cost_usd: float | None = None
    max_total_tool_calls: int | None = None
    fail_fast: bool | None = None
    weight: int = 1
    profile: Profile | None = None

    @property
    def has_budget(self) -> bool:
        """Whether anything that a run uses up is limited."""
        return {self.max_total_runtime_ms, self.max_total_tokens, self.max_total_cost_usd, self.max_total_tool_calls} != {None}


Period = Literal["hour", "day", "week", "month"]


@frozen
class WorkflowBudget:
    """What the calls of models of all runs of the workflow may use in each period of the calendar (UTC). None: as much as they like."""

    per: Period = "day"
    tokens: int | None = None
    cost_usd: float | None = None
    tool_calls: int | None = None


@frozen
class Workflow:
    """One version of a workflow.

    `folder` is where python modules are found, and where a relative workspace begins (absolute); None when nothing needs it.
    With a `worktree` each run works in one of its own, of the repository in which the workspace lies.
    `output_targets` are files in the working folder that must be there, and be worth something, when a run completes.
    `providers` are outside services that its runs need: while one of them is throttled, none of them starts. `personas` are those that it
    brings along; `budget` is what all its runs share. `label` is its id as its author spelt it, `targets` and `group` are for who lists it.
    `templating`: what `{{ }}` holds, a path, or (`flat`) the exact name of a variable.
    """

    workflow_id: str
    nodes: tuple[Node, ...]
    name: str | None = None
    description: str = ""
    inputs: tuple[Input, ...] = ()
    finally_: tuple[Node, ...] = ()
    execution: Execution = Execution()
    workspace_root: str | None = None
    schemas: Mapping[str, Any] = Factory(dict)
    output: Mapping[str, Any] = Factory(dict)
    output_targets: tuple[str, ...] = ()
    folder: str | None = None
    metadata: Mapping[str, Any] = Factory(dict)
    providers: tuple[str, ...] = ()
    triggers: Triggers = Factory(Triggers)
    personas: tuple[Persona, ...] = ()
    budget: WorkflowBudget | None = None
    worktree: Worktree | None = None
    label: str | None = None
    group: str | None = None
    targets: tuple[str, ...] = ()
    trigger: WorkflowTrigger = "manual"
    templating: Literal["path", "flat"] = "path"
