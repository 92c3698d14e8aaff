"""Budgets of a run: what is used up holds it, and a raised limit lets it go on."""

from __future__ import annotations

from typing import Any

import pytest

from actors.node.messages import Interruption, Outcome, Success, Usage
from actors.run.outcomes import on_outcome
from actors.run.why import reasons
from tests.actors.run.table import Story


def used(limits: str, usage: Usage, ms: int = 0) -> Story:
    """A run of two nodes of which the first has used that much."""
    story = Story.begun("a", "b needs: [a]", top=f"limits: {{{limits}}}")
    story.now += ms
    outcome = Outcome("a", story.state.token("a"), Success(1), usage)
    story.do(lambda turn: on_outcome(turn, outcome))
    return story


SPENT = Usage(prompt_tokens=600, completion_tokens=400, cost_usd=2.00004, tool_calls=7)


@pytest.mark.parametrize(
    ("limits", "code", "value", "limit"),
    [
        ("runtime: 2s", "budget_runtime_reached", 2000, 2000),
        ("tokens: 1000", "budget_tokens_reached", 1000, 1000),
        ("cost_usd: 2", "budget_cost_reached", 2.0, 2.0),
        ("tool_calls: 7", "budget_tool_calls_reached", 7, 7),
        ("tool_calls: 1, cost_usd: 1, tokens: 1, runtime: 1s", "budget_runtime_reached", 2000, 1000),
        ("tool_calls: 1, cost_usd: 1, tokens: 1", "budget_tokens_reached", 1000, 1),
        ("tool_calls: 1, cost_usd: 1", "budget_cost_reached", 2.0, 1.0),
    ],
)
def test_a_budget_that_is_used_up_holds_the_run_and_says_so(limits: str, code: str, value: float, limit: float) -> None:
    story = used(limits, SPENT, ms=2000)
    state = story.state
    assert (state.status, state.pause_reason, state.stop_kind, state.stop_reason) == ("paused", code, "guardrail_stopped", code)
    assert state.detail == {"code": code, "value": value, "limit": limit}
    [why] = reasons(state, None, story.now)
    assert (why["code"], why["next"][0].startswith("penstock resume run-1 --")) == (code, True)


@pytest.mark.parametrize("limits", ["runtime: 3s", "tokens: 1001", "cost_usd: 2.1", "tool_calls: 8"])
def test_what_is_left_lets_the_next_node_start(limits: str) -> None:
    assert list(used(limits, SPENT, ms=2000).state.executing) == ["b"]


@pytest.mark.parametrize(
    ("limits", "raised"),
    [("tokens: 10", {"tokens": 2000}), ("cost_usd: 1", {"cost_usd": 3}), ("tool_calls: 1", {"tool_calls": 9})],
)
def test_resumed_with_a_raised_limit_it_goes_on_and_without_one_it_is_held_again(limits: str, raised: dict[str, Any]) -> None:
    story = used(limits, SPENT)
    code = story.state.pause_reason
    story.resume()
    assert story.claim() == ["run_execution_claimed", f"run_paused {code}"]
    story.resume(**raised)
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_what_has_no_price_holds_a_run_that_has_a_budget_of_dollars_until_somebody_says_that_he_knows() -> None:
    unpriced = Usage(prompt_tokens=1, cost_usd=0.12345, unpriced=True)
    story = used("cost_usd: 5", unpriced)
    assert story.state.detail == {"code": "budget_model_unpriced", "value": 0.1235, "limit": 5.0}
    [why] = reasons(story.state, None, story.now)
    assert "some of what it used has no price" in why["text"]
    story.resume(cost_usd=5)
    assert story.claim()[-1] == "start b"
    assert list(used("tokens: 5", unpriced).state.executing) == ["b"], "without such a budget nobody asks"


def test_what_is_under_way_ends_before_the_run_is_held() -> None:
    story = Story.begun("a", "b", "c needs: [a]", top="limits: {parallel: 2, tokens: 10}")
    outcome = Outcome("a", story.state.token("a"), Success(1), SPENT)
    assert story.do(lambda turn: on_outcome(turn, outcome)) == ["done a"]
    assert story.ok("b") == ["done b", "run_paused budget_tokens_reached"]


def test_what_all_runs_share_holds_a_run_whose_agent_found_it_used_up() -> None:
    story = Story.begun("a agent: writer, instructions: write", top="budget: {per: day, cost_usd: 2}")
    story.tell("a", Interruption("budget_workflow_cost_reached", 2.5))
    assert story.state.detail == {"code": "budget_workflow_cost_reached", "value": 2.5, "limit": 2.0}
    [why] = reasons(story.state, None, story.now)
    assert "share for a day is used up: 2.5 of 2.0" in why["text"]
    assert [step.split("   ")[0] for step in why["next"]] == [
        "penstock resume run-1 --workflow-cost 20", "penstock resume run-1", "penstock finish run-1", "penstock cancel run-1",
    ]  # fmt: skip
    story.resume(workflow_cost_usd=5)
    assert story.claim()[-1] == "start a.2"


def test_a_model_without_a_price_under_what_all_runs_share_is_named() -> None:
    story = Story.begun("a agent: writer, instructions: write", top="budget: {per: week, cost_usd: 2}")
    story.tell("a", Interruption("budget_workflow_model_unpriced"))
    [why] = reasons(story.state, None, story.now)
    assert "share a budget of 2.0 dollars for a week, and a model that they use has no price" in why["text"]
