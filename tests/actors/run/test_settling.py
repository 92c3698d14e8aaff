"""How a run ends, what it hands out, and facts that only the registrar or a restart appends."""

from __future__ import annotations

from typing import Any

import pytest

from actors.run import events as run
from actors.run.ending import LARGEST_OUTPUT
from actors.run.evolve import evolve, fold
from actors.run.new_state import new_state
from tests.actors.run.table import Story

OUT = "output: {answer: '{{ nodes.a.output }}', who: '{{ inputs.who }}'}\ninputs: {who: {type: string}}"


def test_without_an_output_a_completed_run_hands_out_nothing() -> None:
    story = Story.begun("a")
    story.ok("a", 7)
    assert (story.state.status, story.state.output, story.state.detail) == ("completed", None, {"code": "run_completed"})


def test_the_workflows_output_is_rendered_with_types_kept() -> None:
    story = Story.begun("a", top=OUT, inputs={"who": "Anna"})
    story.ok("a", [1, {"x": None}])
    assert story.state.output == {"answer": [1, {"x": None}], "who": "Anna"}


def test_an_output_that_cannot_be_rendered_fails_the_run() -> None:
    story = Story.begun("a", top="output: {x: '{{ nodes.a.output.x.y }}'}")
    assert story.ok("a", {"x": 1}) == ["done a", "run_failed output_reference_failed"]
    assert story.state.detail is not None
    assert "nodes.a.output.x.y" in story.state.detail["text"]


@pytest.mark.parametrize(("size", "ending"), [(LARGEST_OUTPUT - 8, "run_completed"), (LARGEST_OUTPUT - 7, "run_failed output_too_large")])
def test_an_output_that_is_too_large_fails_the_run(size: int, ending: str) -> None:
    story = Story.begun("a", top="output: {x: '{{ nodes.a.output }}'}")
    assert story.ok("a", "z" * size) == ["done a", ending]


def test_an_artifact_is_readable_in_the_output() -> None:
    story = Story.begun("a artifact: notes.json", top="output: {path: '{{ nodes.a.artifact.path }}'}")
    story.ok("a", file="notes.json")
    assert story.state.output == {"path": "notes.json"}


def test_a_run_that_left_a_node_undone_never_says_that_it_is_complete() -> None:
    story = Story.begun("a", "b")
    story.state.body.take("b")  # as no rule does
    assert story.ok("a") == ["done a", "run_failed flow_deadlock"]


def test_finished_at_is_the_first_ending() -> None:
    story = Story.begun("a")
    story.now = 5000
    story.ok("a")
    story.now = 9000
    story.do(lambda turn: turn.emit(run.ReportWritten(path="/r")))
    assert (story.state.finished_at_ms, story.state.updated_at_ms, story.state.report_path) == (5000, 9000, "/r")


def test_time_under_way_is_counted_over_all_claims() -> None:
    story = Story.begun("a")
    story.now = 3000
    assert story.state.active_time_ms(story.now) == 2000
    story.pause()
    story.now = 9000
    story.resume()
    story.claim()
    story.now = 9500
    assert (story.state.active_ms, story.state.active_time_ms(story.now)) == (2000, 2500)
    assert story.state.active_time_ms(0) == 2000  # a clock that went back takes nothing away


def test_an_ending_leaves_no_attempt_under_way() -> None:
    story = Story.begun("a")
    story.do(lambda turn: turn.emit(run.RunFailedPanic(message="the actor died")))
    assert (story.state.executing, story.state.nodes["a"].status, story.state.nodes["a"].excused) == ({}, "pending", 1)
    assert (story.state.detail, story.state.stop_kind) == ({"code": "run_task_panicked", "text": "the actor died"}, "panic")
    story.retry("a")
    assert story.claim() == ["run_execution_claimed", "start a @2"]


def test_a_log_that_cannot_be_folded_blocks_the_run() -> None:
    story = Story.begun("a")
    story.do(lambda turn: turn.emit(run.RunBlockedCorruptCheckpoint(message="event 3")))
    assert (story.state.status, story.state.detail) == ("blocked", {"code": "checkpoint_recovery_failed", "text": "event 3"})
    assert story.state.last_failure == {
        "node_id": "checkpoint", "reason": "event 3", "failed_at_ms": 1000, "failure_kind": "checkpoint_recovery_failed",
    }  # fmt: skip


@pytest.mark.parametrize("fact", [run.RunInterruptedShutdown(), run.RunPauseRequested(reason="x")])
def test_facts_for_readers_change_nothing_but_the_position(fact: Any) -> None:
    story = Story.begun("a")
    before = (story.state.seq, story.state.status, dict(story.state.executing))
    evolve(story.state, fact, 1234)
    assert (story.state.seq, story.state.status, dict(story.state.executing)) == (before[0] + 1, *before[1:])
    assert story.state.updated_at_ms == 1234


def test_a_second_start_keeps_the_first_time() -> None:
    story = Story.begun("a")
    evolve(story.state, run.RunStarted(), 9000)
    assert story.state.started_at_ms == 1000


def test_the_newest_events_are_remembered_for_the_report() -> None:
    story = Story.begun("a", *(f"n{i} needs: [{f'n{i - 1}' if i else 'a'}]" for i in range(12)))
    story.ok("a")
    for i in range(12):
        story.ok(f"n{i}")
    assert [seq for seq, _, _ in story.state.recent] == list(range(story.state.seq - 20, story.state.seq + 1))
    assert story.state.recent[-1] == (story.state.seq, "run_completed", 1000)


def test_folding_a_log_gives_the_state_that_wrote_it() -> None:
    story = Story.begun("a", "b needs: [a]")
    story.ok("a", 1)
    again = fold(new_state("run-1", story.plan), story.log)
    assert (again.seq, again.status, again.nodes["a"].output, list(again.executing)) == (6, "running", 1, ["b"])


def test_a_reset_forgets_the_back_off_the_handler_and_the_failure_in_clean_up() -> None:
    story = Story.begun("a", last=("t on_fail: {command: [x]}",))
    story.fail("a")
    story.fail("t")
    assert (story.state.tail_failures, list(story.state.executing)) == (["t"], ["t.on_fail"])
    story.pause()
    story.retry("a")
    assert (story.state.tail_failures, story.state.handlers, story.state.failures, story.state.section) == ([], {}, [], "body")
    assert story.state.nodes["t.on_fail"].instance == 2
