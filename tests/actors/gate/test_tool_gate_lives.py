"""Questions about tools beside everything else that happens to a run."""

from __future__ import annotations

from actors.node.messages import Outcome, Usage
from actors.run.outcomes import on_outcome
from tests.actors.gate.tool_story import AGENT, QUESTION, approve, asked, gate, order
from tests.actors.run.table import Story


def test_a_question_survives_a_pause_and_a_restart() -> None:
    story = asked()
    before = gate(story)
    story.pause()
    story.restart()
    assert gate(story) is before
    assert approve(story) == ["decide a.tool approve"]
    assert story.state.status == "paused"
    assert story.resume() == ["run_resumed"]
    assert story.claim() == ["run_execution_claimed", "start a.2"]


def test_a_rework_before_it_voids_question_and_answer() -> None:
    story = Story.begun("g gate: human_approval", f"{AGENT}, needs: [g]", "c gate: human_approval, needs: [g], rework: [g]")
    story.decide("approve", "g")
    story.claim()
    story.tell("a", QUESTION)
    story.decide("rework", "c")
    assert "a" not in story.state.open_gates
    assert (story.state.nodes["a"].asking, story.state.nodes["a"].questions) == (False, 1)


def test_recovered_from_a_pause_what_was_answered_is_forgotten_and_asked_anew() -> None:
    story = asked()
    approve(story)
    story.pause()
    story.recover()
    story.claim()
    assert (order(story).decided, story.state.nodes["a"].instance) == (None, 2)
    assert story.tell("a", QUESTION)[:2] == ["interrupt a tool_asked", "ask a.tool @2"]


def test_a_run_that_ends_while_it_asks_begins_again_with_the_agent_and_not_with_a_question_about_it() -> None:
    story = asked(AGENT, "b", top="execution: {fail_fast: true}")
    assert story.state.status == "running"
    story.fail("b")
    assert (story.state.status, story.state.nodes["a"].status) == ("failed", "pending")
    story.retry("b")
    found = story.claim()
    assert "start a.2" in found
    assert story.tell("a", QUESTION)[:2] == ["interrupt a tool_asked", "ask a.tool @2"]


def test_an_effect_that_must_happen_once_is_no_reason_to_ask_whether_it_did() -> None:
    assert asked(f"{AGENT}, effect: once").state.open_gates["a"].gate_name == "a.tool"


def test_the_two_questions_of_one_node_are_not_confused() -> None:
    story = asked(f"{AGENT}, effect: once")
    approve(story)
    story.claim()
    story.lose("a")
    assert gate(story).gate_name == "a.outcome"
    assert (story.decide("approve", "a.tool"), story.code) == ([], "gate_already_decided")
    assert story.decide("approve", "workflow:run-1:a:1") == ["decide a.outcome approve", "done a"]


def test_people_thinking_is_no_time_of_the_node() -> None:
    story = Story.begun(f"{AGENT}, retry: {{max_elapsed: 1h, backoff: {{strategy: none}}}}, tool_approval: {{timeout: 2d}}")
    story.now += 60_000
    story.tell("a", QUESTION)
    story.now += 86_400_000
    approve(story)
    story.claim()
    node = story.state.nodes["a"]
    assert (node.worked_ms, order(story).worked_ms, node.first_started_at_ms) == (60_000, 60_000, 1000 + 86_400_000)
    assert story.fail("a")[0] == "fail a boom retry_allowed"
    assert story.state.nodes["a"].worked_ms == 0


def test_an_interruption_for_another_reason_begins_the_clock_anew() -> None:
    story = asked()
    approve(story)
    story.claim()
    story.state.nodes["a"].worked_ms = 5
    story.stop("a")
    assert story.state.nodes["a"].worked_ms == 0


def test_in_clean_up_and_where_a_failure_is_handled_nobody_is_asked() -> None:
    story = Story.begun("b", last=(AGENT,))
    story.ok("b")
    assert order(story).asks is False


def test_what_was_used_before_the_question_is_counted() -> None:
    story = Story.begun(AGENT)
    outcome = Outcome("a", story.state.token("a"), QUESTION, Usage(10, 5))
    story.do(lambda turn: on_outcome(turn, outcome))
    assert story.state.usage.tokens == 15
