"""Trials: a learning is tried on the newest runs of its workflow before it is applied, each run once with it and once without. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import frozen

from actors.campaign.sequential import lead_needed, verdict, ways_to_lead
from actors.learning.derive import validation_pass
from actors.learning.record import Status

if TYPE_CHECKING:
    from actors.learning.record import RunFacts

__all__ = ["FEWEST", "Arm", "Outcome", "Pair", "Trial", "Verdict", "arm_of", "compare", "judge", "summary"]

FEWEST: Final = 5
"""Fewer pairs than this decide nothing, however they turn out."""
Outcome = Literal["won", "lost", "tied"]
Verdict = Literal["better", "worse", "undecided", "dropped", "refused"]


@frozen
class Arm:
    """One run of a pair: whether it completed, and whether no validator had anything to say against it."""

    run_id: str
    completed: bool
    validated: bool


@frozen
class Pair:
    """A run of which agents were told of the learning beside one of which they were not, with what the replayed run was given."""

    replayed_run_id: str
    with_: Arm
    without: Arm
    outcome: Outcome


@frozen
class Trial:
    """`replayed` are runs whose inputs are tried, in that order; `open` are the two that are under way, with the learning and without it.

    `status` is the learning's: where that changes meanwhile, the trial is over. `by` is who is to have it applied where it wins: the
    policy, or the person who said so (with that `note`). `verdict` None: it goes on.
    """

    learning_id: str
    by: str
    replayed: tuple[str, ...]
    begun_at_ms: int
    status: Status
    note: str | None = None
    pairs: tuple[Pair, ...] = ()
    open: tuple[str, str] | None = None
    verdict: Verdict | None = None
    reason: str | None = None


def arm_of(run: RunFacts) -> Arm:
    """What an ended run says."""
    return Arm(run.run_id, run.status == "completed", validation_pass(run))


def compare(with_: Arm, without: Arm) -> Outcome:
    """A run that completes is better than one that does not; of two that do, the one without an objection."""
    mine, other = (with_.completed, with_.validated), (without.completed, without.validated)
    return "tied" if mine == other else "won" if mine > other else "lost"


def judge(trial: Trial) -> Verdict | None:
    """What the pairs say; None: another one is to be run. Where those that are left cannot decide any more, they are not run."""
    won, lost = _counts(trial)
    most = len(trial.replayed)
    found = verdict(won, lost, most)
    if found is not None:
        return found
    needed = lead_needed(most)
    left = most - len(trial.pairs)
    return "undecided" if needed is None or needed - abs(won - lost) > left else None


def summary(trial: Trial) -> dict[str, Any]:
    """The difference with its uncertainty.

    `difference` are rates with the learning less those without. `chance`: how probable it is that a lead like this one comes up at some
    time within all pairs, where the learning changes nothing (exact, one side).
    """
    won, lost = _counts(trial)
    most, count = len(trial.replayed), len(trial.pairs)
    lead = abs(won - lost)
    return {
        "pairs": count, "most": most, "won": won, "lost": lost, "tied": count - won - lost, "lead_needed": lead_needed(most),
        "chance": ways_to_lead(most, lead) / 2**most if lead else 1.0,
        "difference": None if not count else {
            "completion_rate": sum(one.with_.completed - one.without.completed for one in trial.pairs) / count,
            "validation_pass_rate": sum(one.with_.validated - one.without.validated for one in trial.pairs) / count,
        },
    }  # fmt: skip


def _counts(trial: Trial) -> tuple[int, int]:
    outcomes = [pair.outcome for pair in trial.pairs]
    return outcomes.count("won"), outcomes.count("lost")
