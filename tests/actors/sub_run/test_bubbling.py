"""What a run leaves to the one whose node began it, within bounds; and what that makes of it."""

from __future__ import annotations

from typing import Any

from actors.flow.results import ContextEntry, Result
from actors.sub_run.bubbling import MOST_BYTES, MOST_ENTRIES, left_by
from tests.actors.run.table import Story
from tests.actors.sub_run.paper import parent


def ended(outputs: dict[str, Any]) -> Story:
    story = Story.begun(*outputs, top="limits: {parallel: 16}")
    for node_id, output in outputs.items():
        story.ok(node_id, output)
    return story


def test_only_what_was_done_is_left() -> None:
    story = ended({"a": {"markers": ["x"], "context": "c", "n": 1}, "b": "plain"})
    story.state.results["c"] = Result("c", "c", "failed", error="boom")
    left = left_by(story.state)
    assert left.results == {
        "a": {"node_id": "a", "label": "a", "status": "completed", "markers": ["x"], "context": "c",
              "structured_output": {"markers": ["x"], "context": "c", "n": 1}},
        "b": {"node_id": "b", "label": "b", "status": "completed", "context": "plain"},
    }  # fmt: skip
    assert ([entry["label"] for entry in left.contexts], left.warning) == (["a", "b"], "")


def test_outputs_that_are_too_large_stay_where_they_are() -> None:
    story = ended({"a": {"text": "x" * MOST_BYTES, "markers": ["big"]}})
    left = left_by(story.state)
    assert (left.results["a"]["markers"], "structured_output" in left.results["a"]) == (["big"], False)
    assert "no structured outputs" in left.warning


def test_only_the_newest_are_left_and_of_endless_markers_nothing() -> None:
    story = ended({"a": "one"})
    story.state.contexts += [ContextEntry(f"n{number}") for number in range(MOST_ENTRIES)]
    left = left_by(story.state)
    assert (len(left.contexts), left.contexts[-1]["label"], "newest" in left.warning) == (MOST_ENTRIES, "n199", True)
    story.state.results["a"] = Result("a", "a", markers=("m" * MOST_BYTES,))
    left = left_by(story.state)
    assert (left.results, left.contexts, "nothing" in left.warning) == ({}, (), True)


def test_it_becomes_the_parents_and_the_node_says_what_was_said_last() -> None:
    made = parent("b", "c needs: [b]", calls={"b": {}})
    left = left_by(ended({"look": {"markers": ["x"], "context": "c"}, "count": {"markers": ["y"], "context": "d"}}).state)
    made.child(1, "completed", left=left)
    state = made.story.state
    assert [(key, result.markers) for key, result in state.results.items()] == [("look", ("x",)), ("count", ("y",)), ("b", ("y",))]
    assert (state.results["b"].context, state.results["b"].child_run_id, state.results["b"].structured_output) == ("d", "child-1", None)
    assert [entry.label for entry in state.contexts] == ["look", "count"]


def test_a_child_that_leaves_nothing_leaves_its_node_without_markers() -> None:
    made = parent("b", calls={"b": {}})
    made.child(1, "completed")
    assert (made.story.state.results["b"].markers, made.story.state.contexts) == ((), [])
