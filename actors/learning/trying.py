"""When a trial of a learning begins: instead of an application, where verifying is switched on or a person asks for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.learning.record import Decision, Learning, RunFacts
from actors.learning.step import Step
from actors.learning.trial import FEWEST
from actors.learning.trial_events import VerificationBegun
from actors.run.state import TERMINAL

__all__ = ["POLICY", "replayable", "try_first"]

POLICY: Final = "policy"


def replayable(recent: Sequence[RunFacts], most: int) -> tuple[str, ...]:
    """The newest runs that have ended, which are the ones that are tried again; none where they are too few to decide anything."""
    found = tuple(run.run_id for run in recent if run.status in TERMINAL)[:most]
    return found if len(found) >= FEWEST else ()


def try_first(step: Step, learning: Learning, recent: Sequence[RunFacts], most: int) -> Decision:
    """What the policy says instead of auto_apply: one trial for each learning, by itself; what did not win is a person's to decide."""
    known = step.book.trials.get(learning.learning_id)
    if known is not None:
        code = "verification_running" if known.verdict is None else "verification_not_better"
        return Decision("require_human_review", code)
    replayed = replayable(recent, most)
    if not replayed:
        return Decision("require_human_review", "insufficient_evidence", f"fewer than {FEWEST} runs to try it on")
    step.emit(VerificationBegun(step.book.workflow_id, learning.learning_id, POLICY, replayed))
    return Decision("require_human_review", "verification_begun")
