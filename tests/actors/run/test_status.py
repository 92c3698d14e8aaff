"""What the status file of a run says of its nodes, in agreement with the record that is asked for."""

from __future__ import annotations

from actors.run.events import RunCompleted
from actors.run.status import status_of
from actors.run.view import run_json
from tests.actors.run.table import Story

REPORT = "contract: {kind: report}"


def lists(story: Story) -> tuple[list[str], list[str], list[str]]:
    """Completed, pending and blocked nodes."""
    found = status_of(story.state)
    assert found["blocked_nodes"] == run_json(story.state)["blocked_nodes"]
    return found["completed_nodes"], found["pending_nodes"], found["blocked_nodes"]


def test_what_is_done_stands_in_the_order_of_its_end_and_the_rest_in_flow_order() -> None:
    story = Story.begun("c", "a", "b needs: [c]", "d needs: [b]", top="limits: {parallel: 2}")
    story.now += 1
    story.ok("a")
    assert lists(story) == (["a"], ["c", "b", "d"], ["b", "d"])
    story.now += 1
    story.ok("c")
    assert lists(story) == (["a", "c"], ["b", "d"], ["d"])


def test_a_node_that_is_blocked_by_its_output_is_blocked_with_all_behind_it_and_nothing_of_it_is_to_come() -> None:
    story = Story.begun(f"a {REPORT}", "b needs: [a]")
    story.ok("a", {"status": "blocked"})
    assert lists(story) == ([], [], ["a", "b"])


def test_what_a_barrier_holds_is_blocked() -> None:
    builder = "metadata: {{builder: {{phase_id: {}}}}}"
    story = Story.begun(
        f"a {builder.format('p1')}", f"b {builder.format('p2')}",
        top="metadata: {mission: {phases: [{phase_id: p1, execution_mode: barrier}, {phase_id: p2}]}}",
    )  # fmt: skip
    assert lists(story) == ([], ["a", "b"], ["b"])


def test_what_ended_with_its_run_is_not_to_come() -> None:
    story = Story.begun("a", "b", "c needs: [a]", top="fail_fast: true")
    story.fail("a")
    assert (lists(story), status_of(story.state)["last_failure"]["node_id"]) == (([], [], []), "a")


def test_a_need_of_any_ending_is_met_by_a_failure() -> None:
    story = Story.begun("a", "b needs: [{node: a, until: settled}]", "c needs: [a]")
    story.fail("a")
    assert lists(story) == ([], ["b", "c"], ["c"])


def test_nothing_of_a_dry_run_is_to_come() -> None:
    story = Story.of("a", "b needs: [a]")
    story.state.trigger_type = "manual_dry_run"
    story.do(lambda turn: turn.emit(RunCompleted(output={"nodes": []})), go_on=False)
    assert lists(story) == ([], [], [])
