"""Runs of the baseline: when one is made, what its end brings, and what all of them say (optimization spec 8, 9 and 13). Pure."""

from __future__ import annotations

from actors.campaign import events as e
from actors.campaign.baseline import due, establish, needed
from actors.campaign.declined import Declined
from actors.campaign.definition import nodes_of
from actors.campaign.measuring import case_outcomes, metrics_of
from actors.campaign.records import Metrics, Replay
from actors.campaign.step import BASELINE_REPLAY, RunSeen, Step, detail_of, pause

__all__ = ["WAITING_REPLAY", "cause_now", "establish_baseline", "ingest_replays", "measure", "queue_replay", "record", "unfit"]

WAITING_REPLAY = e.Note("waiting_baseline_replay")
_UNSTABLE: e.CampaignStatus = "paused_evaluator_unstable"


def cause_now(step: Step) -> e.ReplayCause | None:
    """Why the baseline is to be measured now, or None."""
    campaign = step.campaign
    return due(campaign.replays, len(campaign.pending), campaign.phase1.eval, len(campaign.experiments), step.now)


def queue_replay(
    step: Step, cause: e.ReplayCause, status: e.CampaignStatus = "draft", note: e.Note | None = WAITING_REPLAY
) -> None:  # fmt: skip
    """Have one run of the baseline made."""
    run_id = step.want(step.campaign.baseline_digest, BASELINE_REPLAY)
    step.emit(e.BaselineReplayQueued(by=step.by, run_id=run_id, cause=cause, status=status, note=note))


def ingest_replays(step: Step) -> None:
    """Take in those that have ended. One that cannot be measured stops the campaign, and the others are taken in all the same."""
    for run_id in list(step.campaign.pending):
        run = step.world.run(run_id)
        if run is not None and not run.terminal:
            continue
        try:
            _ingest(step, run_id, run)
        except Declined as declined:
            step.emit(e.BaselineReplayDropped(by=step.by, run_id=run_id, code=declined.code, spend=step.spend(run_id)))
            _unstable(step, declined)


def _ingest(step: Step, run_id: str, run: RunSeen | None) -> None:
    if run is None:
        raise Declined("replay_run_not_found", run_id=run_id)
    if run.status != "completed":
        raise Declined("replay_run_not_completed", run_id=run_id, status=run.status)
    unfit(step, run)
    record(step, run)


def _unstable(step: Step, declined: Declined) -> None:
    """Paused once; of several reasons the last one stands."""
    note = e.Note(declined.code, detail_of(declined))
    if step.campaign.status != _UNSTABLE:
        pause(step, _UNSTABLE, note.reason, note.detail)
    else:
        step.emit(e.CampaignNoteChanged(by=step.by, note=note))


def unfit(step: Step, run: RunSeen) -> None:
    """Raises Declined where the run is none of the present baseline."""
    campaign = step.campaign
    if run.workflow_id != campaign.created.source_workflow_id:
        raise Declined("run_workflow_mismatch", run_id=run.run_id, found=run.workflow_id, expected=campaign.created.source_workflow_id)
    if run.snapshot_hash is None:
        raise Declined("run_snapshot_missing", run_id=run.run_id)
    if run.snapshot_hash != campaign.baseline_hash:
        raise Declined("run_snapshot_mismatch", run_id=run.run_id, found=run.snapshot_hash[:12], expected=campaign.baseline_hash[:12])


def record(step: Step, run: RunSeen) -> None:
    """Measure it and keep it as a replay. Raises Declined where nothing can be measured."""
    metrics = measure(step, run)
    replay = Replay(
        step.new_id("baseline-replay"), metrics, step.now, run.run_id, case_outcomes(run.measured.outputs), len(step.campaign.experiments)
    )  # fmt: skip
    step.emit(e.BaselineReplayRecorded(by=step.by, replay=replay, spend=run.measured.spend))


def measure(step: Step, run: RunSeen) -> Metrics:
    """The run's metrics, against the limits and the baseline of the campaign."""
    nodes = len(nodes_of(step.world.definition(step.campaign.baseline_digest)))
    return metrics_of(run.measured, step.campaign.phase1.budget, nodes)


def establish_baseline(step: Step, status: e.CampaignStatus = "running") -> bool:
    """Whether the last replays make a baseline; it is stored where it is another, and what they lack where they do not."""
    campaign = step.campaign
    ids = tuple(replay.replay_id for replay in campaign.replays[-needed(campaign.phase1.eval) :])
    try:
        metrics = establish(campaign.replays, campaign.phase1.eval)
    except Declined as declined:
        step.emit(e.BaselineRejected(by=step.by, code=declined.code, values=declined.data, replay_ids=ids))
        pause(step, _UNSTABLE, declined.code, detail_of(declined))
        return False
    if metrics != campaign.baseline_metrics or campaign.status != status:
        step.emit(e.BaselineEstablished(by=step.by, baseline_metrics=metrics, replay_ids=ids, status=status))
    return True
