"""The gate before a tool: opened when an attempt is put down for it, answered for one call, and heard by the agent when it goes on."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.gate.shown import digest_of_shown
from actors.gate.tools import shown_of
from actors.node.messages import ToolDecision
from actors.run.view import gate_json
from actors.run.why import reasons
from tests.actors.gate.tool_story import AGENT, BERT, PUT_DOWN, QUESTION, approve, asked, gate, order
from tests.actors.run.table import ANNA, Story


def test_an_attempt_that_needs_a_person_is_put_down_and_asks() -> None:
    story = Story.begun(AGENT, "b needs: [a]")
    assert story.tell("a", QUESTION) == PUT_DOWN
    found = gate(story)
    assert (found.gate_name, found.gate_type, found.decisions, found.tool) == (
        "a.tool", "human_approval", ("approve", "reject", "cancel"), "run_command",
    )  # fmt: skip
    assert found.shown["tool"]["arguments"] == {"argv": ["rm", "-r", "build"]}
    assert found.shown_digest == digest_of_shown(shown_of(QUESTION, "run-1", "a", 1))
    assert found.request_id("run-1") == "workflow:run-1:a.tool:1"
    assert gate_json("run-1", found)["tool"] == "run_command"
    [reason] = reasons(story.state, None, story.now)
    assert reason["next"] == [
        "penstock show run-1 a.tool",
        f"penstock approve run-1 a.tool --shown {found.shown_digest[:16]}   (or reject, cancel-gate)",
    ]
    assert (story.state.status, story.state.nodes["a"].spent, story.state.executing) == ("awaiting_approval", 0, {})


@pytest.mark.parametrize("change", [
    {"tool": "http_get"}, {"arguments": {"argv": ["rm"]}}, {"call_id": "x"}, {"turn": 2}, {"persona": "other"}, {"persona_sha256": ""},
], ids=lambda change: next(iter(change)))  # fmt: skip
def test_the_digest_is_that_of_everything_about_the_call(change: dict[str, Any]) -> None:
    other = digest_of_shown(shown_of(evolve(QUESTION, **change), "run-1", "a", 1))
    assert other != digest_of_shown(shown_of(QUESTION, "run-1", "a", 1))


@pytest.mark.parametrize("where", [("run-2", "a", 1), ("run-1", "b", 1), ("run-1", "a", 2)], ids=["run", "node", "instance"])
def test_and_of_where_it_is_made(where: tuple[str, str, int]) -> None:
    assert digest_of_shown(shown_of(QUESTION, *where)) != digest_of_shown(shown_of(QUESTION, "run-1", "a", 1))


def test_approved_the_conversation_goes_on_with_the_answer_in_its_order() -> None:
    story = asked(f"{AGENT}, retry: {{max_attempts: 1, count_interruptions: true}}")
    digest = gate(story).shown_digest
    assert approve(story, feedback="once") == ["decide a.tool approve"]
    assert story.state.gate_feedback is None  # said to the agent, and to nobody else
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert order(story).decided == ToolDecision("approve", "uid:1000", digest, "once")
    assert story.ok("a") == ["done a", "run_completed"]


def test_rejected_it_goes_on_too() -> None:
    story = asked()
    assert story.decide("reject", feedback="never") == ["decide a.tool reject"]
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    decided = order(story).decided
    assert decided is not None
    assert (decided.decision, decided.feedback) == ("reject", "never")


def test_cancel_ends_the_run() -> None:
    assert asked().decide("cancel") == ["decide a.tool cancel", "run_cancelled cancelled_by_gate"]


def test_an_approval_must_say_what_was_seen() -> None:
    story = asked()
    digest = gate(story).shown_digest
    assert (story.decide("approve"), story.code) == ([], "gate_shown_required")
    assert (story.decide("approve", shown_digest=digest[:15]), story.code) == ([], "gate_shown_changed")
    assert (story.decide("approve", shown_digest="0" * 64), story.code) == ([], "gate_shown_changed")
    assert story.decide("approve", shown_digest=digest[:16]) == ["decide a.tool approve"]


@pytest.mark.parametrize(
    "named",
    [
        {"nonce": "nonce-1"}, {"approval_request_id": "workflow:run-1:a.tool:1"}, {"gate": "workflow:run-1:a.tool:1"},
        {"transition_id": "workflow:run-1:a.tool:1:decision"},
    ],
    ids=["nonce", "request", "name", "transition"],
)  # fmt: skip
def test_each_name_of_the_instance_says_it_as_well(named: dict[str, Any]) -> None:
    assert asked().decide("approve", **named) == ["decide a.tool approve"]


def test_the_next_question_is_another_instance_with_another_nonce() -> None:
    story = asked()
    first = gate(story)
    approve(story)
    story.claim()
    second = evolve(QUESTION, call_id="call-2", turn=2)
    assert story.tell("a", second) == ["interrupt a tool_asked", "ask a.tool @2", "run_awaiting_approval"]
    assert (gate(story).instance, gate(story).nonce != first.nonce) == (2, True)
    assert (story.decide("approve", shown_digest=first.shown_digest), story.code) == ([], "gate_shown_changed")
    assert story.decide("approve", nonce=first.nonce) == ["deny a.tool"]
    assert story.code == "gate_transition_guard_denied"
    assert approve(story) == ["decide a.tool approve"]


def test_of_two_who_answer_one_wins() -> None:
    story = asked()
    digest = gate(story).shown_digest
    approve(story)
    assert (story.decide("reject", "a.tool", by=BERT), story.code) == ([], "gate_already_decided")
    story.claim()
    assert (story.decide("approve", "a.tool", shown_digest=digest), story.code) == ([], "gate_already_decided")


def test_nobody_answers_in_time() -> None:
    story = asked(f"{AGENT}, tool_approval: {{timeout: 1h}}")
    assert (gate(story).expires_at_ms, gate(story).on_expiry) == (1000 + 3_600_000, "reject")
    assert story.wait(3_600_000) == ["expire a.tool reject", "decide a.tool timed_out"]
    story.claim()
    decided = order(story).decided
    assert decided is not None
    assert (decided.decision, decided.by, decided.feedback) == ("reject", "system", "nobody answered in time")


def test_nobody_answers_in_time_and_the_run_is_cancelled() -> None:
    story = asked(f"{AGENT}, tool_approval: {{timeout: 1h, on_timeout: cancel}}")
    assert story.wait(3_600_000) == ["expire a.tool cancel", "run_cancelled gate_expired"]


def test_a_late_answer_is_refused() -> None:
    story = asked(f"{AGENT}, tool_approval: {{timeout: 1h}}")
    story.now += 3_600_000
    turn = story.turn()
    assert (story.decide("reject"), story.code) == (["expire a.tool reject", "decide a.tool timed_out"], "gate_expired")
    assert turn.events == []


def test_only_those_who_are_named_may_answer_and_not_for_their_own_run() -> None:
    story = asked(f"{AGENT}, tool_approval: {{approvers: [1001]}}")
    assert (approve(story), story.code) == ([], "gate_reviewer_not_allowed")
    assert approve(story, by=BERT) == ["decide a.tool approve"]
    story = asked(f"{AGENT}, tool_approval: {{separate_from_author: true}}")
    story.state.started_by = str(ANNA)
    assert (approve(story), story.code) == ([], "gate_approver_is_author")
