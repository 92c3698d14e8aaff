"""Candidates with several evaluations, each beside a run of the baseline."""

from __future__ import annotations

from typing import Any

import pytest

from actors.campaign import events as e
from actors.campaign.promotion import decide, pair_of
from actors.campaign.records import Decision, Metrics, Pair, Spend
from actors.campaign.spending import spend_of
from tests.actors.campaign.paper import FAILED, Tale
from tests.actors.campaign.table import metrics


@pytest.mark.parametrize(
    ("base", "candidate", "outcome"),
    [
        (metrics(0.5), metrics(0.6), "won"), (metrics(0.6), metrics(0.5), "lost"), (metrics(0.5), metrics(0.5), "tied"),
        (metrics(0.5), metrics(0.9, blocked=0.1), "lost"), (metrics(0.5, 2), metrics(0.5, 1), "won"),
        (metrics(0.9, within=False), metrics(0.5), "tied"),
    ],
    ids=["better", "worse", "same", "blocks", "unmet", "dear-baseline"],
)  # fmt: skip
def test_a_pair_is_won_by_the_better_run(base: Metrics, candidate: Metrics, outcome: str) -> None:
    assert pair_of(base, candidate) == Pair(candidate, base, outcome)  # type: ignore[arg-type]  # one of the three words


WON, LOST, TIED = (pair_of(metrics(0.5), metrics(rate)) for rate in (0.6, 0.4, 0.5))
BLOCKED = Pair(metrics(0.9, blocked=0.1), metrics(0.5), "won")


@pytest.mark.parametrize(
    ("pairs", "most", "decision"),
    [
        ([WON] * 4, 5, None),
        ([WON] * 5, 10, None),
        ([WON] * 5, 5, Decision("promote", "candidate_clearly_better")),
        ([LOST] * 5, 5, Decision("discard", "candidate_clearly_worse")),
        ([WON, LOST, WON], 3, Decision("promote", "candidate_pass_rate_improved")),
        ([TIED, TIED], 2, Decision("discard", "candidate_not_better")),
        ([BLOCKED] * 5, 5, Decision("discard", "candidate_blocked_rate_increased")),
        ([pair_of(metrics(0.5), metrics(1.0, within=False))], 20, Decision("discard", "candidate_over_budget")),
    ],
    ids=["early", "not-yet", "better", "worse", "means-won", "means-same", "blocks", "over-budget"],
)
def test_pairs_decide_by_a_lead_or_by_their_means(pairs: list[Pair], most: int, decision: Decision | None) -> None:
    assert decide(pairs, most) == decision


def measured(tale: Tale, *, won: bool = True) -> list[str]:
    """Both runs of the pair end; what the next pass says."""
    one = tale.newest
    winner, loser = (one.eval_run_id, str(one.replay_run_id)) if won else (str(one.replay_run_id), one.eval_run_id)
    tale.world.ends(winner)
    tale.world.ends(loser, measured=FAILED)
    return tale.pass_()


def test_pairs_run_one_after_the_other_until_one_side_leads() -> None:
    tale = Tale(evaluations=5).running()
    one = tale.newest
    assert tale.campaign.active_runs == [one.eval_run_id, one.replay_run_id]
    assert tale.campaign.note == e.Note("waiting_candidate_evaluation")
    assert tale.pass_() == ["experiment_failed", "experiment_queued", "evaluation_pair_queued"], "no such runs"
    one = tale.newest
    first = one.eval_run_id
    tale.world.ends(first)
    tale.world.ends(str(one.replay_run_id), "running")
    assert tale.pass_() == []
    for number in range(1, 5):
        assert measured(tale) == ["evaluation_pair_measured", "evaluation_pair_queued"]
        assert (len(one.pairs), one.status, one.ended_at_ms) == (number, "draft", None)
    assert one.eval_run_id != first
    assert measured(tale) == ["evaluation_pair_measured", "experiment_evaluated", "promotion_requested"]
    assert one.promotion_decision == Decision("promote", "candidate_clearly_better")
    assert one.compared_with == metrics(0.0)
    assert (one.phase1_metrics, len(tale.campaign.active_runs)) == (metrics(1.0), 0)
    tale.world.runs.clear()
    assert spend_of(tale.campaign, tale.world) == Spend(100, 1.0)


def test_an_approval_takes_the_word_of_the_pairs() -> None:
    tale = Tale(evaluations=2).running()
    for _ in range(2):
        measured(tale)
    tale.campaign.baseline_metrics = metrics(1.0)
    assert tale.act("approve_winner", experiment_id=tale.newest.experiment_id) == ["promotion_approved"]
    assert tale.campaign.baseline_metrics == metrics(1.0)


def test_what_is_worse_is_discarded_and_the_next_is_tried() -> None:
    tale = Tale(evaluations=2).running()
    first = tale.newest
    measured(tale, won=False)
    assert measured(tale, won=False) == [
        "evaluation_pair_measured", "experiment_evaluated", "experiment_queued", "evaluation_pair_queued",
    ]  # fmt: skip
    assert (first.status, first.promotion_decision) == ("discarded", Decision("discard", "candidate_not_better"))


@pytest.mark.parametrize("which", ["eval_run_id", "replay_run_id"])
@pytest.mark.parametrize("fault", ["failed", "gone"])
def test_a_pair_that_cannot_be_measured_fails_the_candidate(which: str, fault: str) -> None:
    tale = Tale(evaluations=3).running()
    one = tale.newest
    broken = getattr(one, which)
    for run_id in (one.eval_run_id, one.replay_run_id):
        tale.world.ends(run_id, fault if run_id == broken and fault != "gone" else "completed")
    if fault == "gone":
        del tale.world.runs[broken]
    assert tale.pass_()[0] == "experiment_failed"
    expected: dict[str, Any] = {"run_id": broken, "reason": "run_not_found"} if fault == "gone" else {"run_id": broken, "status": "failed"}
    assert one.eval_failure == expected


def test_between_two_pairs_another_baseline_ends_the_candidate() -> None:
    tale = Tale(evaluations=3).running()
    one = tale.newest
    one.under_way, one.baseline_hash = False, "0" * 64
    assert tale.pass_()[0] == "experiment_failed"
    assert one.eval_failure is not None
    assert one.eval_failure["reason"] == "baseline_snapshot_hash_mismatch"
