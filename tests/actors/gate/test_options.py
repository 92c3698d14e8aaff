"""Options that an earlier node names: which there are when the gate opens, and why there may be none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors.run.table import Story

FLOW = ("plan output: json", "pick gate: human_review, needs: [plan], options: plan.targets", "use needs: [pick]")


def opened(output: Any, *nodes: str) -> tuple[Story, list[str]]:
    story = Story.begun(*(nodes or FLOW))
    return story, story.ok("plan", output)


@pytest.mark.parametrize(
    ("targets", "options", "dropped"),
    [
        pytest.param({"x": "X", "n": 1}, [("x", "X")], ("n",), id="gt73-object"),
        pytest.param(["p", "q"], [("p", "p"), ("q", "q")], (), id="gt74-list"),
        pytest.param(["p", 5, "", "p", {"k": "v" * 99}], [("p", "p")], ("5", "", '{"k": "' + "v" * 73 + "…"), id="list-of-all-sorts"),
        pytest.param({"b": "B", "a": "A"}, [("b", "B"), ("a", "A")], (), id="in-its-own-order"),
    ],
)
def test_the_source_names_the_options(targets: Any, options: list[tuple[str, str]], dropped: tuple[str, ...]) -> None:
    story, _ = opened({"targets": targets})
    gate = story.state.open_gates["pick"]
    assert [(option["value"], option["label"]) for option in gate.shown["options"]] == options
    assert gate.dropped_options == dropped


@pytest.mark.parametrize(
    ("output", "code"),
    [
        pytest.param({"targets": 5}, "gate_options_not_a_map", id="gt74-number"),
        pytest.param({}, "gate_options_not_a_map", id="no-field"),
        pytest.param(["targets"], "gate_options_not_a_map", id="no-object"),
        pytest.param({"targets": {"n": 1}}, "gate_options_empty", id="nothing-left"),
        pytest.param(None, "gate_options_no_structured_output", id="no-output"),
        pytest.param("targets", "gate_options_no_structured_output", id="plain-text"),
        pytest.param('{"targets": ', "gate_options_unparsable", id="broken-json"),
    ],
)
def test_without_options_the_gate_fails_before_it_opens(output: Any, code: str) -> None:
    story, said = opened(output)
    assert said[:2] == ["done plan", f"fail pick {code} not_retryable"]
    error = story.state.nodes["pick"].error
    assert error is not None
    assert (error.failure_class, error.detail["step"], story.state.gate_history) == ("configuration", "plan", [])


def test_text_that_is_json_will_do() -> None:
    story, _ = opened('  {"targets": ["p"]}')
    assert story.state.open_gates["pick"].shown["options"] == [{"label": "p", "value": "p"}]


def test_a_source_that_was_skipped_has_no_result() -> None:
    story = Story.begun("plan when: '1 == 2'", *FLOW[1:])
    assert story.state.nodes["pick"].error is not None
    assert story.state.nodes["pick"].error.code == "gate_options_no_result"


def test_what_was_selected_can_be_narrowed_by_the_next_gate() -> None:
    story, _ = opened(
        {"targets": ["p", "q", "r"]}, *FLOW[:2], "again gate: human_review, needs: [pick], options: pick.selections", "use needs: [again]",
    )  # fmt: skip
    story.decide("approve", "pick", selections=("r", "p"))
    story.claim()
    assert [option["value"] for option in story.state.open_gates["again"].shown["options"]] == ["p", "r"]


def test_a_payload_that_came_may_name_them() -> None:
    story = Story.begun("w wait: {signal: s}", "pick gate: human_review, needs: [w], options: w.targets")
    story.signal("s", {"targets": ["p"]})
    story.claim()
    assert story.state.open_gates["pick"].shown["options"] == [{"label": "p", "value": "p"}]


def test_a_selection_is_told_to_later_nodes_by_its_labels() -> None:
    story, _ = opened({"targets": {"x": "The X", "y": "The Y"}})
    story.decide("approve", selections=("The Y", "x"))
    content = story.state.nodes["pick"].output["content"]
    assert (content["selections"], content["context"]) == (["x", "y"], "Selected by the reviewer:\n- The X\n- The Y")
