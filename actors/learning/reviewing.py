"""A person says what is to become of a learning (learning spec 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.learning.decided import Decided
from actors.learning.declined import Declined
from actors.learning.events import LearningReviewed
from actors.learning.record import IN_USE, Learning, Metrics, Status
from actors.learning.trial import FEWEST
from actors.learning.trial_events import VerificationBegun
from actors.learning.trying import replayable
from actors.learning.view import learning_json, trial_json

if TYPE_CHECKING:
    from actors.learning.messages import Review
    from actors.learning.world import World
    from actors.refusals import Principal

__all__ = ["review"]

ACTIONS: Final[dict[str, Status]] = {
    "approve": "approved", "approved": "approved", "reject": "rejected", "rejected": "rejected", "apply": "applied", "applied": "applied",
    "supersede": "superseded", "superseded": "superseded", "regress": "regressed", "regressed": "regressed",
}  # fmt: skip


def review(world: World, asked: Review, by: Principal, now: int) -> Decided:
    """Whatever its status was. How the workflow does is captured where it begins to be used, once; anew after it has regressed."""
    learning = world.shelf.find(asked.learning_id)
    if learning is None:
        raise Declined("learning_not_found", learning_id=asked.learning_id)
    action = (asked.action or "").strip().lower()
    if not action:
        raise Declined("review_action_required")
    if action not in ACTIONS:
        raise Declined("learning_action_unknown", found=asked.action)
    if asked.verify:
        return _try(world, learning, asked, ACTIONS[action], by, now)
    step, status = world.step(learning.workflow_id, now), ACTIONS[action]
    note = _note(asked)
    step.emit(
        LearningReviewed(
            learning.workflow_id, learning.learning_id, learning.status, status, action,
            (asked.reviewer_id or "").strip() or str(by), now, note, _baseline(world, learning, status, now),
        )
    )  # fmt: skip
    return Decided(step, learning.learning_id, {"ok": True, "learning": learning_json(step.book.learnings[learning.learning_id])})


def _note(asked: Review) -> str | None:
    return asked.note if asked.note is not None and asked.note.strip() else None


def _try(world: World, learning: Learning, asked: Review, status: Status, by: Principal, now: int) -> Decided:
    """Before it is applied it has to win. Nothing of it changes until then."""
    step = world.step(learning.workflow_id, now)
    known = step.book.trials.get(learning.learning_id)
    if status != "applied" or learning.status == "applied":
        raise Declined("verify_needs_apply", learning_id=learning.learning_id, status=learning.status, action=asked.action)
    if known is not None and known.verdict is None:
        raise Declined("verification_running", learning_id=learning.learning_id)
    replayed = replayable(world.recent.of(learning.workflow_id, failures=False), asked.verify)
    if not replayed:
        raise Declined("verification_too_few_runs", workflow_id=learning.workflow_id, needed=FEWEST)
    reviewer = (asked.reviewer_id or "").strip() or str(by)
    step.emit(VerificationBegun(learning.workflow_id, learning.learning_id, reviewer, replayed, learning.status, _note(asked)))
    trial = trial_json(step.book.trials[learning.learning_id])
    return Decided(step, learning.learning_id, {"ok": True, "learning": learning_json(learning), "verification": trial})


def _baseline(world: World, learning: Learning, status: Status, now: int) -> Metrics | None:
    """None where that which stands there stays."""
    if status not in IN_USE or (learning.baseline_before is not None and learning.status != "regressed"):
        return None
    return world.metrics(learning.workflow_id, now)
