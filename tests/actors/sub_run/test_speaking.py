"""What a run and those that it has begun tell of each other: budgets, and why one of them does not move."""

from __future__ import annotations

import pytest
from attrs import evolve as evolve_attrs

from actors.node.messages import Usage
from actors.run.budgets import budget_facts
from actors.run.headline import headline_of
from actors.run.why import reasons
from actors.run.why_held import needs_person, why_held
from actors.workflow.spec import Execution
from tests.actors.sub_run.paper import begun, parent


def test_a_budget_is_told_to_those_below_as_far_as_there_is_one() -> None:
    made = parent("b", calls={"b": {}})
    assert budget_facts(made.story.state) == {}
    made.story.state.limits["tokens"] = 100
    assert headline_of(made.story.state).facts["budget"] == {"tokens": 100}
    made.story.state.plan = evolve_attrs(
        made.story.plan, workflow=evolve_attrs(made.story.plan.workflow, execution=Execution(max_total_cost_usd=1.5))
    )  # fmt: skip
    assert budget_facts(made.story.state) == {"tokens": 100, "cost_usd": 1.5, "priced": True}


def test_a_parent_is_held_for_a_budget_when_its_child_has_used_it_and_lets_it_go_on() -> None:
    made = begun()
    made.story.state.limits["tokens"] = 10
    assert made.child(1, "paused", used=Usage(8, 4)) == ["sub_run_waiting", "run_paused budget_tokens_reached"]
    assert made.story.state.children["child-1"].let_go is False
    made.story.resume(tokens=100)
    assert made.story.state.children["child-1"].let_go is True


def test_why_says_which_run_a_node_is_and_where_to_look() -> None:
    made = begun()
    assert [(one["code"], one["next"]) for one in reasons(made.story.state, None, made.story.now)] == [
        ("sub_run_running", ["penstock why child-1"])
    ]  # fmt: skip
    made.child(1, "awaiting_approval")
    [found] = reasons(made.story.state, None, made.story.now)
    assert (found["code"], "awaiting approval" in found["text"]) == ("sub_run_waiting", True)


@pytest.mark.parametrize("reason", ["parent_paused", "budget_parent_reached"])
def test_why_a_child_is_held_leads_to_its_parent(reason: str) -> None:
    made = parent("a", calls={})
    state = made.story.state
    state.parent_run_id, state.parent_node_id = "run-0", "sub"
    made.story.pause(reason)
    found = why_held(state)
    assert (found["code"], found["next"], needs_person(state)) == (reason, ["penstock resume run-0"], None)
