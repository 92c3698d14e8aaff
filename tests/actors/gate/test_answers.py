"""What becomes of an answer: which gate it is for, what later nodes are told, what conditions can ask."""

from __future__ import annotations

from typing import Any

import pytest

from actors.node.orders import CommandOrder, WorkOrder
from actors.run.orders import Folders, work_order
from actors.run.scope import condition_holds, scope_for
from tests.actors.run.table import Story

USE = "use command: [say, '{{ run.gate_feedback }}', '{{ run.gate_selections }}'], needs: [g]"


def told(story: Story, node_id: str = "use") -> tuple[Any, Any]:
    run = scope_for(story.state, node_id)["run"]
    return run["gate_feedback"], run["gate_selections"]


def test_feedback_and_selections_are_both_kept_gt71() -> None:
    gates = ("g gate: human_review, options: [a, b]", "h gate: human_review, needs: [g], options: [c]", "i gate: human_review, needs: [h]")
    story = Story.begun(*gates, USE.replace("[g]", "[i]"))
    assert told(story) == ("", [])
    story.decide("approve", "g", feedback="lgtm", selections=("b", "a"))
    assert told(story) == ("lgtm", ["a", "b"])
    story.claim()
    story.decide("approve", "h", feedback="  ", selections=("c",))
    assert told(story) == ("c", ["c"])
    story.claim()
    story.decide("approve", "i")
    assert told(story) == ("c", ["c"])
    story.claim()
    order = work_order(story.state, "use", Folders("/r", "/w"), story.rules)
    assert isinstance(order, WorkOrder)
    assert isinstance(order.action, CommandOrder)
    assert order.action.env == {"PENSTOCK_GATE_FEEDBACK": "c", "PENSTOCK_GATE_SELECTIONS": '["c"]'}
    assert (order.gate_feedback, order.gate_selections) == ("c", ("c",))


def test_what_was_said_reaches_the_attempts_that_are_done_again_gg09() -> None:
    story = Story.begun("a", "g gate: human_review, needs: [a], on_reject: continue", USE)
    story.ok("a")
    story.decide("rework", feedback="shorter")
    assert told(story, "a") == ("shorter", [])
    story.claim()
    story.ok("a")
    story.decide("reject", feedback="later")
    assert told(story) == ("later", [])
    assert (story.state.nodes["g"].status, condition_holds(story.state, "use", "true")) == ("completed", True)


def test_giving_an_answer_changes_nothing_of_what_was_shown() -> None:
    story = Story.begun("g gate: human_review, options: [a]", USE)
    assert story.state.open_gates["g"].shown["commands"][0]["text"].startswith("say '{{ run.gate_feedback }}'")
    story.decide("approve", feedback="x", selections=("a",))
    assert story.claim() == ["run_execution_claimed", "start use"]


@pytest.mark.parametrize(
    ("gate", "answer", "markers"),
    [
        pytest.param(
            "options: [now, approved]", {"decision": "approve", "selections": ("now", "approved")}, ["approved", "now"], id="selected"
        ),
        pytest.param("on_reject: continue", {"decision": "reject"}, ["rejected"], id="gg09-rejected"),
        pytest.param("timeout: 1s, on_timeout: continue", None, ["timed_out"], id="gt70-timed-out"),
        pytest.param("timeout: 1s, on_timeout: resume", None, ["approved"], id="taken-as-given"),
    ],
)
def test_the_markers_of_a_gate(gate: str, answer: dict[str, Any] | None, markers: list[str]) -> None:
    story = Story.begun(f"g gate: human_review, {gate}", "x needs: [g], when: 'nodes.g.approved || true'")
    if answer is None:
        story.wait(1000)
    else:
        story.decide(**answer)
    found = scope_for(story.state, "x")["nodes"]["g"]
    words = ("approved", "rejected", "timed_out", "passed", "failed")
    assert (found["markers"], [word for word in words if found[word]]) == (markers, [word for word in words if word in markers])
    assert all(condition_holds(story.state, "x", f'marker("g", "{marker}")') for marker in markers)
    assert not condition_holds(story.state, "x", 'marker("g", "other")')


