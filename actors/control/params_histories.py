"""The parameters of the methods about public histories, and about bundles."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from actors.control import bounds

__all__ = ["HistoryEvents", "HistoryFollow", "HistoryRebuild", "HistoryRemove", "HistorySnapshots", "RunExport", "RunImport"]


@frozen
class HistoryEvents:
    """Public events of a run. Numbers are looked at by the method itself, which names what is none (`invalid_parameter`).

    `since_seq` is another word for `after_seq`; `tail` is the size of a window at the end, and goes before `limit`. Without the words of a
    tenant, the run's own.
    """

    run_id: str = field(validator=bounds.name)
    after_seq: Any = None
    since_seq: Any = None
    before_seq: Any = None
    limit: Any = None
    tail: Any = None
    org_id: str | None = field(default=None, validator=bounds.name)
    workspace_id: str | None = field(default=None, validator=bounds.name)
    deployment_id: str | None = field(default=None, validator=bounds.name)


@frozen
class HistorySnapshots:
    """The last snapshots of a run, or the one of that id."""

    run_id: str = field(validator=bounds.name)
    limit: Any = None
    snapshot_id: str | None = field(default=None, validator=bounds.text)
    org_id: str | None = field(default=None, validator=bounds.name)
    workspace_id: str | None = field(default=None, validator=bounds.name)
    deployment_id: str | None = field(default=None, validator=bounds.name)


@frozen
class HistoryFollow:
    """Public events behind `after`, then each as it is told."""

    run_id: str = field(validator=bounds.name)
    after: int = field(default=0, validator=bounds.position)


@frozen
class HistoryRebuild:
    """Write what is missing; with `include_pruned` also snapshots that retention took away."""

    run_id: str = field(validator=bounds.name)
    include_pruned: bool = False


@frozen
class HistoryRemove:
    """Remove the history of a run that is not here: one that was brought in."""

    run_id: str = field(validator=bounds.name)
    reason: str | None = field(default=None, validator=bounds.text)


@frozen
class RunExport:
    """Write the bundle of a run to `path` (absolute)."""

    run_id: str = field(validator=bounds.name)
    path: str = field(validator=bounds.name)


@frozen
class RunImport:
    """Verify the bundle at `path` (absolute), and bring its history in; with `check` it is only verified."""

    path: str = field(validator=bounds.name)
    check: bool = False
