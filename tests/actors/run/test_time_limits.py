"""Time limits that are texts: each attempt fills them in before it begins, and has what they came to until it ends (flow spec 2.7)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.node.events import NodeStarted
from actors.node.orders import WorkOrder
from actors.run.orders import Folders, work_order
from actors.run.plan import compile_plan
from actors.run.reaping import overdue, threshold_ms
from actors.settings import RunRules
from tests.actors.fan_out.tale import COMMAND, RULES, plan_of
from tests.actors.gate.tool_story import QUESTION, approve
from tests.actors.run.table import Story

TOP = "inputs: {limit: {type: string, default: 90s}, n: {type: integer, default: 7}}"
TEXT = "timeout: '{{ inputs.limit }}'"


def limits(story: Story, node_id: str) -> tuple[int | None, int | None]:
    """The silent time and the whole time of the attempt under way."""
    order = work_order(story.state, node_id, Folders("/data/run-1", "/work"), story.rules)
    assert isinstance(order, WorkOrder)
    return order.idle_ms, order.total_ms


def begun(*nodes: str, limit: str = "90s", top: str = TOP, **more: Any) -> Story:
    return Story.begun(*nodes, top=top, inputs={"limit": limit, "n": 7}, **more)


def said(story: Story) -> list[tuple[str, int | None, int | None]]:
    """What the log says of the limits of each attempt."""
    return [(fact.node_id, fact.idle_ms, fact.total_ms) for fact, _ in story.log if isinstance(fact, NodeStarted)]


def test_an_attempt_begins_with_what_its_texts_come_to_and_the_log_says_so() -> None:
    story = begun(f"a {TEXT}", f"b needs: [a], {TEXT}, idle_timeout: '{{{{ nodes.a.output.quiet }}}}'", "c needs: [b]")
    assert limits(story, "a") == (90_000, 90_000)  # silence never lasts longer than the whole
    story.ok("a", {"quiet": "250ms"})
    assert limits(story, "b") == (250, 90_000)
    story.ok("b")
    assert limits(story, "c") == (600_000, 1_800_000)
    assert said(story) == [("a", None, 90_000), ("b", 250, 90_000), ("c", None, None)]


def test_run_attempt_is_the_attempt_that_is_about_to_begin() -> None:
    story = begun("a timeout: '{{ run.attempt }}m', retry: {max_attempts: 2}")
    story.fail("a")
    assert said(story) == [("a", None, 60_000), ("a", None, 120_000)]


def test_an_idle_limit_alone_makes_the_total_as_a_written_one_does() -> None:
    assert limits(begun("a idle_timeout: '{{ inputs.n }}m'"), "a") == (420_000, 1_260_000)
    assert limits(begun("a idle_timeout: '{{ inputs.n }}m', timeout: 30s"), "a") == (30_000, 30_000)


def test_the_limit_of_an_attempt_stays_whatever_its_variable_becomes_and_the_next_one_has_the_new_one() -> None:
    top = "templating: flat\nlimits: {parallel: 2}"
    story = Story.begun("a", "b timeout: '{{wait}}', needs: [a], retry: {max_attempts: 2}", "c needs: [a]", top=top)
    story.ok("a", {"wait": "5m"})
    story.ok("c", {"wait": "1h"})
    assert limits(story, "b") == (300_000, 300_000)
    other = Story.on(story.plan)
    other.replay(story.log)
    assert limits(other, "b") == (300_000, 300_000)  # after a restart, too
    other.fail("b")
    assert limits(other, "b") == (600_000, 3_600_000)


def test_who_looks_for_runs_that_are_stale_knows_the_limits_that_hold() -> None:
    story = begun("a idle_timeout: '{{ inputs.limit }}'", limit="20m")
    assert threshold_ms(story.state, RunRules(stale_after_ms=1_000)) == 1_260_000
    assert not overdue(story.state, "a", RunRules(), 3_659_999)
    assert overdue(story.state, "a", RunRules(), 3_660_000)


@pytest.mark.parametrize(("limit", "code", "found"), [
    ("soon", "invalid_duration", "'soon' is no duration"), (" ", "invalid_duration", "' ' is no duration"),
    ("", "invalid_duration", "'' is no duration"), ("0", "invalid_duration", "'0' is 0 ms, and it must be at least 1 ms"),
    ("999999999999d", "duration_overflow", "'999999999999d' is longer"),
], ids=["word", "blank", "empty", "zero", "overflow"])  # fmt: skip
def test_what_is_no_duration_fails_the_node_before_it_begins(limit: str, code: str, found: str) -> None:
    story = begun(f"a {TEXT}, retry: {{max_attempts: 3, on: ['*']}}", limit=limit)
    assert story.state.status == "failed"
    node = story.state.nodes["a"]
    assert (node.status, node.attempt, said(story)) == ("failed", 0, [])
    assert node.error is not None
    assert (node.error.code, node.error.failure_class, node.error.decision) == (code, "configuration", "not_retryable")
    assert node.error.detail == {"path": "{{ inputs.limit }}"}
    assert node.error.message.startswith(f"\"timeout\" is '{{{{ inputs.limit }}}}'. Filled in, {found}")
    if found.endswith("is no duration"):
        assert "Write 500ms, 30s, 10m, 2h, 7d, a whole number of seconds." in node.error.message


def test_where_placeholders_are_names_one_that_nobody_has_set_leaves_nothing_which_is_no_duration() -> None:
    story = Story.begun("a timeout: '{{limit}}'", top="templating: flat")
    assert story.state.nodes["a"].error is not None
    assert story.state.nodes["a"].error.code == "invalid_duration"


def test_a_path_that_leads_nowhere_fails_the_node_with_its_own_code() -> None:
    story = begun("a", "b needs: [a], timeout: '{{ nodes.a.output.limit }}'")
    assert story.ok("a", {}) == ["done a", "fail b reference_unknown not_retryable", "run_failed nodes_failed"]


def test_what_its_on_fail_says_follows_and_what_needs_it_goes_on_at_once() -> None:
    story = begun(f"a {TEXT}, on_fail: continue", "b needs: [a]", limit="soon")
    assert story.statuses() == {"a": "skipped", "b": "running"}
    story = begun(f"a {TEXT}, on_fail: {{command: [tell]}}", limit="soon")
    assert list(story.state.executing) == ["a.on_fail"]


def test_a_failure_before_the_second_attempt_is_the_last_word() -> None:
    top = "templating: flat\nlimits: {parallel: 2}"
    story = Story.begun("a", "b timeout: '{{wait}}', needs: [a], retry: {max_attempts: 3}", "c needs: [a]", top=top)
    story.ok("a", {"wait": "5m"})
    story.ok("c", {"wait": "later"})
    assert story.fail("b") == ["fail b boom retry_allowed", "fail b invalid_duration not_retryable", "run_failed nodes_failed"]
    assert story.state.nodes["b"].attempt == 1


def test_in_clean_up_a_limit_that_is_none_does_not_keep_the_next_node_from_running() -> None:
    story = begun("a", last=(f"y {TEXT}", "z"), limit="soon")
    story.ok("a")
    assert list(story.state.executing) == ["z"]
    assert story.ok("z") == ["done z", "finally_completed y", "run_completed"]


def test_the_limits_of_an_agent_stay_while_people_are_asked_about_its_tool() -> None:
    top = "templating: flat\nlimits: {parallel: 2}"
    agent = "a agent: writer, instructions: write, needs: [s], timeout: '{{wait}}', idle_timeout: '{{wait}}'"
    story = Story.begun("s", agent, "c needs: [s]", top=top)
    story.ok("s", {"wait": "5m"})
    story.now += 10
    story.tell("a", QUESTION)
    story.ok("c", {"wait": "1h"})
    approve(story)
    story.claim()
    assert said(story)[-1] == ("a", 300_000, 300_000)
    story.fail("a")
    assert said(story)[-1] == ("a", 3_600_000, 3_600_000)


@pytest.mark.parametrize(("limit", "told"), [("90s", (90_000, 90_000)), ("soon", None)], ids=["kept", "none"])
def test_a_for_each_has_a_text_for_the_limit_of_its_question(limit: str, told: tuple[int, int] | None) -> None:
    plan = plan_of(COMMAND)
    node = evolve(plan.workflow.nodes[0], timeout_text="{{ inputs.limit }}")
    story = Story.on(compile_plan(evolve(plan.workflow, nodes=(node,)), "digest"), inputs={"limit": limit, "label": "x"}, rules=RULES)
    story.claim()
    if told is None:
        assert (story.state.status, story.state.last_failure and story.state.last_failure["reason"]) == ("failed", "invalid_duration")
    else:
        assert limits(story, node.node_id) == told
