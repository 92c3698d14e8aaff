"""What makes runs of a workflow without a person: its schedule, and what it watches for. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import Factory, frozen

from actors.workflow.durations import shown_duration

__all__ = ["HandoffAvailable", "Handoffs", "Misfire", "Overlap", "Schedule", "Scope", "Triggers"]

Misfire = Literal["skip", "run_once", "catch_up"]
Overlap = Literal["skip", "queue", "allow"]


@frozen
class Schedule:
    """When runs are made: at the times of `cron` in `timezone`, or every `interval_s` seconds; with neither, never.

    `misfire`: what becomes of times that were missed, with `catch_up` the newest `max_runs` of them are made up for. `overlap`: what
    becomes of a time at which an earlier run is not over. `inputs` are those of its runs.
    """

    cron: str | None = None
    interval_s: int | None = None
    timezone: str = "UTC"
    misfire: Misfire = "run_once"
    max_runs: int = 1
    overlap: Overlap = "skip"
    inputs: Mapping[str, Any] = Factory(dict)

    @property
    def fires(self) -> bool:
        """Whether it ever does."""
        return self.cron is not None or self.interval_s is not None

    @property
    def words(self) -> str:
        """When it fires, for people."""
        if self.cron is not None:
            return f"{self.cron} ({self.timezone})"
        return f"every {shown_duration(self.interval_s * 1000)}" if self.interval_s is not None else "never"


@frozen
class HandoffAvailable:
    """A watch: for handoffs of that workflow and of that type, of any where nothing is said."""

    source_workflow_id: str | None = None
    artifact_type: str | None = None


@frozen
class Handoffs:
    """Where a workflow's handoffs lie, relative to its workspace. Without `auto_approve` a person lets each of them in."""

    inbox: str = "shared/handoffs/inbox"
    approved: str = "shared/handoffs/approved"
    archived: str = "shared/handoffs/archived"
    auto_approve: bool = True


@frozen
class Scope:
    """Which paths of the workspace a handoff may name: those below one of `allow` (empty: all), and below none of `deny`."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@frozen
class Triggers:
    """All of it together."""

    schedule: Schedule | None = None
    watches: tuple[HandoffAvailable, ...] = ()
    handoffs: Handoffs = Handoffs()
    scope: Scope = Scope()

    @property
    def unattended(self) -> bool:
        """Whether a run may begin without anybody who begins it."""
        return bool(self.watches) or (self.schedule is not None and self.schedule.fires)
