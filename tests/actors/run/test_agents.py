"""Agent nodes on paper: what is said when an attempt begins and ends, what is repaired, and what its order holds."""

from __future__ import annotations

from typing import Any

import pytest

from actors.agent.artifacts import ArtifactExpected
from actors.node.messages import ArtifactFact, Budget, Failure, Interruption, Outcome, SharedBudget, Success, Usage
from actors.node.orders import AgentOrder, RepairOrder
from actors.run.delivering import announce
from actors.run.orders import Folders, work_order
from actors.run.outcomes import on_outcome
from actors.run.report import markdown_report, report_json
from actors.run.view import run_json
from actors.run.why import reasons
from tests.actors.run.table import HASH, Story

FILE = "artifact: {path: n.json, schema: s}"
TOP = "schemas: {s: {type: object}}"
ERRORS = [{"path": f"$[{n}]", "message": "no"} for n in range(7)]


def begun(more: str = FILE, top: str = TOP, **given: Any) -> Story:
    return Story.begun(f"a agent: writer, instructions: 'write {{{{ run.id }}}}'{', ' + more if more else ''}", top=top, **given)


def missing(story: Story, failure_class: str = "artifact_contract_unmet") -> list[str]:
    return story.tell("a", Failure("artifact_timeout", "no file", failure_class))


def unfit(story: Story) -> list[str]:
    detail = {"path": "n.json", "errors": ERRORS, "sha256": HASH, "size": 9}
    return story.tell("a", Failure("artifact_invalid", "it does not fit", "artifact_contract_unmet", detail))


def made(story: Story) -> list[str]:
    return story.tell("a", Success({"n": 1}, ArtifactFact("n.json", HASH, 5, "s")))


def order(story: Story, now: int = 0) -> AgentOrder:
    found = work_order(story.state, "a", Folders("/data/run-1", "/work"), story.rules, now)
    assert not isinstance(found, Failure), found
    assert isinstance(found.action, AgentOrder)
    return found.action


def test_an_attempt_says_what_it_is_asked_for_and_what_it_left() -> None:
    story = Story.of("a agent: writer, instructions: write, artifact: {path: n.json, schema: s}", top=TOP)
    assert story.claim()[-3:] == ["start a", "artifact_expected", "prompt_sent"]
    assert made(story) == ["artifact_validated", "done a", "run_completed"]
    assert [(row.valid, row.sha256) for row in story.state.artifacts.values()] == [(True, HASH)]


def test_without_an_artifact_only_the_prompt_is_told() -> None:
    story = Story.of("a agent: writer, instructions: write")
    assert story.claim()[-2:] == ["start a", "prompt_sent"]
    assert story.tell("a", Success("text")) == ["done a", "run_completed"]


def test_a_file_that_is_not_there_is_asked_for_until_the_attempts_are_used_up() -> None:
    story = begun(f"{FILE}, retry: {{max_attempts: 2, on: [timeout]}}")  # what is named there does not keep it from repairing
    assert missing(story) == [
        "artifact_timeout",
        "fail a artifact_timeout retry_allowed",
        "start a.2",
        "artifact_expected",
        "prompt_repaired",
    ]
    assert order(story).repair == RepairOrder(1)
    assert missing(story, "timeout") == [
        "artifact_timeout", "fail a artifact_timeout_exhausted attempts_exhausted", "run_failed nodes_failed",
    ]  # fmt: skip


def test_what_does_not_fit_is_kept_with_all_errors_and_told_with_the_first() -> None:
    story = begun(f"{FILE}, retry: {{max_attempts: 2}}")
    assert unfit(story)[:2] == ["artifact_invalid", "fail a artifact_invalid retry_allowed"]
    [row] = story.state.artifacts.values()
    assert (row.valid, len(row.errors), row.sha256, row.size) == (False, 7, HASH, 9)
    repair = order(story).repair
    assert repair is not None
    assert (repair.attempt, [dict(error) for error in repair.errors]) == (1, ERRORS[:5])
    assert unfit(story)[1] == "fail a artifact_invalid_after_repair attempts_exhausted"
    assert len(run_json(story.state)["artifacts"]) == 2


