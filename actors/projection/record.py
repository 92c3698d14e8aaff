"""What is projected: records, wait events, what the run is, and how it stood right after each. Data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, frozen

__all__ = ["LOCAL", "Boundary", "Entry", "Moment", "Record", "Subject", "WaitEvent"]

LOCAL: Mapping[str, Any] = {
    "schema_version": 1, "tenant_context": {"org_id": "local", "workspace_id": "local", "source": "local_implicit"},
    "data_classes": [], "delegation_grant_ids": [],
}  # fmt: skip
"""The scope of what belongs to the implicit local tenant."""


@frozen
class Boundary:
    """Who sees a row: those for whom all three are equal. A deployment that is absent is the empty text."""

    org_id: str = "local"
    workspace_id: str = "local"
    deployment_id: str = ""


@define
class Record:
    """One lifecycle event of a run's log without its private body (spec 1.1). Times are epoch milliseconds."""

    event: str
    recorded_at_ms: int
    reason: str | None = None
    stop_kind: str | None = None
    metadata: Mapping[str, Any] | None = None


@frozen
class WaitEvent:
    """The end, or a reminder, of a wait: it has its own id and is projected as it stands (spec 5.4)."""

    event_id: str
    event_type: str
    occurred_at_ms: int
    phase_id: str
    wait_kind: str
    correlation_id: str
    causation_id: str
    payload: Mapping[str, Any]


@frozen
class Subject:
    """What holds of a run for all its records."""

    run_id: str
    workflow_id: str
    trigger_type: str = "manual"
    scope: Mapping[str, Any] = LOCAL
    definition_version: str | None = None
    definition_hash: str | None = None

    @property
    def boundary(self) -> Boundary:
        """Who sees its rows."""
        tenant = self.scope["tenant_context"]
        return Boundary(tenant["org_id"], tenant["workspace_id"], tenant.get("deployment_id") or "")


@define
class Moment:
    """How a run stood right after one record: the fold of its log up to there.

    `status` is the run's own. `gates` are those open, in the order of opening; `awaiting` is the node of the first one. `waits` are the
    kinds of the open waits. `checkpoint` is what the snapshot tells (spec 6.1), but for the number of records.
    """

    status: str
    checkpoint: Mapping[str, Any]
    queue_reason: str | None = None
    awaiting: str | None = None
    gates: frozenset[str] = frozenset()
    waits: tuple[str, ...] = ()


@define
class Entry:
    """One entry of the log with the moment right after it; `position` is its number in the log."""

    position: int
    what: Record | WaitEvent
    moment: Moment
