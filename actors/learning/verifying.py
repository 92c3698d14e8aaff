"""A learning is tried before it is applied: pairs of runs, one after the other, until an exact test decides or no pair can any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from actors.campaign.declined import Declined as SkippedWithoutResult
from actors.campaign.eligibility import never_repeated
from actors.campaign.skipping import results_of_skipped
from actors.learning.events import LearningApplied, LearningReviewed
from actors.learning.facts import facts_of
from actors.learning.inject import MOST
from actors.learning.trial import Arm, Pair, Verdict, arm_of, compare, judge, summary
from actors.learning.trial_events import VerificationEnded, VerificationPairBegun, VerificationPairEnded
from actors.learning.trying import POLICY
from actors.run.logbook import CorruptLog, fold_log
from actors.run.messages import Admit, Origin
from actors.run.state import TERMINAL
from storage import StorageError, StreamDamaged

if TYPE_CHECKING:
    from actors.learning.record import Learning
    from actors.learning.step import Step
    from actors.learning.trial import Trial
    from actors.learning.world import World
    from actors.run.state import RunState

__all__ = ["TRIGGER", "advance", "give_up"]

TRIGGER = "learning_verification"
GONE = (CorruptLog, StreamDamaged, LookupError, StorageError)


def advance(world: World, step: Step) -> list[Admit]:
    """Decide all that can be decided now about trials of one workflow; the runs that are to be made in the same commit."""
    wanted: list[Admit] = []
    for trial in list(step.book.trials.values()):
        if trial.verdict is None:
            wanted += _advance(world, step, trial)
    return wanted


def give_up(step: Step, reason: str) -> None:
    """The runs of this workflow's trials cannot be made."""
    for trial in list(step.book.trials.values()):
        if trial.verdict is None:
            _end(step, trial, "refused", reason)


def _advance(world: World, step: Step, trial: Trial) -> Sequence[Admit]:
    learning = step.book.learnings[trial.learning_id]
    if learning.status != trial.status:
        _end(step, trial, "dropped", f"status={learning.status}")
        return ()
    if trial.open is not None:
        arms = [_arm(world, run_id) for run_id in trial.open]
        if None in arms:
            return ()
        with_, without = (arm for arm in arms if arm is not None)
        pair = Pair(trial.replayed[len(trial.pairs)], with_, without, compare(with_, without))
        step.emit(VerificationPairEnded(step.book.workflow_id, trial.learning_id, pair))
        trial = step.book.trials[trial.learning_id]
    verdict = judge(trial)
    if verdict is not None:
        _end(step, trial, verdict)
        if verdict == "better":
            _apply(world, step, trial, learning)
        return ()
    return _begin(world, step, trial)


def _arm(world: World, run_id: str) -> Arm | None:
    """None as long as the run goes on. One that is gone, or whose log cannot be read, has come to nothing."""
    line = world.services.store.catalog.get(run_id)
    if line is not None and line.status not in TERMINAL:
        return None
    state = _state(world, run_id)
    return Arm(run_id, completed=False, validated=False) if state is None else arm_of(facts_of(state))


def _state(world: World, run_id: str) -> RunState | None:
    try:
        return fold_log(world.services, run_id)
    except GONE:
        return None


def _begin(world: World, step: Step, trial: Trial) -> Sequence[Admit]:
    """The next pair: the same version, with the same inputs, as the run that is replayed."""
    workflow_id, replayed = step.book.workflow_id, trial.replayed[len(trial.pairs)]
    state = _state(world, replayed)
    if state is None:
        _end(step, trial, "refused", f"run_not_found: {replayed}")
        return ()
    try:
        definition = orjson.loads(world.services.store.blobs.get(state.digest))
        carried = results_of_skipped(world.services, workflow_id, state.digest)
    except SkippedWithoutResult as declined:
        _end(step, trial, "refused", declined.code)
        return ()
    if never_repeated(definition):
        _end(step, trial, "refused", "eval_side_effects_forbidden")
        return ()
    if state.worktree is None and state.workspace is not None and not Path(state.workspace).is_dir():
        _end(step, trial, "refused", f"workspace_missing: {state.workspace}")
        return ()
    names = step.new("run"), step.new("run")
    step.emit(VerificationPairBegun(workflow_id, trial.learning_id, replayed, *names))
    others = tuple(one for one in world.services.lessons.choose(state.plan.workflow) if one != trial.learning_id)[: MOST - 1]
    return [
        Admit(
            workflow_id, state.version, state.digest, dict(state.inputs), None, None, trigger_type=TRIGGER, carried=carried,
            profile=state.profile,
            origin=Origin(run_id, campaign_id=trial.learning_id, workspace=None if state.worktree else state.workspace, told=told),
        )
        for run_id, told in zip(names, ((trial.learning_id, *others), others), strict=True)
    ]  # fmt: skip


def _end(step: Step, trial: Trial, verdict: Verdict, reason: str | None = None) -> None:
    found = summary(trial)
    step.emit(
        VerificationEnded(
            step.book.workflow_id, trial.learning_id, verdict, found["won"], found["lost"], found["tied"], found["chance"], reason
        )
    )  # fmt: skip


def _apply(world: World, step: Step, trial: Trial, learning: Learning) -> None:
    """As the policy does, or as the person has said who wanted it tried."""
    workflow_id, now = step.book.workflow_id, step.now
    baseline = world.metrics(workflow_id, now)
    if trial.by == POLICY:
        step.emit(LearningApplied(workflow_id, learning.learning_id, learning.kind, learning.confidence, baseline))
        return
    first = baseline if learning.baseline_before is None or learning.status == "regressed" else None
    step.emit(LearningReviewed(workflow_id, learning.learning_id, learning.status, "applied", "apply", trial.by, now, trial.note, first))
