"""The parameters of each method, as records. Decoding refuses unknown fields and wrong types; meaning is checked by the runtime.

`request_id` is no field here: it belongs to every changing method and is taken off before decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, field, frozen

from actors.control import bounds
from actors.control.params_start import RunStart

__all__ = [
    "ActorTell", "GateDecide", "GateGet", "GateList", "Nothing", "RunEvents", "RunFollow", "RunList", "RunLogs", "RunOnly",
    "RunResume", "RunRetry", "RunStart", "RunSteer", "SignalSend", "StoreBackup", "SystemShutdown", "WaitList", "WaitResolve",
    "WebhookDeliver", "WorkflowDelete", "WorkflowGet", "WorkflowList", "WorkflowOnly", "WorkflowText",
]  # fmt: skip


@frozen
class Nothing:
    """A method without parameters."""


@frozen
class SystemShutdown:
    """Stop the daemon in order."""

    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class WorkflowText:
    """A definition as text. `source` names it in messages, `folder` is where its python modules lie (absolute)."""

    text: str
    notation: Literal["yaml", "json"] = "yaml"
    source: str = field(default="<request>", validator=bounds.text)
    folder: str | None = field(default=None, validator=bounds.text)


@frozen
class WorkflowGet:
    """One version: by number, by digest, or the newest."""

    workflow_id: str = field(validator=bounds.name)
    version: int | None = field(default=None, validator=bounds.position)
    digest: str | None = field(default=None, validator=bounds.name)


@frozen
class WorkflowList:
    """The newest version of each workflow."""

    limit: int = field(default=100, validator=bounds.count)


@frozen
class WorkflowOnly:
    """A workflow and nothing else."""

    workflow_id: str = field(validator=bounds.name)


@frozen
class WorkflowDelete:
    """Remove a workflow; with `cancel_runs` its active runs are cancelled first."""

    workflow_id: str = field(validator=bounds.name)
    cancel_runs: bool = False


@frozen
class RunOnly:
    """A run and nothing else."""

    run_id: str = field(validator=bounds.name)


@frozen
class RunList:
    """Newest first, narrowed by status and workflow."""

    status: str | None = field(default=None, validator=bounds.name)
    workflow_id: str | None = field(default=None, validator=bounds.name)
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
    """Pause, resume or cancel a run. `limits` (resume only) raises budgets of this run, e.g. {"runtime_ms": 7200000}."""

    run_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)
    limits: Mapping[str, int] = Factory(dict)


@frozen
class RunResume(RunSteer):
    """Resume a run; `limits` raises budgets that were used up, for example {"runtime_ms": 7200000}."""

    limits: Mapping[str, Any] = field(factory=dict, validator=bounds.amounts)


@frozen
class RunRetry:
    """Give a failed node, and all that depends on it, fresh attempts."""

    run_id: str = field(validator=bounds.name)
    node_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class GateList:
    """Open gates, of all runs or of one."""

    run_id: str | None = field(default=None, validator=bounds.name)


@frozen
class GateGet:
    """A gate of a run: by node id, name or request id, or the only one open."""

    run_id: str = field(validator=bounds.name)
    gate: str | None = field(default=None, validator=bounds.name)


@frozen
class GateDecide:
    """A person's answer. `nonce` and `shown_digest` bind it to what was seen."""

    run_id: str = field(validator=bounds.name)
    decision: str = field(validator=bounds.name)
    gate: str | None = field(default=None, validator=bounds.name)
    feedback: str | None = field(default=None, validator=bounds.text)
    selections: tuple[str, ...] | None = None
    reason: str | None = field(default=None, validator=bounds.text)
    nonce: str | None = field(default=None, validator=bounds.name)
    shown_digest: str | None = field(default=None, validator=bounds.name)


@frozen
class SignalSend:
    """Tell a run that something has happened. `key` names this one signal (default: the request id): the same again changes nothing."""

    run_id: str = field(validator=bounds.name)
    name: str = field(validator=bounds.name)
    payload: Any = None
    key: str | None = field(default=None, validator=bounds.name)


@frozen
class WaitList:
    """Open waits, of all runs or of one; of one also those that are over."""

    run_id: str | None = field(default=None, validator=bounds.name)
    limit: int = field(default=100, validator=bounds.count)


@frozen
class WaitResolve:
    """Say that the condition holds that a wait (its id, or its node's) waits for; `key` as with a signal."""

    run_id: str = field(validator=bounds.name)
    wait: str = field(validator=bounds.name)
    payload: Any = None
    key: str | None = field(default=None, validator=bounds.name)


@frozen
class WebhookDeliver:
    """A delivery for whoever waits for it now or later. Without any of the three fields, its body's digest names it."""

    trigger_id: str = field(validator=bounds.name)
    payload: Any = None
    provider: str | None = field(default=None, validator=bounds.name)
    event_kind: str | None = field(default=None, validator=bounds.name)
    provider_event_id: str | None = field(default=None, validator=bounds.name)
    idempotency_key: str | None = field(default=None, validator=bounds.name)
    body_digest: str | None = field(default=None, validator=bounds.name)


@frozen
class ActorTell:
    """One typed message for the actor at `address`; `message` names its class in `kind`."""

    address: str = field(validator=bounds.text)
    message: Mapping[str, Any]


@frozen
class StoreBackup:
    """Write a consistent copy of the database to `path` (absolute)."""

    path: str = field(validator=bounds.name)
