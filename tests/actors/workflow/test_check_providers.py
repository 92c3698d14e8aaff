"""Whether a for-each asks for what its provider can do (flow spec 4.1)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.fan_out.provider import Provider, providers_of
from actors.workflow.check_providers import unprovided
from actors.workflow.spec import Foreach, Group, Node, Shell, Workflow

PROVIDERS = providers_of(Provider("tickets", ("t",), ordered=True), Provider("repos", ("r",), requires_filter=True))
LIST = Foreach(over="list", workflow="fix", max_parallel=1, scope={"values": "a"})
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "fine": ({}, []),
    "unknown": ({"over": "gone", "ordered": True}, ["foreach_provider_unknown"]),
    "scope": ({"scope": None}, ["foreach_scope_invalid"]),
    "filter": ({"filter": {"a": "b"}}, ["foreach_filter_invalid"]),
    "required": ({"over": "repos", "scope": None}, ["foreach_filter_required"]),
    "given": ({"over": "repos", "scope": None, "filter": {"a": "b"}}, []),
    "FL28": ({"ordered": True}, ["foreach_order_unsupported"]),
    "ordered": ({"over": "tickets", "ordered": True, "on_child_fail": "skip_dependents"}, []),
    "skip": ({"over": "tickets", "on_child_fail": "skip_dependents"}, ["foreach_skip_dependents_needs_order"]),
    "all": ({"ordered": True, "scope": {"x": "y"}}, ["foreach_scope_invalid", "foreach_order_unsupported"]),
}


def of(**more: Any) -> Workflow:
    return Workflow("w", (Node("each", evolve(LIST, **more)),))


@pytest.mark.parametrize(("more", "codes"), CASES.values(), ids=CASES)
def test_what_a_for_each_asks_for_is_compared_with_its_provider(more: dict[str, Any], codes: list[str]) -> None:
    assert [problem.code for problem in unprovided(of(**more), PROVIDERS)] == codes


def test_fl28_the_hint_lists_those_that_know_an_order() -> None:
    (problem,) = unprovided(of(ordered=True), PROVIDERS)
    assert (problem.allowed, problem.path) == (("tickets",), "nodes[0].foreach.ordered")
    assert "These can: tickets." in problem.message
    (problem,) = unprovided(of(ordered=True), providers_of())
    assert "No provider here can." in problem.message


def test_it_is_found_at_every_depth_and_its_place_is_told() -> None:
    bad = Node("each", evolve(LIST, over="gone"))
    group = Node("block", Group((Node("inner", Group((bad, Node("work", Shell("true"))))),)))
    path = ("nodes", 0, "nodes", 0, "nodes", 0, "foreach")
    places = {(*path, "over"): (7, 9), ("finally", 0): (9, 3)}
    found = unprovided(Workflow("w", (group,), finally_=(bad,)), PROVIDERS, places, "w.yaml")
    assert [(one.path, one.line, one.column, one.found, one.file) for one in found] == [
        ("nodes[0].nodes[0].nodes[0].foreach.over", 7, 9, '"gone"', "w.yaml"), ("finally[0].foreach.over", 9, 3, '"gone"', "w.yaml"),
    ]  # fmt: skip
