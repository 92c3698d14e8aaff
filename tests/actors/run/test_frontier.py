"""Which nodes of one graph may start, kept as facts arrive."""

from __future__ import annotations

from actors.run.frontier import Frontier
from tests.actors.run.table import Story, plan_of


def frontier(*nodes: str) -> Frontier:
    plan = plan_of(*nodes)
    return Frontier(plan.body, plan.sort_keys)


def test_ready_are_those_without_unmet_needs_by_priority_then_id() -> None:
    found = frontier("c", "b priority: 2", "a needs: [c]", "d priority: -1")
    assert (found.ready, found.first(2), found.first(0)) == (["b", "c", "d"], ["b", "c"], [])


def test_a_node_is_ready_once_however_often_it_is_offered_and_gone_once_taken() -> None:
    found = frontier("a", "b")
    found.offer("a")
    assert found.ready == ["a", "b"]
    found.take("a")
    found.take("a")
    assert found.ready == ["b"]
    found.offer("a")
    assert found.ready == ["a", "b"]


def test_the_last_of_several_needs_makes_ready() -> None:
    found = frontier("a", "b", "c needs: [a, b]")
    found.settle("a", succeeded=True)
    assert found.ready == ["a", "b"]
    found.settle("b", succeeded=True)
    assert found.ready == ["a", "b", "c"]


def test_a_failure_opens_edges_on_settling_alone() -> None:
    found = frontier("a", "b needs: [a]", "c needs: [{node: a, until: settled}]")
    found.settle("a", succeeded=False)
    assert found.ready == ["a", "c"]


def test_rebuilding_takes_only_what_has_not_begun() -> None:
    found = frontier("a", "b needs: [a]", "c needs: [{node: a, until: settled}]", "d")
    found.rebuild({"a": False}.get, lambda node_id: node_id != "a", bool)
    assert found.ready == ["c", "d"]
    found.rebuild({"a": True}.get, lambda node_id: node_id != "d", bool)
    assert found.ready == ["a", "b", "c"]


def test_what_has_begun_does_not_become_ready_by_what_is_done_again_before_it() -> None:
    story = Story.begun("a retry: {max_attempts: 2}", "b needs: [a]", top="output_targets: [out.md]")
    story.world = lambda _: "missing"
    story.ok("a", "see out.md")
    assert story.ok("b")[1:] == ["completion_repair ('out.md',)", "start a.2"]
    assert story.ok("a", "see out.md") == ["done a", "recovered a", "run_failed completion_assertion_failed"]


def test_what_is_barred_does_not_become_ready_until_all_is_computed_anew() -> None:
    found = frontier("a", "b needs: [a]", "c")
    found.bar("b")
    found.bar("c")
    found.settle("a", succeeded=True)
    assert found.ready == ["a"]
    found.rebuild({"a": True}.get, lambda node_id: node_id != "a", bool)
    assert found.ready == ["b", "c"]