def test_a_gate_that_timed_out_is_done_and_says_so() -> None:
    story = Story.begun("g gate: human_approval, timeout: 1s, on_timeout: continue", "x needs: [g]")
    story.wait(1000)
    assert (story.state.nodes["g"].status, story.state.settled("g")) == ("timed_out", True)


def test_what_the_reviewer_looked_at_is_in_the_output() -> None:
    story = Story.begun("a artifact: n.json", "g gate: human_approval, needs: [a]")
    story.ok("a", file="n.json")
    story.decide("approve")
    reviewed = story.state.nodes["g"].output["content"]["reviewed_artifact"]
    assert (reviewed["node_id"], reviewed["path"]) == ("a", "n.json")


def test_a_rejection_is_told_to_clean_up_and_to_nobody_else() -> None:
    story = Story.begun("g gate: human_approval", "x needs: [{node: g, until: settled}], when: 'nodes.g.rejected'",
                        last=("t when: 'nodes.g.rejected && marker(\"g\", \"rejected\")'",), top="fail_fast: false")  # fmt: skip
    story.decide("reject", feedback="no")
    said = story.claim()
    assert [word for word in said if word.endswith(("x condition_not_met", "start t"))] == ["skip x condition_not_met", "start t"]


def test_decisions_of_former_versions_are_read_as_they_were_written() -> None:
    story = Story.begun("g gate: human_approval", "x needs: [g], when: 'nodes.g.approved'")
    story.decide("approve")
    story.state.nodes["g"].output = story.state.nodes["g"].output["content"]
    assert scope_for(story.state, "x")["nodes"]["g"]["decision"] == "approve"


NAMED = ("g gate: human_review, name: Pick one", "x needs: [g]")


@pytest.mark.parametrize("name", ["Pick one", "g", "workflow:run-1:g:1", None])
def test_a_gate_is_named_by_its_name_its_node_or_its_request(name: str | None) -> None:
    story = Story.begun(*NAMED)
    assert story.state.open_gates["g"].gate_name == "Pick one"
    assert story.decide("approve", name) == ["decide Pick one approve", "done g"]
    assert (story.decide("reject", name), story.code) == ([], "gate_already_decided")


def test_two_gates_of_one_name_are_two_gates() -> None:
    story = Story.begun("a gate: human_review, name: same", "b gate: human_review, name: same")
    assert (story.decide("approve", "same"), story.code) == ([], "gate_ambiguous")
    assert story.decide("approve", "b") == ["decide same approve", "done b"]
    assert (story.decide("reject", "nobody"), story.code) == ([], "run_gate_missing")
    assert story.decide("approve", "same") == ["decide same approve", "done a"]


@pytest.mark.parametrize(
    "given",
    [{"nonce": "old"}, {"approval_request_id": "workflow:run-1:g:2"}, {"transition_id": "workflow:run-1:g:1:wait"},
     {"gate": "workflow:run-1:g:7"}],
    ids=["nonce", "request", "transition", "named-by-request"],
)  # fmt: skip
def test_ids_of_another_instance_are_refused_and_noted(given: dict[str, Any]) -> None:
    story = Story.begun(*NAMED)
    assert (story.decide("approve", **given), story.code) == (["deny Pick one"], "gate_transition_guard_denied")
    assert story.state.gate_history[-1].decision == "guard_denied"
    right: dict[str, Any] = {
        "approval_request_id": "workflow:run-1:g:1",
        "transition_id": "workflow:run-1:g:1:decision",
        "nonce": "nonce-1",
    }
    assert story.decide("approve", **right) == ["decide Pick one approve", "done g"]


def test_an_open_gate_that_is_reset_with_others_says_so_when_it_opens_again() -> None:
    story = Story.begun("a", "g gate: human_approval, needs: [a]", "h gate: human_approval, needs: [a], rework: [a]")
    story.ok("a")
    assert story.decide("rework", "h") == ["decide h rework"]
    story.claim()
    assert story.ok("a") == ["done a", "reopen g", "ask g @2", "ask h @2", "run_awaiting_approval"]
    assert story.state.closed_gates == {}
