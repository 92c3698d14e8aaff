"""The graph of a run while it is under way: turns, attempts, what has not begun."""

from __future__ import annotations

from typing import Any

from actors.run.graph import run_graph_json
from tests.actors.run.nested import block, branches, leaf, loop, nested, says
from tests.actors.run.table import Story


def rows(story: Story) -> dict[str, dict[str, Any]]:
    return {node["node_id"]: node for node in run_graph_json(story.state)["nodes"]}


def test_each_node_stands_where_the_log_says_and_a_loop_in_its_present_turn() -> None:
    story = nested(loop("l", 'marker("b", "more")', 3, leaf("b"), form="do_while"), branches("p", leaf("x"), min_success=1))
    assert (rows(story)["b"]["status"], rows(story)["l"]["iteration"], rows(story)["l"]["about"]) == (
        "running", 0, 'do while marker("b", "more"), at most 3 turns',
    )  # fmt: skip
    assert not {"iteration", "items", "attempt", "started_at_ms"} & set(rows(story)["p"])
    story.ok("b", says("more"))
    found = rows(story)
    assert (found["l"]["iteration"], found["b"]["instance"], found["b"]["attempt"]) == (1, 2, 1)
    story.ok("b")
    found = rows(story)
    assert (found["l"]["status"], found["x"]["status"], found["x"]["group"]) == ("completed", "running", "p")


def test_what_stands_in_a_skipped_group_is_skipped_and_a_failure_has_its_code() -> None:
    story = nested(block("g", leaf("a"), when='marker("z", "no")'), leaf("b"))
    assert (rows(story)["a"]["status"], rows(story)["a"]["skip_reason"]) == ("skipped", "condition_not_met")
    story.fail("b", "boom")
    graph = run_graph_json(story.state)
    assert (graph["run_id"], graph["status"], rows(story)["b"]["error"]) == ("run-1", "failed", "boom")
