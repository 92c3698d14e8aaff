"""The parameters of each method, as records. Decoding refuses unknown fields and wrong types; meaning is checked by the runtime.

`request_id` is no field here: it belongs to every changing method and is taken off before decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from actors.control import bounds
from actors.control.params_queue import SchedulerQueue, SchedulerThrottle
from actors.control.params_runs import (
    Notation,
    RunEvents,
    RunFollow,
    RunFork,
    RunList,
    RunLogs,
    RunNode,
    RunOnly,
    RunRepair,
    RunResume,
    RunStart,
    RunSteer,
)  # fmt: skip

__all__ = [
    "ActorTell", "GateArtifact", "GateDecide", "GateGet", "GateList", "Nothing", "RunEvents", "RunFollow", "RunFork", "RunList",
    "RunLogs", "RunNode", "RunOnly", "RunRepair", "RunResume", "RunStart", "RunSteer", "SchedulerQueue", "SchedulerThrottle",
    "SignalSend", "StoreBackup", "SystemMetrics", "SystemShutdown", "WaitList", "WaitResolve", "WebhookDeliver", "WorkflowDelete",
    "WorkflowGet", "WorkflowList", "WorkflowOnly", "WorkflowText",
]  # fmt: skip


@frozen
class Nothing:
    """A method without parameters."""


@frozen
class SystemMetrics:
    """Numbers of the daemon by name, or as one text for Prometheus."""

    format: Literal["numbers", "prometheus"] = "numbers"


@frozen
class SystemShutdown:
    """Stop the daemon in order."""

    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class WorkflowText:
    """A definition as text. `source` names it in messages, `folder` is where its python modules lie (absolute)."""

    text: str
    notation: Notation = "yaml"
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
class GateList:
    """Open gates, of all runs or of one."""

    run_id: str | None = field(default=None, validator=bounds.name)


@frozen
class GateGet:
    """A gate of a run: by node id, name or request id, or the only one open."""

    run_id: str = field(validator=bounds.name)
    gate: str | None = field(default=None, validator=bounds.name)


@frozen
class GateArtifact(GateGet):
    """The artifact of one node that an open gate is about; the node may be left out where there is only one."""

    node_id: str | None = field(default=None, validator=bounds.name)


@frozen
class GateDecide:
    """A person's answer. `nonce`, `shown_digest` and the two ids bind it to what was seen."""

    run_id: str = field(validator=bounds.name)
    decision: str = field(validator=bounds.name)
    gate: str | None = field(default=None, validator=bounds.name)
    feedback: str | None = field(default=None, validator=bounds.text)
    selections: tuple[str, ...] | None = None
    reason: str | None = field(default=None, validator=bounds.text)
    nonce: str | None = field(default=None, validator=bounds.name)
    shown_digest: str | None = field(default=None, validator=bounds.name)
    approval_request_id: str | None = field(default=None, validator=bounds.name)
    transition_id: str | None = field(default=None, validator=bounds.name)


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