def test_what_was_repaired_leaves_nothing_to_repair() -> None:
    story = begun()
    unfit(story)
    made(story)
    assert story.state.nodes["a"].flaw is None


def test_an_attempt_that_was_cut_off_is_told_nothing_anew() -> None:
    story = begun(f"{FILE}, retry: {{max_attempts: 3}}")
    assert story.stop("a", "paused")[-2:] == ["start a.2", "artifact_expected"]
    unfit(story)
    assert story.stop("a", "paused")[-2:] == ["start a.4", "artifact_expected"]
    assert order(story).repair == RepairOrder(2, tuple(ERRORS[:5]))  # whoever goes on looks whether that was said


def test_trouble_outside_is_no_flaw_and_what_it_did_itself_is_one() -> None:
    story = begun("", top="")
    story.tell("a", Failure("provider_overloaded", "busy", "provider_transient"))
    assert story.state.nodes["a"].flaw is None
    story.wait(2_000)
    story.claim()
    assert story.tell("a", Failure("output_invalid_json", "no JSON", "artifact_contract_unmet"))[-2:] == ["start a.3", "prompt_repaired"]
    assert order(story).repair == RepairOrder(2, ({"path": "", "message": "no JSON"},))


def test_a_verdict_on_its_output_is_told_too() -> None:
    story = begun("contract: {kind: brief}, retry: {max_attempts: 3}", top="")
    story.tell("a", Success({"status": "needs_repair", "reason": "too short"}))
    assert story.log[-1][0].kind == "prompt_repaired"
    repair = order(story).repair
    assert repair is not None
    assert repair.errors == ({"path": "", "message": "Its output was not accepted."},)


def test_other_nodes_say_nothing_of_that() -> None:
    story = Story.begun("a retry: {max_attempts: 2}, artifact: n.txt")
    assert story.fail("a", "artifact_invalid") == ["fail a artifact_invalid retry_allowed", "start a.2"]
    assert story.state.nodes["a"].flaw is None
    assert "artifacts" not in run_json(story.state)


def test_a_new_instance_is_told_anew() -> None:
    story = begun()
    missing(story)
    story.pause()
    story.requeue("a")
    assert story.claim()[-3:] == ["start a @2", "artifact_expected", "prompt_sent"]
    assert order(story).repair is None


def test_a_run_that_recovers_from_a_pause_tells_its_agents_anew() -> None:
    story = begun(f"{FILE}, retry: {{max_attempts: 5}}")
    missing(story)
    story.pause()
    story.recover()
    assert story.claim()[-3:] == ["start a @2", "artifact_expected", "prompt_sent"]


def test_a_path_that_cannot_be_rendered_is_named_as_it_is_written() -> None:
    story = Story.begun(
        "z", "a agent: writer, instructions: write, needs: [z], artifact: {path: '{{ nodes.z.output.name }}', schema: s}", top=TOP
    )
    assert story.ok("z", "text")[1:] == ["start a", "artifact_expected", "prompt_sent"]
    expected = story.log[-2][0]
    assert isinstance(expected, ArtifactExpected)
    assert expected.path == "{{ nodes.z.output.name }}"
    assert isinstance(work_order(story.state, "a", Folders("/d", "/w"), story.rules), Failure)


def test_more_attempts_where_tools_are_required() -> None:
    caps = {more: run_json(begun(more, top="").state)["nodes"][0]["max_attempts"] for more in ("", "tools: [read_file]")}
    assert caps == {"": 3, "tools: [read_file]": 5}


def test_the_order_names_who_does_it_and_what_may_still_be_used() -> None:
    story = begun("with: {x: '{{ run.id }}'}, tools: [read_file]", top="limits: {tokens: 10, cost_usd: 2, tool_calls: 3, runtime: 9s}")
    action = order(story, story.now + 500)
    assert (action.bound.persona, action.instructions, action.data, action.tools) == (
        "writer",
        "write run-1",
        {"x": "run-1"},
        ("read_file",),
    )
    budget = action.budget
    assert (budget.tokens, budget.cost_usd, budget.tool_calls, budget.runtime_ms, budget.active_ms) == (10, 2.0, 3, 9_000, 500)
    assert (budget.priced, action.thread_id) == (True, "run:run-1:node:a")
    assert (order(begun()).budget.tokens, order(begun()).budget.priced) == (None, False)


