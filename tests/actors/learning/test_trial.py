"""Trials of learnings: which pair is won, when they decide, what is left to chance, and when the policy begins one."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.learning.policy import Policy
from actors.learning.trial import Arm, Outcome, Pair, Trial, arm_of, compare, judge, summary
from actors.learning.trying import replayable
from tests.actors.learning.paper import Desk, failed, passed

REPORT = {"status": "completed", "summary": "Final report written"}


def arm(rank: int) -> Arm:
    return Arm("r", completed=rank > 0, validated=rank > 1)


def trial(*outcomes: Outcome, most: int = 5) -> Trial:
    pairs = tuple(Pair("r", arm(2 if one == "won" else 0), arm(2 if one == "lost" else 0), one) for one in outcomes)
    return Trial("x", "policy", tuple(f"r{number}" for number in range(most)), 0, "proposed", pairs=pairs)


@pytest.mark.parametrize(("mine", "other", "outcome"), [(2, 1, "won"), (1, 0, "won"), (0, 1, "lost"), (1, 1, "tied"), (0, 0, "tied")])
def test_a_run_that_completes_wins_then_one_that_nobody_objects_to(mine: int, other: int, outcome: str) -> None:
    assert compare(arm(mine), arm(other)) == outcome


def test_the_arm_of_a_run_says_whether_it_completed_and_validated() -> None:
    warned = passed("r", {"validator_summary": {"outcome": "accepted_with_warnings"}})
    assert [(one.completed, one.validated) for one in map(arm_of, (passed("r"), warned, failed("r")))] == [
        (True, True), (True, False), (False, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "most", "verdict"),
    [
        ((), 5, None), (("won",) * 4, 5, None), (("won",) * 5, 5, "better"), (("lost",) * 5, 5, "worse"), (("tied",), 5, "undecided"),
        (("won",) * 7, 10, "better"), (("won",) * 6, 10, None), (("won", "won", "lost", "lost"), 10, "undecided"),
        (("won", "lost"), 10, None), ((), 4, "undecided"),
    ],
    ids=["none", "four", "all", "all lost", "one tie", "lead of ten", "nearly", "cannot any more", "can still", "too few for any"],
)  # fmt: skip
def test_it_ends_when_pairs_decide_or_cannot_any_more(outcomes: tuple[Outcome, ...], most: int, verdict: str | None) -> None:
    assert judge(trial(*outcomes, most=most)) == verdict


def test_the_difference_is_told_with_what_is_left_to_chance() -> None:
    assert summary(trial("won", "won", "won", "won", "won")) == {
        "pairs": 5, "most": 5, "won": 5, "lost": 0, "tied": 0, "lead_needed": 5, "chance": 1 / 32,
        "difference": {"completion_rate": 1.0, "validation_pass_rate": 1.0},
    }  # fmt: skip
    even = summary(trial("won", "lost", "tied", "tied"))
    assert (even["chance"], even["tied"], even["difference"]) == (1.0, 2, {"completion_rate": 0.0, "validation_pass_rate": 0.0})
    assert summary(trial())["difference"] is None


def test_only_runs_that_have_ended_are_made_again_and_not_too_few() -> None:
    runs = [evolve(passed("open"), status="running"), *(passed(f"r{number}") for number in range(6))]
    assert replayable(runs, 5) == ("r0", "r1", "r2", "r3", "r4")
    assert replayable(runs[:5], 20) == ()


def test_the_policy_begins_one_trial_where_it_would_apply() -> None:
    desk = Desk(policy=Policy(auto_apply=True, min_confidence=0.6, min_baseline_sample=1, verify=True, verify_runs=5))
    codes = [desk.ends(passed(f"r{number}", REPORT, at_ms=desk.now)).decisions[0].reason_code for number in range(6)]
    assert codes == ["insufficient_evidence"] * 4 + ["verification_begun", "verification_running"]
    [one] = desk.learnings
    begun = desk.book.trials[one.learning_id]
    assert (one.status, begun.by, begun.replayed) == ("proposed", "policy", ("r4", "r3", "r2", "r1", "r0"))
    desk.book.trials[one.learning_id] = evolve(begun, verdict="undecided")
    assert desk.ends(passed("r6", REPORT)).decisions[0].reason_code == "verification_not_better"
