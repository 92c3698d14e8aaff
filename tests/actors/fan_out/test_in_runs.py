"""For-each nodes in the story of a run: how they begin, go on, are held, ended, retried, and what they hand back (FL80 to FL89, FL131)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.node.messages import Failure, Success
from actors.run.fanning import items_of
from actors.run.orders import Folders, work_order
from actors.run.plan import compile_plan
from actors.workflow.spec import Foreach, OnFail
from storage.codec import canonical, loads_strict
from tests.actors.fan_out.tale import COMMAND, ITEMS, LIST, RULES, Tale, World
from tests.actors.run.table import Story, flow


def test_fl80_items_run_one_after_the_other() -> None:
    tale = Tale.of()
    assert tale.begin() == "start:each =3 +t1"
    assert tale.end("t1") == ".t1 +t2"
    assert tale.end("t2") == ".t2 +t3"
    assert tale.end("t3", last_output={"value": 3}) == ".t3 done:each start:after"
    assert tale.node.output["items"] == [
        {"item_id": "t1", "status": "completed", "output": None}, {"item_id": "t2", "status": "completed", "output": None},
        {"item_id": "t3", "status": "completed", "output": {"value": 3}},
    ]  # fmt: skip
    assert tale.node.used.tool_calls == 3
    assert tale.story.state.children == {}
    assert len(tale.story.also) == 3


def test_fl81_a_halt_lets_nothing_more_go_out() -> None:
    tale = Tale.of(evolve(LIST, on_child_fail="halt"))
    tale.begin()
    assert tale.end("t1", "failed", code="nodes_failed") == "-t1 fail:each:fan_out_items_failed:not_retryable run_failed:nodes_failed"
    assert tale.stand == "failed pending pending"


def test_fl82_a_failure_lets_the_others_go_on() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=3))
    assert tale.begin() == "start:each =3 +t1 +t2 +t3"
    assert tale.end("t2", "failed", code="nodes_failed") == "-t2"
    assert tale.end("t1") == ".t1"
    assert tale.end("t3") == ".t3 fail:each:fan_out_items_failed:not_retryable run_failed:nodes_failed"
    error = tale.node.error
    assert (error.detail["failed"], error.detail["total"]) == (1, 3)
    assert error.detail["context"] == "fan-out each over list: 2 completed, 1 failed, 0 skipped, 3 in all"
    assert error.detail["items"][1] == {"item_id": "t2", "status": "failed", "output": {"run_id": "t2"}}


def test_fl84_what_a_command_finds_goes_out_in_its_order() -> None:
    tale = Tale.of(COMMAND)
    tale.story.state.inputs = {"label": "ready"}
    assert tale.begin() == "start:each"
    order = work_order(tale.story.state, "each", Folders("/run", "/work"), RULES)
    assert not isinstance(order, Failure)
    action: Any = order.action
    assert (action.argv, action.env) == (("find", "--all"), {"TOKEN": "t"})
    assert loads_strict(action.stdin.encode()) == {
        "run_id": "run-1", "node_id": "each", "attempt": 1, "ordered": True, "scope": {"label": "ready"}, "filter": {"state": "open"},
    }  # fmt: skip
    assert tale.answer(items=ITEMS, edges=[["t1", "t2"], ["t2", "t3"]]) == "=3 +t1"
    assert tale.end("t1") == ".t1 +t2"
    assert tale.end("t2") == ".t2 +t3"
    assert tale.end("t3") == ".t3 done:each start:after"


def test_a_question_without_scope_and_filter_says_so() -> None:
    tale = Tale.of(evolve(COMMAND, scope=None, filter=None))
    tale.begin()
    order: Any = work_order(tale.story.state, "each", Folders("/run", "/work"), RULES)
    asked = loads_strict(order.action.stdin.encode())
    assert (asked["scope"], asked["filter"]) == (None, None)


def test_dependents_of_a_failure_are_skipped_and_alone_fail_nothing_more() -> None:
    tale = Tale.of(evolve(COMMAND, scope=None, on_child_fail="skip_dependents"))
    tale.begin()
    assert tale.answer(items=ITEMS, edges=[["t1", "t2"], ["t2", "t3"]]) == "=3 +t1"
    assert tale.end("t1", "failed") == "-t1 ~t2 ~t3 fail:each:fan_out_items_failed:not_retryable run_failed:nodes_failed"
    assert tale.stand == "failed skipped skipped"


def test_fl86_nothing_found_is_done() -> None:
    tale = Tale.of(evolve(LIST, scope={"values": ""}))
    assert tale.begin() == "start:each =0 done:each start:after"
    assert tale.node.output == {"items": []}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Success('{"items": 7}'), "foreach_items_failed"),
        (Failure("exit_nonzero", "It ended with 3."), "foreach_items_failed"),
        (Success('{"items": [], "edges": 7}'), "foreach_dependencies_failed"),
        (Success('{"items": [{"id": "a"}], "edges": [["a", "a"]]}'), "fan_out_cycle"),
        (Success(canonical({"items": [{"id": str(n)} for n in range(6)]}).decode()), "fan_out_too_large"),
    ],
    ids=["FL87-items", "FL87-command", "FL87-dependencies", "cycle", "too-large"],
)
def test_fl87_what_cannot_be_used_fails_the_node(said: Success | Failure, code: str) -> None:
    tale = Tale.of(evolve(COMMAND, scope=None))
    tale.begin()
    tale.story.tell("each", said)
    assert (tale.node.status, tale.node.error.code) == ("failed", code)
    assert tale.world.runs == {}
    assert tale.story.state.status == "failed"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (evolve(LIST, over="gone"), "foreach_provider_unknown"),
        (evolve(LIST, scope={"from": "scan"}), "foreach_scope_invalid"),
        (evolve(LIST, scope={"from": "scan.names"}), "foreach_items_failed"),
        (evolve(LIST, scope={"values": "{{ inputs.gone }}"}), "reference_unknown"),
    ],
    ids=["provider", "scope", "no-result", "template"],
)
def test_what_the_run_cannot_ask_for_fails_the_node(spec: Foreach, code: str) -> None:
    tale = Tale.of(spec)
    tale.begin()
    decision = "misconfigured" if code == "foreach_provider_unknown" else "not_retryable"
    assert (tale.node.status, tale.node.error.code, tale.node.error.decision) == ("failed", code, decision)


def test_a_run_that_lies_too_deep_begins_none_and_on_fail_does_not_mend_that() -> None:
    tale = Tale.of(on_fail=OnFail("continue"))
    tale.story.state.depth = 4
    tale.begin()
    assert (tale.node.status, tale.node.error.code, tale.node.attempt) == ("failed", "workflow_nesting_too_deep", 0)
    assert tale.story.state.status == "failed"


def test_a_failure_that_is_taken_lets_the_run_go_on() -> None:
    tale = Tale.of(on_fail=OnFail("continue"))
    tale.begin()
    tale.end("t1", "failed")
    tale.end("t2")
    tale.end("t3")
    assert (tale.node.status, tale.story.state.status, tale.story.state.nodes["after"].status) == ("skipped", "running", "running")


def test_fl88_runs_are_given_what_is_known_of_their_items() -> None:
    tale = Tale.of(evolve(COMMAND, scope=None, inputs={"name": "{{ item.title }} of {{ run.id }}"}))
    tale.begin()
    tale.answer(items=[{"id": "T-1", "ref": "R-1", "context": {"title": "Fix", "state": "open"}}])
    assert tale.world.inputs["T-1"] == {
        "name": "Fix of run-1", "item.id": "T-1", "item.ref": "R-1", "item.title": "Fix", "item.state": "open",
    }  # fmt: skip


def test_an_item_whose_run_cannot_be_made_has_failed() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=3), refuses="t2")
    assert tale.begin() == "start:each =3 +t1 -t2 +t3"
    tale = Tale.of(evolve(LIST, inputs={"name": "{{ item.gone }}"}))
    assert tale.begin() == "start:each =3 -t1 -t2 -t3 fail:each:fan_out_items_failed:not_retryable run_failed:nodes_failed"


def test_fl89_outputs_are_sorted_and_what_is_too_large_stays_where_it_is() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=3, scope={"values": "c, a, b"}))
    tale.begin()
    for name in "bca":
        tale.end(name, last_output={"value": name})
    assert [(one["item_id"], one["output"]["value"]) for one in tale.node.output["items"]] == [("a", "a"), ("b", "b"), ("c", "c")]
    tale = Tale.of(evolve(LIST, scope={"values": "a"}))
    tale.begin()
    tale.end("a", last_output={"value": "x" * 200_000})
    assert tale.node.output["items"] == [{"item_id": "a", "status": "completed", "output": None}]


def test_items_come_from_what_a_node_has_found() -> None:
    paper = flow("scan", "each needs: [scan]")
    each = evolve(paper.nodes[1], action=evolve(LIST, scope={"from": "scan.names"}))
    story = Story.on(compile_plan(evolve(paper, nodes=(paper.nodes[0], each)), "digest"), rules=RULES)
    story.world = World()
    story.claim()
    story.ok("scan", {"names": ["x", "y"]})
    assert list(items_of(story.state, "each").items) == [("value", "x"), ("value", "y")]
