"""What an operator may ask of a campaign (optimization spec 15). Each is one decision; what it may not do raises Declined. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from actors.campaign import events as e
from actors.campaign.approving import approve_winner, reject_winner
from actors.campaign.baseline import needed
from actors.campaign.config_rules import check_campaign_limits
from actors.campaign.config_shape import Misshapen, checked
from actors.campaign.declined import Declined
from actors.campaign.replaying import WAITING_REPLAY, cause_now, establish_baseline, queue_replay, record, unfit
from actors.campaign.spending import limit_reached
from actors.campaign.step import Step, pause

__all__ = ["ACTIONS", "FOR_PEOPLE", "Asking", "act"]

FOR_PEOPLE: Final = frozenset({"approve_winner", "reject_winner"})
"""Actions that only a person may ask for."""
_LIMITS: Final = ("campaign_max_tokens", "campaign_max_cost_usd")


@frozen
class Asking:
    """An action with what belongs to it. `limits` are limits of the whole campaign to change; None takes one away."""

    action: str
    experiment_id: str | None = None
    run_id: str | None = None
    reason: str | None = None
    limits: Mapping[str, Any] | None = None


def act(step: Step, asking: Asking) -> None:
    """Do it. Raises Declined where it cannot be done."""
    word = asking.action.strip().lower()
    if word not in ACTIONS:
        raise Declined("unsupported_action", action=word, known=", ".join(ACTIONS))
    ACTIONS[word](step, asking)


def _may_spend(step: Step, asking: Asking) -> None:
    """For what makes runs: the workflow must be there, and no limit of the campaign reached."""
    campaign = step.campaign
    if not step.world.source_there:
        raise Declined("source_workflow_not_found", workflow_id=campaign.created.source_workflow_id)
    if asking.limits:
        _change_limits(step, asking.limits)
    if (reached := limit_reached(campaign, step.world)) is not None:
        raise Declined("campaign_budget_reached", reached=reached[0], detail=reached[1])


def _change_limits(step: Step, limits: Mapping[str, Any]) -> None:
    budget = step.campaign.phase1.budget
    try:
        given: dict[str, Any] = {name: None if limits[name] is None else checked(name, limits[name]) for name in _LIMITS if name in limits}
    except Misshapen as wrong:
        raise Declined("campaign_limits_invalid", detail=str(wrong)) from None
    changed = evolve(budget, **given)
    check_campaign_limits(changed)
    step.emit(
        e.CampaignLimitsChanged(
            by=step.by, campaign_max_tokens=changed.campaign_max_tokens, campaign_max_cost_usd=changed.campaign_max_cost_usd
        )
    )  # fmt: skip


def _start(step: Step, asking: Asking) -> None:
    _may_spend(step, asking)
    campaign = step.campaign
    began: Callable[..., e.CampaignStarted] = lambda status, note=None: e.CampaignStarted(  # noqa: E731  the fields that all ways share
        by=step.by, status=status, note=note, started_at_ms=step.now
    )
    if campaign.promotion is not None:
        step.emit(began("awaiting_promotion_approval", _promotion_note(step)))
    elif _wants_replays(step):
        step.emit(began("draft", WAITING_REPLAY))
        _queue_if_due(step)
    else:
        step.emit(began("draft"))
        establish_baseline(step)


def _resume(step: Step, asking: Asking) -> None:
    campaign = step.campaign
    if not campaign.status.startswith("paused_"):
        raise Declined(
            "campaign_status_conflict", status=campaign.status, allowed="paused_manual, paused_budget, paused_evaluator_unstable"
        )
    _may_spend(step, asking)
    since = campaign.started_at_ms if campaign.started_at_ms is not None else step.now
    if campaign.promotion is not None:
        status: e.CampaignStatus = "awaiting_promotion_approval"
        note = _promotion_note(step)
    else:
        status, note = ("draft", WAITING_REPLAY) if _wants_replays(step) else ("running", None)
    step.emit(e.CampaignResumed(by=step.by, status=status, note=note, started_at_ms=since))
    if status == "draft":
        _queue_if_due(step)


def _wants_replays(step: Step) -> bool:
    campaign = step.campaign
    return bool(campaign.pending) or len(campaign.replays) < needed(campaign.phase1.eval)


def _queue_if_due(step: Step) -> None:
    if (cause := cause_now(step)) is not None:
        queue_replay(step, cause)


def _promotion_note(step: Step) -> e.Note | None:
    decision = step.campaign.experiments[str(step.campaign.promotion)].promotion_decision
    return e.Note(decision.reason) if decision is not None else None


def _pause(step: Step, asking: Asking) -> None:
    if step.campaign.status in {"completed", "failed"}:
        raise Declined("campaign_status_conflict", status=step.campaign.status, allowed="neither completed nor failed")
    pause(step, "paused_manual", "operator_paused", (asking.reason or "").strip() or None)


def _queue_baseline_replay(step: Step, asking: Asking) -> None:
    _may_spend(step, evolve(asking, limits=None))
    queue_replay(step, "operator", step.campaign.status, step.campaign.note)


def _record_baseline_replay(step: Step, asking: Asking) -> None:
    run_id = (asking.run_id or "").strip()
    if not run_id:
        raise Declined("run_id_required")
    run = step.world.run(run_id)
    if run is None:
        raise Declined("run_not_found", run_id=run_id)
    unfit(step, run)
    if run.status != "completed":
        raise Declined("run_not_completed", run_id=run_id, status=run.status)
    known = next((replay for replay in step.campaign.replays if replay.run_id == run_id), None)
    if known is not None:
        raise Declined("replay_already_recorded", replay_id=known.replay_id)
    record(step, run)


ACTIONS: Final[Mapping[str, Callable[[Step, Asking], None]]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "queue_baseline_replay": _queue_baseline_replay,
    "record_baseline_replay": _record_baseline_replay,
    "approve_winner": lambda step, asking: approve_winner(step, asking.experiment_id),
    "reject_winner": lambda step, asking: reject_winner(step, asking.experiment_id, asking.reason),
}
"""All of them by their words."""
