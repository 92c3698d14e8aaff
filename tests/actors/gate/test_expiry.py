"""A gate that nobody answered in time: what it does then, when, and what it leaves alone."""

from __future__ import annotations

import pytest

from actors.gate.expiry import next_gate_due
from actors.run.rules import ended_because, unwanted
from actors.settings import RunRules
from tests.actors.run.table import Story


def gate(action: str, name: str = "g", more: str = "") -> str:
    return f"{name} gate: human_approval, timeout: 1s, on_timeout: {action}{more}"


def test_fail_records_the_time_out_and_fails_the_node() -> None:
    story = Story.begun(gate("fail"), "x needs: [g]")
    assert story.wait(999) == []
    assert story.wait(1) == ["expire g fail", "decide g timed_out", "fail g gate_timed_out not_retryable"]
    assert story.claim() == ["run_execution_claimed", "run_failed nodes_failed"]
    error = story.state.nodes["g"].error
    assert error is not None
    assert (error.failure_class, story.state.gate_history[0].decided_by) == ("gate_timeout", "system")


def test_continue_goes_on_and_says_that_nobody_answered() -> None:
    story = Story.begun(gate("continue"), "x needs: [g], when: 'nodes.g.decision == \"timed_out\"'")
    assert story.wait(1000) == ["expire g continue", "decide g timed_out", "done g"]
    assert story.claim() == ["run_execution_claimed", "start x"]


def test_cancel_ends_the_run_and_is_recorded_once() -> None:
    story = Story.begun(gate("cancel"))
    assert story.wait(1000) == ["expire g cancel", "run_cancelled gate_expired"]
    assert story.look() == []
    assert [(entry.decision, entry.decided_by) for entry in story.state.gate_history] == [("expired", "system")]
    assert (story.state.status, story.state.stop_kind) == ("cancelled", "cancelled")


def test_cancel_ends_attempts_under_way_before_the_run() -> None:
    story = Story.begun(gate("cancel"), "b")
    assert story.wait(1000) == ["expire g cancel", "run_cancel_requested"]
    assert unwanted(story.state, story.now, 60_000) == ["b"]
    assert ended_because(story.state) == "cancelled"
    assert story.stop("b", "cancelled") == ["interrupt b cancelled", "run_cancelled gate_expired"]


def test_cancel_with_clean_up_cleans_up_first() -> None:
    story = Story.begun(gate("cancel"), "b", last=("t",))
    assert story.wait(1000) == ["expire g cancel", "run_cancel_requested"]
    assert story.ok("b") == ["done b", "finally cancelled", "start t"]
    assert story.ok("t") == ["done t", "finally_completed", "run_cancelled gate_expired"]


def test_a_node_that_must_happen_once_stays_unresolved_when_its_run_is_cancelled() -> None:
    story = Story.begun(gate("cancel"), "b effect: once")
    story.wait(1000)
    assert story.stop("b", "cancelled") == ["ask b.outcome", "run_cancelled gate_expired"]
    assert story.state.nodes["b"].status == "waiting"


def test_a_gate_that_says_nothing_takes_the_daemons_defaults() -> None:
    story = Story.begun("g gate: human_approval")
    found = story.state.open_gates["g"]
    assert (found.expires_at_ms, found.on_expiry) == (604_801_000, "cancel")
    rules = RunRules(gate_expires_after_ms=5, gate_on_expiry="continue")
    found = Story.begun("g gate: human_approval", rules=rules).state.open_gates["g"]
    assert (found.expires_at_ms, found.on_expiry) == (1005, "continue")


def test_a_time_out_of_zero_means_at_once() -> None:
    story = Story.begun("g gate: human_approval, timeout: 0s, on_timeout: continue")
    assert story.wait(1) == ["expire g continue", "decide g timed_out", "done g"]


def test_while_paused_nothing_expires_and_after_the_resume_it_does() -> None:
    story = Story.begun(gate("cancel"))
    story.pause()
    assert story.wait(5000) == []
    assert story.resume() == ["run_resumed", "expire g cancel", "run_cancelled gate_expired"]


