"""What the daemon itself does to a run that has lost its way: take it back, hold it, let it go on. Facts (runs spec 9.4, 14, 15)."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["RunAutoResumed", "RunExecutionClaimExpiredRequeued", "RunPausedStale", "RunPausingSettledOnRestart"]


@frozen
class RunExecutionClaimExpiredRequeued(Fact):
    """Another daemon took the run, did nothing with it, and let its claim run out."""

    kind: ClassVar[str] = "run_execution_claim_expired_requeued"
    claimant_id: str
    lease_epoch: int
    reason: str = "abandoned_execution_claim"


@frozen
class RunPausedStale(Fact):
    """Nothing has happened in the run for at least `idle_s`: its attempts are gone, and it is held.

    `node_ids` were under way and have said nothing; `terminal_node_ids` of them have no attempt left.
    """

    kind: ClassVar[str] = "run_paused_stale_no_provider_activity"
    idle_s: int
    node_ids: tuple[str, ...] = ()
    terminal_node_ids: tuple[str, ...] = ()
    reason: str = "stale_no_provider_activity"
    stop_kind: str = "stale_reaped"


@frozen
class RunAutoResumed(Fact):
    """A run that was held because nothing happened goes on by itself."""

    kind: ClassVar[str] = "run_auto_resumed"
    reason: str = "auto_resume_after_stale_reap"


@frozen
class RunPausingSettledOnRestart(Fact):
    """The daemon ended while the run was being held: it is held now. `node_ids` are attempts that were lost with it."""

    kind: ClassVar[str] = "run_pausing_settled_on_restart"
    node_ids: tuple[str, ...] = ()
    reason: str = "paused_by_operator"
