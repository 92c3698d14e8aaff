"""Why a run is where it is: the code of every reason, the values it names, and the commands that move it on."""

from __future__ import annotations

from typing import Any

import pytest

from actors.run import events as run
from actors.run.why import reasons
from actors.run.why_open import why_open
from actors.scheduler.events import RunQueueReasonChanged
from actors.settings import RunRules
from tests.actors.run.table import Story

GATE = "g gate: human_approval, timeout: 2h"
DELAY = "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 5s}}"


def why(story: Story, queue: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return reasons(story.state, queue, story.now)


def codes(story: Story) -> list[str]:
    return [reason["code"] for reason in why(story)]


@pytest.mark.parametrize(
    ("queue", "code", "words"),
    [
        (None, "starting", "at once"),
        ({"queue_reason": "capacity", "max_concurrent_runs": 8, "ahead": 3}, "capacity", "All 8 slots are taken, and 3 runs are before it"),
        ({"queue_reason": "capacity", "max_concurrent_runs": 1, "ahead": 1}, "capacity", "The only slot is taken, and 1 run is before it"),
        ({"queue_reason": "workspace_lock", "held_by": "run-2", "resource_key": "/srv"}, "workspace_lock", "(run-2) works in /srv"),
        (
            {"queue_reason": "rate_limit", "rate_limited_provider": "openai", "until_ms": 181_000},
            "rate_limit",
            "openai, which is throttled for another 3 minutes.",
        ),
        ({"queue_reason": "overlap", "held_by": "run-0"}, "overlap", "An older scheduled run of paper (run-0) is not over."),
    ],
)
def test_a_queued_run(queue: dict[str, Any] | None, code: str, words: str) -> None:
    (found,) = why(Story.of("a"), queue)
    assert (found["code"], words in found["text"], found["data"]) == (code, True, {"queued_at_ms": 1000, **queue} if queue else {})


@pytest.mark.parametrize(
    ("noted", "words"),
    [
        (RunQueueReasonChanged("capacity"), "All slots were taken. It starts when"),
        (RunQueueReasonChanged("workspace_lock", "/srv"), "Another run works in /srv."),
        (RunQueueReasonChanged("rate_limit", rate_limited_provider="openai"), "It needs openai, which is throttled."),
        (RunQueueReasonChanged("overlap"), "An older scheduled run of paper is not over."),
    ],
)
def test_what_is_recorded_is_said_where_nobody_can_be_asked(noted: RunQueueReasonChanged, words: str) -> None:
    story = Story.of("a")
    story.do(lambda turn: turn.emit(noted), go_on=False)
    (found,) = why(story)
    assert (found["code"], words in found["text"]) == (noted.queue_reason, True)
    assert why(story, {})[0]["code"] == "starting", "nothing holds it any more"


@pytest.mark.parametrize("queue", [None, {"queue_reason": "retry_backoff", "retry_after_ms": 6000}])
def test_a_run_that_waits_for_a_back_off(queue: dict[str, Any] | None) -> None:
    story = Story.begun(f"a {DELAY}")
    story.fail("a")
    story.now += 1000
    (found,) = why(story, queue)
    assert found["text"] == "Node a failed and is tried again in 4 seconds (attempt 2)."
    story.now += 4000
    assert "again at once" in why(story, queue)[0]["text"]


def test_a_run_under_way() -> None:
    story = Story.begun("a", "b", f"c {DELAY}", GATE, top="limits: {parallel: 3}")
    story.fail("b")
    story.fail("c")
    story.now += 90_000
    assert codes(story) == ["node_running", "failing", "retry_backoff", "awaiting_gate"]
    assert why(story)[0]["text"] == "Node a has been running for 2 minutes (attempt 1)."
    assert why(story)[1]["text"].startswith("b failed: nothing new starts")


def test_a_run_that_goes_on_after_a_failure_says_so() -> None:
    story = Story.begun("a", "b", top="fail_fast: false")
    story.fail("a")
    assert why(story)[1]["text"].startswith("a failed: nodes that do not need it go on")


def test_a_run_between_two_steps() -> None:
    story = Story.of("a")
    story.do(lambda turn: turn.emit(run.RunExecutionClaimed(claim_id="c", claimant_id="d", lease_epoch=1)), go_on=False)
    assert codes(story) == ["advancing"]


@pytest.mark.parametrize(("reason", "words"), [(None, "An operator paused it."), ("lunch.", "An operator paused it: lunch.")])
def test_a_run_that_is_held(reason: str | None, words: str) -> None:
    story = Story.begun("a")
    story.pause(reason)
    (found,) = why(story)
    assert (found["code"], found["text"], found["next"][0]) == ("paused_by_operator", words, "penstock resume run-1")


def test_a_run_that_is_held_by_its_budget() -> None:
    story = Story.begun("a", "b", top="limits: {runtime: 2s}")
    story.now += 3000
    story.ok("a")
    (found,) = why(story)
    assert (found["code"], "3 seconds of 2 seconds" in found["text"]) == ("budget_runtime_reached", True)
    assert [step.split()[1] for step in found["next"]] == ["resume", "finish", "cancel"]


def test_a_run_that_is_held_for_a_shutdown() -> None:
    story = Story.begun("a")
    story.shut_down()
    assert codes(story) == ["shutdown"]


def test_a_run_that_waits_for_a_person_and_for_a_back_off() -> None:
    story = Story.begun(GATE, "o effect: once", f"a {DELAY}")
    story.fail("a")
    story.lose("o")
    story.now += 3_600_000
    delayed, gate, outcome = why(story)
    assert (delayed["code"], gate["code"], outcome["data"]["gate"]) == ("retry_backoff", "awaiting_gate", "o.outcome")
    assert gate["text"] == "Gate g has been open for 1 hour and waits for a person. It expires in 1 hour; then the run is cancelled."
    assert gate["next"] == ["penstock approve run-1 g   (or reject, rework, cancel-gate)"]
    assert "expires" not in outcome["text"]


def test_a_gate_tells_the_first_line_of_what_it_asks() -> None:
    assert why(Story.begun("g gate: human_approval, timeout: 2h, prompt: 'Sure?'"))[0]["text"].endswith(
        "the run is cancelled. It asks: Sure?"
    )


@pytest.mark.parametrize(
    ("decisions", "step"), [("[approve]", "penstock approve run-1 g"), ("[reject, cancel]", "penstock reject run-1 g   (or cancel-gate)")]
)
def test_a_gate_names_the_decisions_that_it_offers(decisions: str, step: str) -> None:
    assert why(Story.begun(f"g gate: human_approval, decisions: {decisions}"))[0]["next"] == [step]


def test_a_failed_run_names_the_nodes_and_the_way_on() -> None:
    story = Story.begun("a")
    story.fail("a", "exit_3")
    (found,) = why(story)
    assert (found["code"], found["text"]) == ("nodes_failed", "It failed. Node a: exit_3! (exit_3).")
    assert found["next"] == ["penstock recover run-1", "penstock retry run-1 a", "penstock logs run-1 a"]


def test_runs_that_ended_otherwise() -> None:
    done, cancelled, blocked, panicked = Story.begun("a"), Story.begun("a"), Story.begun("a"), Story.begun("a")
    done.ok("a")
    cancelled.cancel("no more.")
    blocked.do(lambda turn: turn.emit(run.RunBlockedCorruptCheckpoint(message="event 7 is torn")))
    panicked.do(lambda turn: turn.emit(run.RunFailedPanic(message="KeyError: x")))
    assert [(found["code"], found["text"]) for story in (done, cancelled, blocked, panicked) for found in why(story)] == [
        ("run_completed", "It completed."),
        ("cancelled_by_operator", "It was cancelled. Reason: no more."),
        ("checkpoint_recovery_failed", "It was blocked. event 7 is torn"),
        ("run_task_panicked", "It failed. KeyError: x"),
    ]


def test_a_gate_says_how_many_have_approved_and_how_it_is_answered() -> None:
    story = Story.begun("g gate: human_review, name: Pick one, decisions: [reject, approve, cancel], min_approvals: 2")
    story.decide("approve")
    (found,) = why_open(story.state, story.now)
    assert "1 of 2 have approved." in found["text"]
    assert found["next"] == ["penstock approve run-1 g   (or reject, cancel-gate)"]


def test_a_gate_that_only_its_resolver_answers_has_no_command() -> None:
    story = Story.begun("g gate: pr_checks", rules=RunRules(resolver_types=frozenset({"pr_checks"})))
    (found,) = why_open(story.state, story.now)
    assert ("waits for its resolver, pr_checks" in found["text"], found["next"]) == (True, [])
    story = Story.begun("g gate: human_review, decisions: [cancel]")
    assert why_open(story.state, story.now)[0]["next"] == ["penstock cancel-gate run-1 g"]
