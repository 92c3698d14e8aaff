"""The parameters of the run methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen

from actors.control import bounds

__all__ = [
    "Notation", "RunEvents", "RunFollow", "RunFork", "RunList", "RunLogs", "RunNode", "RunOnly", "RunRepair", "RunResume", "RunStart",
    "RunSteer",
]  # fmt: skip

Notation = Literal["wf", "yaml", "json"]


@frozen
class RunStart:
    """Start a run of a stored workflow (`workflow_id`) or of a definition sent along (`text`): exactly one of the two.

    `cwd` (absolute) is where a relative workspace begins; without it, the folder of the definition. `dry_run`: tell what the run would do,
    and do nothing. `profile`: instead of the workflow's own. `personas`: role to the name of the persona that is to have it.
    `as_identity`, `plugin_dirs` (absolute, or relative to `cwd`), `model`: what holds where a node, or an agent's file, names none.
    """

    workflow_id: str | None = field(default=None, validator=bounds.name)
    version: int | None = field(default=None, validator=bounds.position)
    text: str | None = None
    notation: Notation = "yaml"
    source: str = field(default="<request>", validator=bounds.text)
    folder: str | None = field(default=None, validator=bounds.text)
    inputs: Mapping[str, Any] = Factory(dict)
    priority: int | None = None
    cwd: str | None = field(default=None, validator=bounds.text)
    dry_run: bool = False
    profile: Literal["strict", "guided", "yolo"] | None = None
    personas: Mapping[str, str] = Factory(dict)
    as_identity: str | None = field(default=None, validator=bounds.name)
    plugin_dirs: tuple[str, ...] = field(default=(), validator=bounds.folders)
    model: str | None = field(default=None, validator=bounds.name)

    def __attrs_post_init__(self) -> None:
        if (self.workflow_id is None) == (self.text is None):
            found = "neither" if self.text is None else "both"
            raise bounds.Unfit("workflow_id", found, "either workflow_id or text")


@frozen
class RunOnly:
    """A run and nothing else."""

    run_id: str = field(validator=bounds.name)


@frozen
class RunList:
    """Newest first, narrowed by status, workflow, and the run whose nodes have begun them."""

    status: str | None = field(default=None, validator=bounds.name)
    workflow_id: str | None = field(default=None, validator=bounds.name)
    parent_run_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=100, validator=bounds.count)


@frozen
class RunEvents:
    """A page of a run's log behind the sequence number `after`."""

    run_id: str = field(validator=bounds.name)
    after: int = field(default=0, validator=bounds.position)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class RunFollow:
    """Every event of a run behind the sequence number `after`, as it is written."""

    run_id: str = field(validator=bounds.name)
    after: int = field(default=0, validator=bounds.position)


@frozen
class RunLogs:
    """What the attempts of a run printed; of one node, or of one attempt of it."""

    run_id: str = field(validator=bounds.name)
    node_id: str | None = field(default=None, validator=bounds.name)
    attempt: int | None = field(default=None, validator=bounds.position)


@frozen
class RunSteer:
    """Pause, cancel, recover or finish a run."""

    run_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class RunResume(RunSteer):
    """Resume a run; `limits` raises budgets that were used up: runtime_ms, tokens, cost_usd, tool_calls, workflow_tokens, …."""

    limits: Mapping[str, Any] = field(factory=dict, validator=bounds.amounts)


@frozen
class RunNode:
    """A node of a run: begin it anew, with all that depends on it, or alone (continue)."""

    run_id: str = field(validator=bounds.name)
    node_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class RunRepair:
    """Go on with another definition of a node. `patch`: its keys that change, as in a file; null takes a key away.

    Without a patch the run goes on with the newest version of its workflow.
    """

    run_id: str = field(validator=bounds.name)
    node_id: str = field(validator=bounds.name)
    patch: Mapping[str, Any] = Factory(dict)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class RunFork:
    """Make a new run from one that has ended. `from_nodes` begin anew, with all behind them; `inputs` are those that change."""

    run_id: str = field(validator=bounds.name)
    from_nodes: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = Factory(dict)
    cwd: str | None = field(default=None, validator=bounds.text)
