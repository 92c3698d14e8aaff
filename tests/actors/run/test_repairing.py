"""A run goes on with another definition of a node: what is done anew, what is kept, and what cannot be repaired so."""

from __future__ import annotations

from actors.run.requests import Repair
from storage.records import Append
from tests.actors.run.table import ANNA, Story, plan_of

GATE = "g gate: human_approval"


def told(story: Story, *nodes: str, top: str = "", node: str = "b") -> list[str]:
    """Repair `node` with a version of these nodes."""
    story.state.plans = {"new": plan_of(*nodes, top=top), "digest": story.plan}.__getitem__
    return story.operate(Repair(ANNA, node, 2, "new", (Append("workflow/paper", 1),)))


def failed() -> Story:
    story = Story.begun("a", "b needs: [a]", "c needs: [b]")
    story.ok("a", "kept")
    story.fail("b")
    return story


def test_the_node_and_all_behind_it_begin_anew_as_the_new_version_says() -> None:
    story = failed()
    assert told(story, "a", "b needs: [a], retry: {max_attempts: 2}", "c needs: [b]") == ["repaired b 2"]
    assert story.answer == {"node_id": "b", "reset_nodes": ["b", "c"], "version": 2, "digest": "new"}
    state = story.state
    assert (state.version, state.digest, state.detail) == (2, "new", {"code": "repaired_by_operator", "node_id": "b"})
    assert (state.nodes["a"].output, state.nodes["b"].instance) == ("kept", 2)
    assert [append.stream for append in story.also] == ["workflow/paper"]
    assert story.claim() == ["run_execution_claimed", "start b @2"]
    assert story.fail("b") == ["fail b boom retry_allowed", "start b.2 @2"]


def test_nodes_that_are_new_are_done_and_those_that_are_gone_are_forgotten() -> None:
    story = Story.begun("a", "b needs: [a]", "w wait: {timer: 1h}", GATE, "d needs: [w]", top="limits: {parallel: 4}")
    story.ok("a")
    story.fail("b")
    assert story.state.status == "failed"
    assert told(story, "a", "n needs: [a]", "b needs: [n]") == ["repaired b 2"]
    assert story.statuses() == {"a": "completed", "n": "pending", "b": "pending"}
    assert (story.state.waits, story.state.open_gates, story.state.failures) == ({}, {}, [])
    assert story.claim() == ["run_execution_claimed", "start n"]
    story.ok("n")
    assert story.ok("b") == ["done b", "run_completed"]


def test_what_is_open_in_a_held_run_stays_open_unless_it_is_gone() -> None:
    story = Story.begun("b retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 1h}}", GATE, "h gate: human_approval")
    story.fail("b")
    story.pause()
    told(story, "b", GATE)
    assert (list(story.state.open_gates), story.state.backoffs) == (["g"], {})


def test_a_version_with_a_role_that_nobody_has_is_no_repair() -> None:
    story = failed()
    told(story, "a", "b agent: writer, instructions: x, needs: [a]")
    assert (story.code, story.state.status) == ("repair_version_conflict", "failed")


def test_other_failures_stay_as_they_are() -> None:
    story = Story.begun("a", "b", top="fail_fast: false\nlimits: {parallel: 2}")
    story.fail("a")
    story.fail("b")
    told(story, "a", "b")
    story.claim()
    assert story.ok("b") == ["done b", "run_failed nodes_failed"]


def test_new_inputs_get_their_defaults() -> None:
    story = failed()
    told(story, "a", "b needs: [a]", "c needs: [b]", top="inputs: {who: {default: Anna}}")
    assert story.state.inputs == {"who": "Anna"}


def test_what_cannot_be_repaired() -> None:
    story = failed()
    assert (told(story, "b"), story.code) == ([], "repair_version_conflict")
    assert "a. Put them back" in str(story.answer)
    needs_more = "inputs: {who: {type: string, required: true}}"
    assert (told(story, "a", "b needs: [a]", "c needs: [b]", top=needs_more), story.code) == ([], "repair_version_conflict")
    assert (told(story, "a", "b", node="x"), story.code) == ([], "node_not_found")
    assert (story.operate(Repair(ANNA, "b", 1, "digest")), story.code) == ([], "repair_changes_nothing")
    story = Story.begun("a", "b")
    assert (told(story, "a", "b"), story.code) == ([], "run_not_repairable")
