"""Whether a failed attempt is followed by another, after how long, and what a back-off does to its run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.run.retry import CEILING_MS, PROVIDER_DEFAULT, attempt_cap, backoff_ms, decide_retry
from actors.run.schedule import next_look_ms, ticket_of
from actors.workflow.spec import Backoff, RetryPolicy
from tests.actors.run.table import Story, flow

PROVIDER = Backoff("exponential", 2000, 8000, 2.5)
WAIT = "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 500ms}}"


@pytest.mark.parametrize(
    ("backoff", "attempt", "delay"),
    [
        (Backoff(), 1, 0),
        (Backoff("fixed", 0), 1, 0),
        (Backoff("fixed", 700), 5, 700),
        (Backoff("fixed", 700, 300), 5, 300),
        (Backoff("fixed", CEILING_MS + 1), 1, CEILING_MS),
        (PROVIDER, 1, 2000),
        (PROVIDER, 2, 5000),
        (PROVIDER, 3, 8000),
        (Backoff("exponential", 1, 0, 1.5), 2, 2),  # 1.5 is rounded half up
        (Backoff("exponential", 3, 0, 1.5), 2, 5),  # 4.5 too, which half-to-even would not
        (Backoff("exponential", 1, 0, 1.49), 2, 1),
        (Backoff("exponential", 1000, 0, 1e308, 500), 10, CEILING_MS),
        (Backoff("exponential", 1000, 0, float("inf")), 2, CEILING_MS),
        (Backoff("exponential", 1000, 60_000, 1e308), 10, 60_000),
        (Backoff("exponential", 1000, 0, 2.0, 500), 60, CEILING_MS),
    ],
)
def test_delays(backoff: Backoff, attempt: int, delay: int) -> None:
    assert backoff_ms(backoff, attempt, "seed") == delay


@given(st.integers(0, 10_000), st.integers(1, 2 * CEILING_MS), st.text(max_size=20))
def test_jitter_is_bounded_and_the_same_for_the_same_attempt(jitter: int, initial: int, seed: str) -> None:
    backoff = Backoff("fixed", initial, 0, 2.0, jitter)
    delay = backoff_ms(backoff, 1, seed)
    assert min(initial, CEILING_MS) <= delay <= min(initial + jitter, CEILING_MS)
    assert backoff_ms(backoff, 1, seed) == delay


def test_jitter_differs_between_attempts_and_reaches_both_ends() -> None:
    drawn = {backoff_ms(Backoff("fixed", 10, 0, 2.0, 3), 1, f"seed-{n}") for n in range(200)}
    assert drawn == {10, 11, 12, 13}


@pytest.mark.parametrize(
    ("policy", "spent", "failure_class", "decision", "delay"),
    [
        (RetryPolicy(3, ()), 1, "anything", "retry_allowed", 0),
        (RetryPolicy(3, ()), 3, "anything", "attempts_exhausted", 0),
        (RetryPolicy(1, ()), 1, "anything", "attempts_exhausted", 0),
        (RetryPolicy(3), 1, "execution_error", "retry_allowed", 0),
        (RetryPolicy(3), 1, "configuration", "not_retryable", 0),
        (RetryPolicy(3), 1, "anything", "not_retryable", 0),
        (RetryPolicy(3), 1, "provider_transient", "retry_scheduled", 2000),
        (RetryPolicy(3), 2, "Provider-Transient", "retry_scheduled", 5000),
        (RetryPolicy(3, None, Backoff("fixed", 100)), 1, "provider_transient", "retry_scheduled", 100),
        pytest.param(RetryPolicy(5, ("provider_transient",)), 1, "provider_auth", "not_retryable", 0, id="R34"),
        (RetryPolicy(5, ("*",)), 1, "provider_auth", "retry_allowed", 0),
        pytest.param(RetryPolicy(4, ("provider_transient",), PROVIDER), 2, "provider-transient", "retry_scheduled", 5000, id="R35"),
        (RetryPolicy(4, ("Provider Transient",), PROVIDER), 1, " provider_transient ", "retry_scheduled", 2000),
        (RetryPolicy(4, ("timeout",), PROVIDER), 4, "timeout", "attempts_exhausted", 0),
    ],
)
def test_decisions(policy: RetryPolicy, spent: int, failure_class: str, decision: str, delay: int) -> None:
    found = decide_retry(policy, spent, failure_class, "seed", cap=attempt_cap("command", policy))
    assert (found.decision, found.delay_ms, found.terminal) == (decision, delay, decision in ("not_retryable", "attempts_exhausted"))


@pytest.mark.parametrize(
    ("written", "cap"), [("max_attempts: 42", 10), ("max_attempts: 0", 1), ("max_attempts: 99", 10), ("", 3)], ids=["R30"] * 4
)
def test_r30_the_cap_of_an_agent(written: str, cap: int) -> None:
    assert attempt_cap("agent", flow(f"a retry: {{{written}}}").nodes[0].retry) == cap


@pytest.mark.parametrize(
    ("validator", "tools", "cap"),
    [("research_brief", False, 5), ("generic_artifact", True, 5), (None, True, 5), ("standup_update", True, 3), ("code_patch", False, 3)],
    ids=["R31"] * 5,
)
def test_r31_the_cap_of_an_agent_with_much_to_get_right(validator: str | None, tools: bool, cap: int) -> None:
    assert attempt_cap("agent", RetryPolicy(), validator, required_tools=tools) == cap
    assert attempt_cap("agent", RetryPolicy(42), validator, required_tools=tools) == 10


@pytest.mark.parametrize("kind", ["command", "shell", "python", "http", "workflow", "gate", "wait"])
def test_what_may_have_effects_is_attempted_once_where_nothing_is_said(kind: str) -> None:
    assert attempt_cap(kind, RetryPolicy(), "research_brief", required_tools=True) == 1
    assert attempt_cap(kind, RetryPolicy(4)) == 4


def test_r32_the_delays_after_trouble_of_a_provider() -> None:
    assert [backoff_ms(PROVIDER_DEFAULT, attempt, "seed") for attempt in (1, 2, 3)] == [2000, 5000, 8000]


@pytest.mark.parametrize("multiplier", [1e308, float("inf")], ids=["R33", "R33-infinite"])
def test_r33_a_delay_beyond_all_bounds_is_a_day(multiplier: float) -> None:
    assert backoff_ms(Backoff("exponential", 1000, 0, multiplier, 500), 10, "seed") == 86_400_000


def test_r35_the_next_attempt_is_due_when_the_delay_is_over() -> None:
    story = Story.begun(
        "a retry: {max_attempts: 4, on: provider_transient, backoff: {strategy: exponential, initial: 2s, max: 8s, multiplier: 2.5}}"
    )
    story.fail("a", failure_class="provider-transient")
    story.now = 3000
    story.claim()
    story.now = 1000
    assert story.fail("a", failure_class="provider-transient") == ["fail a boom retry_scheduled", "release a 6000"]


@pytest.mark.parametrize(
    ("delay", "elapsed", "decision"),
    [(0, 999, "retry_allowed"), (0, 1000, "elapsed_time_exhausted"), (400, 599, "retry_scheduled"), (400, 600, "elapsed_time_exhausted")],
)
def test_no_attempt_begins_when_the_time_for_all_of_them_is_over(delay: int, elapsed: int, decision: str) -> None:
    policy = RetryPolicy(5, (), Backoff("fixed", delay), max_elapsed_ms=1000)
    found = decide_retry(policy, 1, "timeout", "seed", cap=5, elapsed_ms=elapsed)
    assert (found.decision, found.terminal) == (decision, decision == "elapsed_time_exhausted")


def test_the_time_for_all_attempts_counts_from_the_first_start_of_the_instance() -> None:
    story = Story.begun("a retry: {max_attempts: 9, max_elapsed: 1s, backoff: {strategy: fixed, initial: 300ms}}")
    for wanted in ("release a 1300", "release a 1600", "release a 1900", "run_failed nodes_failed"):
        assert story.fail("a")[-1] == wanted
        story.wait(300)
        story.claim()
    assert story.state.nodes["a"].error.decision == "elapsed_time_exhausted"  # type: ignore[union-attr]  # it failed
    story.retry("a")
    story.claim()
    assert story.fail("a")[-1] == f"release a {story.now + 300}"


def test_without_a_policy_there_is_one_attempt() -> None:
    assert flow("a").nodes[0].retry == RetryPolicy()
    assert Story.begun("a").fail("a") == ["fail a boom attempts_exhausted", "run_failed nodes_failed"]


def test_without_delay_the_next_attempt_starts_in_the_same_commit() -> None:
    story = Story.begun("a retry: {max_attempts: 2}")
    assert story.fail("a") == ["fail a boom retry_allowed", "start a.2"]
    assert story.state.detail == {"code": "node_retrying", "node_id": "a", "attempt": 1, "max": 2}
    assert story.fail("a") == ["fail a boom attempts_exhausted", "run_failed nodes_failed"]


def test_a_run_with_nothing_else_left_gives_its_slot_back_until_the_delay_is_over() -> None:
    story = Story.begun(f"a {WAIT}")
    assert story.fail("a") == ["fail a boom retry_scheduled", "release a 1500"]
    assert story.state.status == "queued"
    assert story.state.queue == {
        "queue_reason": "retry_backoff", "queued_at_ms": 1000, "retry_node_id": "a", "retry_attempt": 2, "retry_backoff_ms": 500,
        "retry_after_ms": 1500, "retry_reason": "boom!", "resource_key": "workflow://paper/runs/run-1/nodes/a",
    }  # fmt: skip
    assert ticket_of(story.state).not_before_ms == 1500
    story.now = 1500
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert story.state.queue is None


def test_while_other_branches_go_on_the_run_keeps_running() -> None:
    story = Story.begun(f"a {WAIT}", "b", "c needs: [b]")
    assert story.fail("a") == ["fail a boom retry_scheduled", "backoff a 1500", "start b"]
    assert next_look_ms(story.state, story.rules, story.now) == 1500
    assert story.wait(500) == []
    assert story.ok("b") == ["done b", "start a.2"]


def test_the_slot_is_given_back_when_the_other_branches_have_ended() -> None:
    story = Story.begun(f"a {WAIT}", "b")
    story.fail("a")
    story.now += 100
    assert story.ok("b") == ["done b", "release a 1500"]
    assert story.state.queue is not None
    assert story.state.queue["retry_backoff_ms"] == 400


def test_of_several_delays_the_earliest_counts_and_flow_order_breaks_ties() -> None:
    story = Story.begun(f"b {WAIT}", f"a {WAIT}", top="limits: {parallel: 2}")
    story.fail("a")
    assert story.fail("b")[-1] == "release b 1500"
    later = Story.begun(f"b {WAIT}", f"a {WAIT}", top="limits: {parallel: 2}")
    later.fail("a")
    later.now += 1
    assert later.fail("b")[-1] == "release a 1500"


def test_a_due_node_takes_its_place_by_priority() -> None:
    story = Story.begun(f"a {WAIT}", "b priority: 5", "c priority: 1, needs: [b]")
    story.ok("b")
    story.ok("c")
    assert story.fail("a")[-1] == "release a 1500"
    other = Story.begun("p priority: 9", f"a {WAIT}", "b needs: [p], priority: 5", top="limits: {parallel: 2}")
    other.fail("a")
    other.now += 500
    assert other.ok("p") == ["done p", "start b", "start a.2"]


def test_a_back_off_and_a_gate_wait_together() -> None:
    story = Story.begun(f"a {WAIT}", "g gate: human_approval")
    assert story.fail("a") == ["fail a boom retry_scheduled", "backoff a 1500", "run_awaiting_approval"]
    assert story.wait(499) == []
    assert story.wait(1) == ["run_requeued retry_backoff_due"]
    assert story.claim() == ["run_execution_claimed", "start a.2"]


def test_a_failure_elsewhere_ends_the_run_without_waiting_for_a_back_off() -> None:
    story = Story.begun(f"a {WAIT}", "b")
    story.fail("a")
    assert story.fail("b") == ["fail b boom attempts_exhausted", "run_failed nodes_failed"]
    assert story.state.backoffs == {}


def test_interruptions_do_not_count_against_the_cap_but_keep_their_numbers() -> None:
    story = Story.begun("a retry: {max_attempts: 2}")
    story.pause()
    story.resume()
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert story.fail("a") == ["fail a boom retry_allowed", "start a.3"]
    assert story.fail("a") == ["fail a boom attempts_exhausted", "run_failed nodes_failed"]


def test_a_success_forgets_that_the_node_was_the_last_failure() -> None:
    story = Story.begun("a", "b", top="fail_fast: false\nlimits: {parallel: 2}")
    story.fail("a")
    assert story.state.last_failure == {"node_id": "a", "reason": "boom", "failed_at_ms": 1000, "failure_kind": "execution_error"}
    story.ok("b")
    assert story.state.last_failure is not None
    story.retry("a")
    assert story.state.last_failure is None