def test_the_order_names_what_all_runs_of_the_workflow_may_use_and_what_this_one_was_granted() -> None:
    assert order(begun("", top="")).shared is None
    shared = order(begun("", top="budget: {per: week, cost_usd: 2, tokens: 9}")).shared
    assert shared == SharedBudget("paper", "week", Budget(tokens=9, cost_usd=2.0, priced=True))
    story = begun("", top="budget: {per: week, cost_usd: 2}")
    story.stop("a", "budget_workflow_cost_reached")
    story.resume(workflow_cost_usd=5)
    story.claim()
    assert order(story).shared == SharedBudget("paper", "week", Budget(cost_usd=5.0))


def test_what_it_has_used_is_counted_once_for_the_run_and_for_the_node() -> None:
    story = begun("", top="")
    used = Usage(100, 20, 0.5, 2)
    outcome = Outcome("a", story.state.token("a"), Interruption("stopped"), used)
    story.do(lambda turn: on_outcome(turn, outcome))
    action = order(story)
    assert (action.spent, action.budget.used, action.budget.by_agents, story.state.usage.tokens) == (used, used, used, 120)
    assert Usage(5, 5, 1.0, 1) - Usage(9, 1, 0.25, 3, unpriced=True) == Usage(0, 4, 0.75)


def test_a_budget_that_an_attempt_finds_used_up_holds_the_run_when_all_have_ended() -> None:
    nodes = [f"{name} agent: writer, instructions: write" for name in "ab"]
    story = Story.begun(*nodes, top="limits: {tokens: 1000, parallel: 2}")
    assert story.stop("a", "budget_tokens_reached") == ["interrupt a budget_tokens_reached"]
    assert story.stop("b", "budget_tokens_reached")[-1] == "run_paused budget_tokens_reached"
    assert story.state.detail == {"code": "budget_tokens_reached", "value": 0, "limit": 1000}
    story.resume(tokens=5000)
    assert story.claim()[-1] == "start b.2"


def test_a_price_that_nobody_knows_holds_it_as_well() -> None:
    story = begun("", top="limits: {cost_usd: 1}")
    story.stop("a", "budget_model_unpriced")
    assert (story.state.status, story.state.detail) == ("paused", {"code": "budget_model_unpriced", "value": 0.0, "limit": 1.0})
    assert "budget of 1.0 dollars" in reasons(story.state, None, story.now)[0]["text"]


def test_clean_up_that_finds_it_used_up_fails_since_nobody_holds_it() -> None:
    story = Story.begun("a", last=("z agent: writer, instructions: tidy, retry: {max_attempts: 3}",), top="limits: {tokens: 1000}")
    story.ok("a")
    assert story.stop("z", "budget_tokens_reached") == [
        "fail z budget_tokens_reached not_retryable", "finally_completed z", "run_completed",
    ]  # fmt: skip


def test_a_role_that_nobody_has_cannot_be_ordered() -> None:
    story = begun("", top="")
    story.state.binding = ()
    found = work_order(story.state, "a", Folders("/d", "/w"), story.rules)
    assert isinstance(found, Failure)
    assert found.code == "run_metadata_missing"


@pytest.mark.parametrize(("unpriced", "line"), [(False, "- Used: 3 tokens, 0.5000 USD"), (True, "too low")])
def test_the_report_says_what_was_used(line: str, *, unpriced: bool) -> None:
    story = begun("", top="")
    story.state.usage = Usage(1, 2, 0.5, unpriced=unpriced)
    assert line in markdown_report(report_json(story.state, []), "now")


def test_what_stands_in_the_log_already_is_not_said_again() -> None:
    story = begun()
    assert story.do(lambda turn: announce(turn, "a"), go_on=False) == []
    story.state.nodes["a"].prompted = 0
    assert story.do(lambda turn: announce(turn, "a"), go_on=False) == []
