"""Many deciders of one gate: one decision, one consequence, and all others are told it."""

from __future__ import annotations

import random

from actors.gate.events import ApprovalGateVoteRecorded
from actors.refusals import Principal, Refusal
from tests.actors.run.table import Story, plan_of

ROUNDS, DECIDERS = 1_000, 64
PLAN = plan_of("g gate: human_approval, on_reject: continue", "x needs: [g]")
TWO = plan_of("g gate: human_review, min_approvals: 2", "x needs: [g]")


def test_gg07_of_64_answers_one_counts_a_thousand_times_over() -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        story = Story.on(PLAN)
        story.claim()
        words = [chance.choice(("approve", "reject")) for _ in range(DECIDERS)]
        assert story.decide(words[0], "g") == [f"decide g {words[0]}", "done g"]
        for word in words[1:]:
            assert story.decide(word, "g") == []
            assert isinstance(story.answer, Refusal)
            assert (story.code, story.answer.data["winning_decision"]["decision"]) == ("gate_already_decided", words[0])
        assert [record.decision for record in story.state.gate_history] == words[:1]


def test_votes_and_other_answers_in_any_order_come_to_one_decision() -> None:
    chance = random.Random(11)
    for _ in range(ROUNDS // 4):
        story = Story.on(TWO)
        story.claim()
        for _ in range(DECIDERS // 4):
            story.decide(chance.choice(("approve", "approve", "approve", "cancel", "reject")), "g", by=Principal(chance.randrange(4)))
        assert len(story.state.gate_history) == 1
        record = story.state.gate_history[0]
        voters = {event.decided_by for event, _ in story.log if isinstance(event, ApprovalGateVoteRecorded)}
        assert len(voters) <= 1
        assert record.decision != "approve" or record.decided_by not in voters
