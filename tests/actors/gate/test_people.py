"""Who may decide: approvers, the one to whom it was escalated, not the author; and gates that want several people."""

from __future__ import annotations

from typing import Any

import pytest

from actors.refusals import Principal
from actors.run.events import RunCreated
from actors.run.evolve import evolve
from actors.run.new_state import new_state
from actors.settings import RunRules
from tests.actors.run.table import ANNA, Story, plan_of

BEN, CARA = Principal(1001), Principal(1002)
THREE = "g gate: human_review, min_approvals: 3, options: [a, b, c]"


@pytest.mark.parametrize(
    ("approvers", "groups", "may"),
    [
        ("[1000]", (), True), ("[1001, '@staff']", ("staff",), True), ("['1001']", ("staff",), False), ("['@staff']", ("wheel",), False),
        ("['@1000']", (), False),
    ],
    ids=["uid", "group", "other-uid", "other-group", "a-group-of-digits"],
)  # fmt: skip
def test_only_approvers_decide(approvers: str, groups: tuple[str, ...], *, may: bool) -> None:
    story = Story.begun(f"g gate: human_approval, approvers: {approvers}")
    said = story.decide("reject", groups=frozenset(groups))
    assert (said != []) == may
    if not may:
        assert (story.code, list(story.state.open_gates)) == ("gate_reviewer_not_allowed", ["g"])


@pytest.mark.parametrize(
    ("to", "groups"), [("'1001'", ()), ("'uid:1001'", ()), ("'@ops'", ("ops",))], ids=["uid", "as-we-write-it", "group"]
)
def test_who_is_asked_after_an_escalation_may_decide_too(to: str, groups: tuple[str, ...]) -> None:
    keys = f"approvers: [1000], timeout: 1s, on_timeout: escalate, escalate_to: {to}"
    story = Story.begun(f"g gate: human_approval, {keys}")
    who: dict[str, Any] = {"by": BEN, "groups": frozenset(groups)}
    assert (story.decide("approve", **who), story.code) == ([], "gate_reviewer_not_allowed")
    story.wait(1000)
    assert story.decide("approve", **who) == ["decide g approve", "done g"]


def test_an_escalation_of_a_gate_for_everybody_shuts_nobody_out() -> None:
    story = Story.begun("g gate: human_approval, timeout: 1s, on_timeout: escalate, escalate_to: '1001'")
    story.wait(1000)
    assert story.decide("approve", by=CARA) == ["decide g approve", "done g"]


def started_by_anna(gate: str, rules: RunRules | None = None) -> Story:
    plan = plan_of(gate)
    story = Story.on(plan, rules=rules)
    story.state = new_state("run-1", plan)
    evolve(story.state, RunCreated(workflow_id="paper", version=1, digest="digest", started_by=str(ANNA)), 1000)
    story.claim()
    return story


@pytest.mark.parametrize(
    ("key", "setting", "separate"),
    [("", False, False), ("", True, True), (", separate_from_author: true", False, True), (", separate_from_author: false", True, False)],
    ids=["nowhere", "setting", "gate", "gate-overrides-setting"],
)  # fmt: skip
def test_who_started_the_run_does_not_approve_it(key: str, *, setting: bool, separate: bool) -> None:
    story = started_by_anna(f"g gate: human_approval{key}", RunRules(separate_from_author=setting))
    said = story.decide("approve")
    assert (said == []) == separate
    if separate:
        assert story.code == "gate_approver_is_author"
        assert story.decide("approve", by=BEN) == ["decide g approve", "done g"]


def test_who_stored_the_version_does_not_approve_it_and_may_reject_it() -> None:
    story = Story.begun("g gate: human_approval, separate_from_author: true")
    assert (story.decide("approve", by=BEN, version_author="uid:1001"), story.code) == ([], "gate_approver_is_author")
    assert story.decide("reject", by=BEN, version_author="uid:1001")[0] == "decide g reject"


def test_the_setting_holds_for_the_question_about_an_outcome_too() -> None:
    story = started_by_anna("a effect: once", RunRules(separate_from_author=True))
    story.lose("a")
    assert (story.decide("approve"), story.code) == ([], "gate_approver_is_author")


