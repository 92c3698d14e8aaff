"""What runs keep under result keys, and what conditions read of it."""

from __future__ import annotations

from attrs import evolve

from actors.node.messages import Said, Success
from actors.run.plan import compile_plan
from tests.actors.run.table import Story, flow


def test_fl50_a_marker_is_read_from_the_result_and_its_absence_skips() -> None:
    nodes = ("detector", """reporter needs: [detector], when: 'marker("detector", "has_issues")'""")
    story = Story.begun(*nodes)
    assert story.ok("detector", {"markers": ["has_issues"], "context": "two"}) == ["done detector", "start reporter"]
    assert [(one.label, one.context, one.markers) for one in story.state.contexts] == [("detector", "two", ("has_issues",))]
    assert Story.begun(*nodes).ok("detector", "nothing")[:2] == ["done detector", "skip reporter condition_not_met"]


def test_the_newest_result_under_a_key_counts_also_where_it_failed() -> None:
    made = flow(
        "one", "two needs: [one], on_fail: continue",
        """three needs: [{node: two, until: settled}], when: 'marker("one", "m")'""",
    )  # fmt: skip
    first, second, third = made.nodes
    plan = compile_plan(evolve(made, nodes=(first, evolve(second, result_key="one", label="One"), third)), "digest")
    story = Story.on(plan)
    story.claim()
    story.ok("one", {"markers": ["m"]})
    assert story.state.results["one"].markers == ("m",)
    assert "skip three condition_not_met" in story.fail("two")
    result = story.state.results["one"]
    assert (result.node_id, result.label, result.status, result.markers, result.error) == ("two", "One", "skipped", (), "boom!")


def test_a_failure_leaves_no_markers() -> None:
    story = Story.begun("a")
    story.fail("a")
    assert story.state.results["a"].status == "failed"
    assert story.state.contexts == []


def test_fl49_a_boolean_is_true_in_any_case() -> None:
    story = Story.begun("a when: 'flag(\"on\")'", top="inputs: {on: {type: boolean}}", inputs={"on": "TRUE"})
    assert list(story.state.executing) == ["a"]


def test_an_agent_without_a_schema_says_its_markers_beside_its_text() -> None:
    made = evolve(flow("a agent: worker, instructions: go", "b agent: worker, instructions: go"), templating="flat")
    story = Story.on(compile_plan(evolve(made, nodes=made.nodes[:2]), "digest"))
    story.claim()
    story.tell("a", Success("Done. …", said=Said(("ready",), "all well")))
    result = story.state.results["a"]
    assert (result.markers, result.context, result.structured_output) == (("ready",), "all well", None)
    story.ok("b", "no block")
    assert story.state.results["b"].context == "no block"


def test_a_gates_decision_is_its_marker() -> None:
    story = Story.begun("g gate: {type: human_approval}", """a needs: [g], when: 'marker("g", "approved")'""")
    story.decide("approve", "g")
    story.claim()
    result = story.state.results["g"]
    assert (result.status, result.markers, list(story.state.executing)) == ("completed", ("approved",), ["a"])
    assert story.state.contexts == []


def test_what_was_selected_at_a_gate_is_told_to_those_after_it() -> None:
    story = Story.begun("g gate: {type: human_approval, options: {now: At once, all: Everything}}")
    story.decide("approve", "g", selections=("now",))
    assert [(one.label, one.context) for one in story.state.contexts] == [("g", "Selected by the reviewer:\n- At once")]
