"""Quality gates: what they find, and what follows."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.gate.quality import NotJudged, judge
from actors.run.plan import compile_plan
from actors.run.scope import scope_for
from actors.workflow.spec import Gate
from tests.actors.run.table import Story, flow, plan_of

PASSED = ["done src", "decide q pass", "done q", "start next"]


def judged(output: Any, keys: str = "threshold: 80", top: str = "") -> tuple[Story, list[str]]:
    story = Story.begun(
        "src", f"q gate: quality, needs: [src], source: src, {keys}", "next needs: [q], when: 'has(nodes.q.markers)'", top=top
    )
    return story, story.ok("src", output)


def record(story: Story) -> dict[str, Any]:
    """What the gate found, wherever it is told."""
    node = story.state.nodes["q"]
    found = node.output["content"] if node.output is not None else dict(node.error.detail) if node.error is not None else {}
    known = ("confidence", "threshold", "result", "defaulted_reason", "proceeded", "check", "schema_errors")
    return {name: found[name] for name in known if name in found}


def test_confidence_at_or_above_the_threshold_passes_gt75() -> None:
    story, said = judged({"confidence": 90})
    assert said == PASSED
    assert record(story) == {"confidence": 90, "threshold": 80, "result": "pass", "proceeded": True}
    assert [(one.decision, one.decided_by, one.instance) for one in story.state.gate_history] == [("pass", "quality_gate", 1)]
    seen = scope_for(story.state, "next")["nodes"]["q"]
    assert (seen["markers"], seen["passed"], seen["failed"]) == (["passed"], True, False)


def test_below_it_the_node_fails_or_the_run_goes_on_with_a_marker_gt76() -> None:
    story, said = judged({"confidence": 60})
    assert said == ["done src", "decide q fail", "fail q quality_below_threshold not_retryable", "run_failed nodes_failed"]
    assert record(story) == {"confidence": 60, "threshold": 80, "result": "fail", "proceeded": False}
    story, said = judged({"confidence": 50}, "threshold: 80, on_fail: continue")
    assert said == ["done src", "decide q fail", "done q", "start next"]
    seen = scope_for(story.state, "next")["nodes"]["q"]
    assert (seen["markers"], seen["failed"], record(story)["proceeded"]) == (["failed"], True, True)


def test_a_source_without_a_result_gt77() -> None:
    story = Story.begun("src when: '1 == 2'", "q gate: quality, needs: [src], source: src, threshold: 0")
    error = story.state.nodes["q"].error
    assert error is not None
    assert (error.code, error.detail, story.state.gate_history) == ("quality_source_missing", {"source": "src"}, [])


@pytest.mark.parametrize(
    ("output", "confidence", "reason"),
    [
        pytest.param({"confidence": 100}, 100, None, id="best"), pytest.param({"confidence": 250}, 100, None, id="capped"),
        pytest.param({"confidence": 80.9}, 80, None, id="truncated"), pytest.param({"confidence": -3}, 0, None, id="negative"),
        pytest.param({"confidence": -0.5}, 0, None, id="negative-fraction"), pytest.param({"confidence": 1e300}, 100, None, id="huge"),
        pytest.param({"confidence": "85"}, 0, "confidence_missing", id="text"),
        pytest.param({"confidence": True}, 0, "confidence_missing", id="true"), pytest.param({}, 0, "confidence_missing", id="no-key"),
        pytest.param([85], 0, "confidence_missing", id="list"), pytest.param(None, 0, "structured_output_absent", id="nothing"),
        pytest.param("fine", 0, "structured_output_absent", id="plain-text"),
        pytest.param("{fine", 0, "structured_output_unparsable", id="broken"), pytest.param('{"confidence": 7}', 7, None, id="json-text"),
    ],
)  # fmt: skip
def test_the_confidence_that_is_found(output: Any, confidence: int, reason: str | None) -> None:
    story, _ = judged(output, "threshold: 0")
    found = record(story)
    assert (found["confidence"], found.get("defaulted_reason"), found["result"]) == (confidence, reason, "pass")


def test_why_there_is_no_confidence_is_said_where_it_is_too_low() -> None:
    story, _ = judged({}, "threshold: 1")
    error = story.state.nodes["q"].error
    assert error is not None
    assert (error.failure_class, "confidence_missing" in error.message) == ("contract_miss", True)


@pytest.mark.parametrize(
    ("output", "keys", "code"),
    [
        pytest.param({"n": 3}, "check: 'output.n > 2'", None, id="holds"),
        pytest.param({"n": 2}, "check: 'output.n > 2'", "quality_check_failed", id="does-not-hold"),
        pytest.param({}, "check: 'output.n > 2'", "quality_check_failed", id="cannot-be-evaluated"),
        pytest.param(None, "check: 'output.n > 2'", "quality_check_failed", id="no-output"),
        pytest.param({"n": 3}, "check: 'output.n > run.attempt && nodes.src.output.n == 3'", None, id="beside-other-facts"),
        pytest.param({"n": 3}, "schema: {type: object, required: [n]}", None, id="fits"),
        pytest.param({}, "schema: {type: object, required: [n]}", "quality_schema_unmet", id="does-not-fit"),
        pytest.param(None, "schema: true", "quality_schema_unmet", id="nothing-fits-nowhere"),
        pytest.param({}, "schema: note", "quality_schema_unmet", id="by-name"),
        pytest.param({"n": 1, "confidence": 1}, "threshold: 2, check: 'output.n > 2'", "quality_below_threshold", id="first-reason-counts"),
    ],
)
def test_a_condition_and_a_schema(output: Any, keys: str, code: str | None) -> None:
    story, said = judged(output, keys, "schemas: {note: {required: [n]}}")
    error = story.state.nodes["q"].error
    assert (error.code if error is not None else None) == code
    assert ("decide q pass" in said) == (code is None)


def test_everything_that_it_wants_is_recorded() -> None:
    story, _ = judged(
        {"confidence": 9}, "threshold: 5, check: 'output.n > 2', schema: note, on_fail: continue", "schemas: {note: {required: [n]}}"
    )
    found = record(story)
    assert (found["check"], len(found["schema_errors"]), found["result"]) == (False, 1, "fail")
    assert found["schema_errors"][0].startswith("$.n: ")


def test_a_gate_about_a_gate() -> None:
    story = Story.begun(
        "ask gate: human_review, options: [a, b, c]",
        "q gate: quality, needs: [ask], source: ask, check: 'size(output.selections) == 2'", "next needs: [q]",
    )  # fmt: skip
    assert story.decide("approve", selections=("a", "c")) == ["decide ask approve", "done ask"]
    assert story.claim() == ["run_execution_claimed", "decide q pass", "done q", "start next"]


@pytest.mark.parametrize("keys", [{"source": None}, {"threshold": None}], ids=["source", "threshold"])
def test_a_model_without_what_it_needs_is_not_judged(keys: dict[str, Any]) -> None:
    workflow = flow("src", "q gate: quality, needs: [src], source: src, threshold: 1")
    gate = workflow.nodes[1].action
    assert isinstance(gate, Gate)
    nodes = (workflow.nodes[0], evolve(workflow.nodes[1], action=evolve(gate, **keys)))
    story = Story.on(compile_plan(evolve(workflow, nodes=nodes), "digest"))
    story.claim()
    assert story.ok("src", {"confidence": 1})[1] == "fail q quality_gate_config_missing not_retryable"


def test_a_verdict_holds_for_the_bytes_that_it_was_about() -> None:
    story = Story.begun("src artifact: a.json", "q gate: quality, needs: [src], source: src, threshold: 1", "hold", "use needs: [q, hold]",
                        top="limits: {parallel: 2}")  # fmt: skip
    assert story.ok("src", {"confidence": 5}, file="a.json") == ["done src", "decide q pass", "done q"]
    story.evidence = {"src": "ff" * 32}
    assert story.ok("hold") == ["done hold", "reopen q", "decide q pass", "done q", "start use @2"]
    assert [one.instance for one in story.state.gate_history] == [1, 2]


def test_a_source_that_the_plan_does_not_know_has_no_result() -> None:
    story = Story.on(plan_of("a"))
    found = judge(story.state, "q", Gate("quality_gate", source="nobody", threshold=1))
    assert isinstance(found, NotJudged)
    assert found.code == "quality_source_missing"