def test_the_last_of_several_approvals_decides_for_all() -> None:
    story = Story.begun(THREE, "x needs: [g]")
    assert story.decide("approve", feedback="fine", selections=("c",)) == ["vote g 1"]
    assert story.answer == {
        "node_id": "g", "gate_name": "g", "instance": 1, "decision": "approve", "answer": "recorded", "approvals": 1, "needed": 3,
    }  # fmt: skip
    assert story.decide("approve", by=BEN, selections=("a", "c")) == ["vote g 2"]
    assert [vote.by for vote in story.state.open_gates["g"].votes] == ["uid:1000", "uid:1001"]
    assert story.decide("approve", by=CARA, feedback="go") == ["decide g approve", "done g"]
    content = story.state.nodes["g"].output["content"]
    assert (content["feedback"], content["selections"], content["decided_by"]) == ("fine\ngo", ["a", "c"], "uid:1002")
    assert content["voters"] == ["uid:1000", "uid:1001", "uid:1002"]


def test_several_approvals_without_words_have_none_together() -> None:
    story = Story.begun("g gate: human_review, min_approvals: 2")
    story.decide("approve")
    story.decide("approve", by=BEN)
    assert story.state.nodes["g"].output["content"]["feedback"] is None


def test_a_second_approval_of_one_person_changes_nothing() -> None:
    story = Story.begun(THREE)
    story.decide("approve")
    assert (story.decide("approve"), story.code) == ([], "gate_already_voted")
    assert len(story.state.open_gates["g"].votes) == 1


@pytest.mark.parametrize("word", ["reject", "rework", "cancel"])
def test_any_other_answer_decides_at_once_also_of_who_had_approved(word: str) -> None:
    story = Story.begun(THREE)
    story.decide("approve")
    assert story.decide(word)[0] == f"decide g {word}"
    assert story.state.gate_history[-1].decision == word


def test_votes_are_void_when_the_gate_opens_anew() -> None:
    story = Story.begun("a", "g gate: human_review, needs: [a], min_approvals: 2")
    story.ok("a")
    story.decide("approve")
    story.retry("a")
    story.claim()
    assert story.ok("a") == ["done a", "reopen g", "ask g @2", "run_awaiting_approval"]
    assert story.state.open_gates["g"].votes == ()
    assert story.decide("approve") == ["vote g 1"]


def test_a_resolvers_gate_that_people_may_decide_is_decided_by_one_of_them() -> None:
    story = Story.begun(
        "g gate: pr_approval, min_approvals: 2, decisions: [approve]", rules=RunRules(resolver_types=frozenset({"pr_approval"}))
    )
    assert story.decide("approve") == ["decide g approve", "done g"]


def test_a_resolvers_gate_is_not_for_people_unless_it_says_so() -> None:
    story = Story.begun("g gate: pr_checks", rules=RunRules(resolver_types=frozenset({"pr_checks"})))
    assert (story.decide("approve"), story.code) == ([], "gate_decision_not_offered")


def test_a_gate_whose_resolver_is_gone_fails_before_it_opens() -> None:
    story = Story.of("g gate: pr_checks")
    assert story.claim() == [
        "run_execution_claimed",
        "run_started",
        "fail g gate_resolver_missing not_retryable",
        "run_failed nodes_failed",
    ]


@pytest.mark.parametrize("word", ["rework", "cancel"])
def test_an_answer_that_will_be_refused_ends_no_attempt(word: str) -> None:
    story = Story.begun("a", "g gate: human_approval, needs: [a], approvers: [1001]", "b needs: [a]", top="limits: {parallel: 2}")
    story.ok("a")
    assert (story.decide(word), story.code) == ([], "gate_reviewer_not_allowed")
    assert story.decide(word, by=BEN, nonce="old") == ["deny g"]
    assert (story.decide(word, by=BEN, selections=("x",)), story.code) == ([], "gate_selections_not_configured")
    assert list(story.state.executing) == ["b"]
