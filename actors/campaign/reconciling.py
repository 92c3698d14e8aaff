"""One pass over a campaign: what has ended is taken in, then what is due is begun (optimization spec 14). Pure."""

from __future__ import annotations

from actors.campaign import events as e
from actors.campaign.evaluating import WAITING_CANDIDATE, ingest_evaluations, queue_candidate
from actors.campaign.proposing import WAITING_PROPOSAL
from actors.campaign.replaying import WAITING_REPLAY, cause_now, establish_baseline, ingest_replays, queue_replay
from actors.campaign.spending import limit_reached
from actors.campaign.step import Step, pause

__all__ = ["reconcile"]


def reconcile(step: Step) -> None:
    """Decide everything that one pass brings; nothing where the campaign is not for the reconciler."""
    campaign = step.campaign
    if not campaign.eligible:
        return
    if not step.world.source_there:
        pause(step, "paused_evaluator_unstable", "source_workflow_not_found", campaign.created.source_workflow_id)
        return
    for part in (ingest_replays, ingest_evaluations, _keep_limits, _begin, _note):
        if not step.campaign.eligible:
            return
        part(step)


def _keep_limits(step: Step) -> None:
    if (reached := limit_reached(step.campaign, step.world)) is not None:
        pause(step, "paused_budget", *reached)


def _begin(step: Step) -> None:
    campaign = step.campaign
    if not campaign.pending:
        if (cause := cause_now(step)) is not None:
            queue_replay(step, cause)
        elif not establish_baseline(step):
            return
    if campaign.status == "running" and not campaign.pending:
        queue_candidate(step)


def _note(step: Step) -> None:
    """What is waited for now: one that may go on by itself always waits for a run."""
    campaign = step.campaign
    runs = {run_id: step.world.run(run_id) for run_id in campaign.active_runs}
    held = next((run_id for run_id, run in runs.items() if run is not None and run.status == "paused"), None)
    waiting = WAITING_REPLAY if campaign.pending else WAITING_CANDIDATE if campaign.proposal is None else WAITING_PROPOSAL
    note = waiting if held is None else e.Note("waiting_paused_run", held)
    if note != campaign.note:
        step.emit(e.CampaignNoteChanged(by=step.by, note=note))
