"""What a run's summary counts, and what its attempts have used together."""

from __future__ import annotations

from typing import Any

from actors.node.events import NodeFailed, NodeStarted
from actors.node.messages import Failure, Outcome, Usage
from actors.run.outcomes import on_outcomes
from actors.run.summary import metrics_json, summary_json
from actors.workflow.spec import Gate, Node, OnFail, RetryPolicy
from tests.actors.run.nested import block, branches, leaf, loop, nested, says
from tests.actors.run.table import Story


def rows(story: Story) -> list[tuple[Any, ...]]:
    return [(row["label"], row["short"], row["iteration"], row["never_executed"]) for row in summary_json(story.state)["attempts"]]


def counts(story: Story) -> list[int]:
    summary = summary_json(story.state)
    return [summary[word] for word in ("total", "completed", "failed", "skipped", "timed_out")]


def test_every_attempt_is_an_entry_of_its_own_in_each_turn() -> None:
    story = nested(
        leaf("a", retry=RetryPolicy(max_attempts=3, classes=("*",))),
        loop("l", 'marker("b", "more")', 3, leaf("b"), form="do_while"),
        block("g", leaf("c"), when='marker("b", "more")'),
    )
    story.fail("a", "boom")
    story.fail("a", "node_absolute_timeout", "timeout")
    assert rows(story)[-1] == ("a", "...", 0, False)
    story.ok("a")
    story.ok("b", says("more"))
    story.ok("b", says())
    assert rows(story) == [
        ("a", "FAIL", 0, False), ("a", "tout", 0, False), ("a", "ok", 0, False), ("b", "ok", 0, False), ("b", "ok", 1, False),
        ("g", "skip", 0, False),
    ]  # fmt: skip
    assert (counts(story), summary_json(story.state)["success"]) == ([6, 3, 1, 1, 1], True)
    assert "error" not in summary_json(story.state)


def test_a_failure_that_is_passed_over_leaves_its_attempts_and_no_entry_beside_them() -> None:
    story = nested(leaf("a", on_fail=OnFail("continue")), leaf("b"), leaf("c"))
    story.fail("a")
    story.fail("b", "boom")
    summary = summary_json(story.state)
    assert rows(story) == [("a", "FAIL", 0, False), ("b", "FAIL", 0, False), ("c", "skip", 0, False)]
    assert (summary["success"], summary["error"]) == (False, {"code": "nodes_failed", "node_ids": ["b"], "message": "boom!"})


def test_what_never_began_and_what_was_cut_off_are_told_apart() -> None:
    story = nested(branches("p", leaf("a"), leaf("b")), fail_fast=True)
    story.do(lambda turn: turn.emit(NodeFailed("a", "schema_not_found", "configuration", attempt=0)), go_on=False)
    assert ("a", "FAIL", 0, False) in rows(story), "it had begun"
    story = nested(leaf("z"), leaf("a"))
    story.do(lambda turn: turn.emit(NodeFailed("a", "schema_not_found", "configuration", attempt=0)), go_on=False)
    assert rows(story) == [("z", "...", 0, False), ("a", "FAIL", 0, True)]
    story.stop("z", "paused")
    assert rows(story)[0] == ("z", "stop", 0, False)


def test_a_gate_that_is_answered_is_an_entry_without_an_attempt() -> None:
    story = nested(Node("ask", Gate()), leaf("a"))
    assert rows(story) == []
    story.decide("approve", "ask")
    story.claim()
    assert rows(story) == [("ask", "ok", 0, False), ("a", "...", 0, False)]


def test_a_node_that_begins_again_without_a_word_of_its_end_was_cut_off() -> None:
    story = nested(leaf("a"))
    story.do(lambda turn: turn.emit(NodeStarted("a", 2)), go_on=False)
    assert [row.status for row in story.state.attempts.rows] == ["interrupted", "running"]


def test_totals_count_every_attempt_those_that_failed_too_and_times_side_by_side() -> None:
    story = nested(branches("p", leaf("a", retry=RetryPolicy(max_attempts=2, classes=("*",))), leaf("b")))
    story.now += 2_000
    used = Usage(10, 5, 0.25, turns=1, cached_tokens=4, stored_tokens=3, model="m")
    failed = Outcome("a", story.state.token("a"), Failure("boom", "boom!", "execution_error"), used)
    story.do(lambda turn: on_outcomes(turn, [failed]))
    story.now += 1_000
    story.ok("a")
    story.ok("b")
    assert metrics_json(story.state) == {
        "total_input_tokens": 10, "total_output_tokens": 5, "total_cache_read_input_tokens": 4, "total_cache_creation_input_tokens": 3,
        "total_turns": 1, "total_cost_usd": 0.25, "model": "m", "total_duration_ms": 2_000 + 1_000 + 3_000, "has_llm_metrics": True,
    }  # fmt: skip


def test_a_run_without_models_has_no_metrics_of_models() -> None:
    metrics = metrics_json(nested(leaf("a")).state)
    assert (metrics["has_llm_metrics"], metrics["model"]) == (False, None)


def test_the_model_of_totals_is_the_last_one_that_was_asked_and_a_difference_keeps_it_where_there_is_one() -> None:
    first, second = Usage(3, turns=1, model="a"), Usage(4, turns=1, model="b")
    assert (first + second + Usage(tool_calls=1)).model == "b"
    assert (second + first - second, first - first) == (Usage(3, turns=1, model="a"), Usage())


def test_of_very_many_attempts_the_newest_stand_in_the_summary() -> None:
    story = nested(leaf("a"))
    story.state.attempts.rows *= 501
    assert (len(summary_json(story.state)["attempts"]), summary_json(story.state)["omitted"]) == (500, 1)