@pytest.mark.parametrize("action", ["fail", "continue", "cancel"])
def test_an_answer_at_the_due_time_is_late_even_if_the_expiry_was_not_applied(action: str) -> None:
    story = Story.begun(gate(action))
    story.now += 1000
    assert story.decide("approve")[0] == f"expire g {action}"
    assert story.code == "gate_expired"


def test_an_answer_right_before_the_due_time_is_in_time() -> None:
    story = Story.begun(gate("fail"))
    story.now += 999
    assert story.decide("approve") == ["decide g approve", "done g"]


def test_gates_expire_in_the_order_of_their_opening_and_a_cancel_leaves_the_others() -> None:
    story = Story.begun(gate("cancel", "g"), gate("continue", "h"))
    assert story.wait(1000) == ["expire g cancel", "run_cancelled gate_expired"]
    two = Story.begun(gate("continue", "g"), gate("cancel", "h"))
    assert two.wait(1000)[:3] == ["expire g continue", "decide g timed_out", "done g"]
    assert two.log[-1][0].kind == "run_cancelled"


def test_a_time_out_may_be_taken_by_on_fail_of_the_model() -> None:
    from attrs import evolve

    from actors.workflow.spec import OnFail

    story = Story.begun(gate("fail"), "x needs: [g]")
    story.plan.nodes["g"] = evolve(story.plan.nodes["g"], on_fail=OnFail("continue"))
    assert story.wait(1000)[-1] == "skip g on_fail_continue"
    assert story.claim() == ["run_execution_claimed", "start x"]


def test_the_next_time_is_the_earliest_of_those_that_gates_have() -> None:
    story = Story.begun(gate("fail"), "h gate: human_approval, timeout: 2s", "o effect: once")
    story.lose("o")
    gates = story.state.open_gates
    assert next_gate_due(gates.values(), held=False) == 2000
    assert next_gate_due([gates["o"]], held=False) == 86_401_000  # it never expires, and is marked as stale
    assert next_gate_due(gates.values(), held=True) == 86_401_000  # a hold keeps a gate from ending the run
    assert next_gate_due([], held=False) is None


LIMITED = "g gate: human_approval, timeout: '{{ inputs.limit }}', on_timeout: continue, prompt: '{{ inputs.limit }}'"
TOP = "inputs: {limit: {}}"


def test_a_timeout_that_is_a_text_is_filled_in_when_the_gate_opens() -> None:
    story = Story.begun(LIMITED, top=TOP, inputs={"limit": "5s"})
    assert story.state.open_gates["g"].expires_at_ms == 6_000
    assert story.wait(4_999) == []
    assert story.wait(1) == ["expire g continue", "decide g timed_out", "done g"]


def test_one_that_comes_to_nothing_is_over_at_once() -> None:
    story = Story.begun(LIMITED, top=TOP, inputs={"limit": "0"})
    assert story.wait(1) == ["expire g continue", "decide g timed_out", "done g"]


@pytest.mark.parametrize("limit", ["soon", ""])
def test_one_that_is_no_duration_fails_the_gate_before_anybody_is_asked(limit: str) -> None:
    story = Story.begun(LIMITED, top=TOP, inputs={"limit": limit})
    error = story.state.nodes["g"].error
    assert error is not None
    assert (error.code, error.failure_class, error.detail) == ("invalid_duration", "configuration", {"path": "{{ inputs.limit }}"})
    assert (story.state.status, story.state.gate_history) == ("failed", [])


def test_a_gate_that_is_asked_anew_is_open_for_as_long_as_before() -> None:
    top = "templating: flat\nlimits: {parallel: 2}"
    story = Story.begun(
        "a artifact: a.txt", "g gate: human_approval, needs: [a], timeout: '{{wait}}'", "b needs: [a]", "x needs: [g]", top=top
    )
    story.ok("a", {"wait": "5s"}, file="a.txt")
    story.ok("b", {"wait": "1h"})
    first = story.state.open_gates["g"].expires_at_ms
    assert first is not None
    story.now += 100
    story.evidence["a"] = "ff" * 32
    story.pause()
    story.resume()
    story.claim()
    again = story.state.open_gates["g"]
    assert (again.instance, again.expires_at_ms) == (2, first + 100)
