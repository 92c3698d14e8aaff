"""When a run was last active, what holding it as stale makes of its nodes, and when it goes on by itself."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve as changed

from actors.entity import Fact
from actors.node.events import NodeStarted
from actors.run import events as run
from actors.run.evolve import fold
from actors.run.interventions import RunExecutionClaimExpiredRequeued
from actors.run.new_state import new_state
from actors.run.operations import operate
from actors.run.reaping import may_go_on, overdue, threshold_ms
from actors.run.requests import Reap
from actors.run.state import RunState
from actors.settings import RunRules
from tests.actors.run.table import Story, plan_of

CREATED = run.RunCreated(workflow_id="paper", version=1, digest="digest")
CLAIM = run.RunExecutionClaimed(claim_id="claim-1", claimant_id="d", lease_epoch=1)
TAKEN_BACK = RunExecutionClaimExpiredRequeued(claimant_id="d", lease_epoch=1)


def folded(*facts: tuple[Fact, int]) -> RunState:
    return fold(new_state("run-1", plan_of("a")), facts)


def test_r38_what_is_done_about_claims_is_no_activity() -> None:
    state = folded((CREATED, 10), (CLAIM, 15), (run.RunStarted(), 20), (NodeStarted(node_id="a"), 30), (CLAIM, 10_000))
    assert (state.activity_ms, state.progressed, state.updated_at_ms) == (30, False, 10_000)
    assert folded((CREATED, 10), (CLAIM, 20), (TAKEN_BACK, 900)).activity_ms == 10


def test_r39_a_run_that_was_only_started_was_active_then() -> None:
    state = folded((CREATED, 10), (CLAIM, 20), (run.RunStarted(), 20))
    assert (state.activity_ms, state.started_at_ms, state.progressed) == (20, 20, False)
    assert folded((CREATED, 10), (CLAIM, 20), (run.RunStarted(), 20), (CLAIM, 70)).activity_ms == 20


def hold(story: Story, threshold_ms: int = 600_000, seq: int | None = None) -> list[str]:
    """Hold the run, its attempts being dead without a word."""
    operation = Reap(story.state.seq if seq is None else seq, threshold_ms)
    return story.do(lambda turn: operate(turn, operation))


def stale(*nodes: str, **rules: Any) -> Story:
    """A run that was held at 1000 because nothing had happened in it."""
    story = Story.begun(*nodes, rules=changed(RunRules(), **rules))
    hold(story)
    assert story.state.stop_kind == "stale_reaped"
    return story


TWICE = "retry: {max_attempts: 2}"


@pytest.mark.parametrize(
    ("window", "since", "goes_on"),
    [
        pytest.param(1_000, 3_000, False, id="R49"),
        pytest.param(1_000, 1_000, True, id="R49-within"),
        pytest.param(1_000, 1_001, False, id="R49-just-over"),
    ],
)
def test_r49_only_a_run_that_was_held_a_short_while_ago_goes_on_by_itself(window: int, since: int, goes_on: bool) -> None:
    story = stale(f"a {TWICE}", auto_resume=False)
    rules = RunRules(auto_resume_window_ms=window)
    assert may_go_on(story.state, rules, story.now + since) is goes_on


def test_it_goes_on_at_once_with_what_was_noted_kept() -> None:
    story = Story.begun(f"a {TWICE}")
    said = hold(story, 120_999)
    assert said == ["run_paused_stale_no_provider_activity", "run_auto_resumed"]
    assert (story.state.status, story.state.resume_reason, story.state.stop_kind) == ("queued", "auto_resume_after_stale_reap", None)
    assert story.state.nodes["a"].output["idle_s"] == 120
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert story.state.nodes["a"].output is None, "what was noted is over with the next attempt"


def test_it_goes_on_so_often_within_the_window_and_again_when_that_is_over() -> None:
    story = Story.begun("a retry: {max_attempts: 9}")
    for goes_on in (True, True, False):
        hold(story)
        assert (story.state.status == "queued") is goes_on
        story.claim()
    story.now += story.rules.auto_resume_window_ms
    assert not may_go_on(story.state, story.rules, story.now), "both times stand at the edge of the window"
    story.resume()
    story.claim()
    story.now += 1
    assert hold(story)[-1] == "run_auto_resumed"


@pytest.mark.parametrize(
    ("nodes", "rules"),
    [((f"a {TWICE}",), {"auto_resume": False}), ((f"a {TWICE}",), {"auto_resume_max": 0}), (("a",), {})],
    ids=["not-wanted", "not-once", "no-attempt-left"],
)
def test_it_stays_held(nodes: tuple[str, ...], rules: dict[str, Any]) -> None:
    story = stale(*nodes, **rules)
    assert (story.state.status, story.look()) == ("paused", [])


def test_a_run_that_an_operator_holds_does_not_go_on_by_itself() -> None:
    story = Story.begun("a")
    story.pause()
    assert not may_go_on(story.state, RunRules(), story.now)


def test_what_has_happened_meanwhile_shows_that_the_run_is_not_stale() -> None:
    story = Story.begun("a", "b needs: [a]")
    seq = story.state.seq
    story.ok("a")
    assert (hold(story, seq=seq), story.code) == ([], "run_not_stale")
    story.pause()
    assert (hold(story), story.code) == ([], "run_not_stale")


def test_clean_up_that_is_stale_is_held_and_begins_again() -> None:
    story = Story.begun("a", last=(f"t {TWICE}",))
    story.ok("a")
    assert hold(story)[0] == "run_paused_stale_no_provider_activity"
    assert (story.answer, story.state.nodes["t"].output) == ({"node_ids": []}, None)
    assert story.claim() == ["run_execution_claimed", "start t.2"]


@pytest.mark.parametrize(
    ("nodes", "threshold"),
    [
        (("a idle_timeout: 1m",), 600_000),
        (("a idle_timeout: 20m",), 1_260_000),
        (("a idle_timeout: 20m", "b idle_timeout: 30m"), 1_860_000),
        (("a timeout: 5m",), 600_000),
        (("g gate: human_approval",), 600_000),
    ],
    ids=["short", "long", "longest", "timeout", "nothing-under-way"],
)
def test_a_node_that_may_be_silent_for_longer_is_given_that_and_a_minute(nodes: tuple[str, ...], threshold: int) -> None:
    story = Story.begun(*nodes, top="limits: {parallel: 2}")
    assert threshold_ms(story.state, story.rules) == threshold


@pytest.mark.parametrize(("idle_ms", "late"), [(359_999, False), (360_000, True)])
def test_an_attempt_is_overdue_a_minute_after_its_own_limit(idle_ms: int, late: bool) -> None:
    story = Story.begun("a timeout: 5m")
    assert overdue(story.state, "a", story.rules, idle_ms) is late


def test_an_effect_that_must_happen_once_is_asked_about_and_its_node_is_not_noted() -> None:
    story = Story.begun("pay effect: once", f"a {TWICE}", top="limits: {parallel: 2}")
    assert hold(story) == ["ask pay.outcome", "run_paused_stale_no_provider_activity", "run_auto_resumed"]
    assert (story.answer, story.statuses()) == ({"node_ids": ["a"]}, {"pay": "waiting", "a": "pending"})


def test_a_recovery_by_hand_forgets_what_was_noted() -> None:
    story = stale(f"a {TWICE}", auto_resume=False)
    assert story.state.nodes["a"].output["code"] == "node_stalled_no_provider_activity"
    assert story.recover() == ["run_recovered_from_pause recovered_from_pause"]
    node = story.state.nodes["a"]
    assert (node.output, node.error, node.finding, node.attempt, node.instance) == (None, None, "", 0, 2)
    assert story.claim() == ["run_execution_claimed", "start a @2"]
