"""A run's share in learning, on paper: what its log says of it, and what the record, the report and `why` make of that."""

from __future__ import annotations

from actors.learning.record import Metrics
from actors.learning.run_events import LearningFinalized, LearningsInjected, LearningSkipped
from actors.run.evolve import evolve
from actors.run.report import markdown_report, report_json
from actors.run.status import status_of
from actors.run.view import run_json
from actors.run.why import reasons
from tests.actors.run.table import Story


def told(story: Story) -> list[str]:
    return [one["code"] for one in reasons(story.state, None, story.now)]


def test_l45_what_a_run_was_told_and_has_taught_adds_up_and_stands_everywhere() -> None:
    story = Story.begun("a agent: writer, instructions: write", "b needs: [a]")
    assert (run_json(story.state).get("learning_summary"), status_of(story.state)["learning_summary"]) == (None, None)
    assert "learnings_told" not in told(story)
    evolve(story.state, LearningsInjected("a", 1, ("y", "z")), story.now)
    evolve(story.state, LearningsInjected("a", 2, ("z", "w")), story.now)
    before, status = story.state.updated_at_ms, story.state.status
    story.state.untaught = True
    evolve(story.state, LearningFinalized(("x",), Metrics(3), ()), story.now)
    evolve(story.state, LearningFinalized(("x", "v"), Metrics(1), ()), story.now)
    summary = status_of(story.state)["learning_summary"]
    assert summary == run_json(story.state)["learning_summary"]
    assert summary["generated_learning_ids"] == ("x", "v")
    assert summary["injected_learning_ids"] == summary["approved_learning_ids_considered"] == ("y", "z", "w")
    assert summary["post_run_metrics"]["sample_size"] == 1
    assert (story.state.untaught, story.state.status, story.state.updated_at_ms) == (False, status, before)
    assert "learnings_told" in told(story)
    report = report_json(story.state, ())
    assert "## Learnings\n\n- told of `y`\n- told of `z`\n" in markdown_report(report, "now")


def test_an_ending_of_which_nothing_can_be_learned_is_looked_at_once() -> None:
    story = Story.begun("a")
    story.state.untaught = True
    evolve(story.state, LearningSkipped("workflow_version_missing"), story.now)
    assert (story.state.untaught, story.state.learning) == (False, None)
