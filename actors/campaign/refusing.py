"""From a rule's no to the refusal that is told (optimization spec 17). Pure."""

from __future__ import annotations

from typing import Any, Final

from actors.campaign.declined import Declined
from actors.refusals import Refusal

__all__ = ["category_of", "refused"]

_CONFLICTS: Final = frozenset({
    "campaign_exists", "campaign_status_conflict", "campaign_has_active_runs", "campaign_budget_reached", "live_workflow_drift",
    "not_latest_winner", "experiment_not_recommended", "experiment_not_approved", "replay_already_recorded",
    "baseline_snapshot_hash_mismatch",
})  # fmt: skip


def category_of(code: str) -> str:
    """What kind of refusal a code is."""
    if code.endswith("_not_found"):
        return "optimization_not_found"
    return "optimization_conflict" if code in _CONFLICTS else "optimization_validation_failed"


def refused(declined: Declined, **more: Any) -> Refusal:
    """With its category; none of them is worth asking again unchanged."""
    data = {**declined.data, **more, "category": category_of(declined.code), "retryable": False}
    return Refusal(declined.code, declined.message, data)
