"""Waits for a time: opened, woken, timed out in each way, in every status of their run."""

from __future__ import annotations

import pytest

from actors.run.headline import due_of, headline_of, line_key
from actors.wait.row import earliest
from tests.actors.run.table import Story

NAP = "nap wait: {timer: 1s}"
EVENT = "pay wait: {signal: payment, timeout: 10s, on_timeout: %s}"


def test_r68_a_timer_lets_the_run_wait_and_go_on() -> None:
    story = Story.begun(NAP, "b needs: [nap]")
    assert [row.status for row in story.state.waits.values()] == ["waiting"]
    assert (story.state.status, earliest(story.state.waits.values())) == ("waiting", 2000)
    assert story.wait(999) == []
    assert story.wait(1) == ["timer_woken nap", "done nap", "requeued nap"]
    node = story.state.nodes["nap"]
    assert (story.state.status, story.state.resume_reason, node.status, node.output["contract_kind"]) == (
        "queued", "stateful_runtime.wait.timer_woken", "completed", "stateful_wait",
    )  # fmt: skip
    content = node.output["content"]
    assert (content["wait_id"], content["wait_kind"], content["event_seq"]) == ("workflow:run-1:nap:1:wait", "timer", 7)
    assert type(story.log[content["event_seq"] - 1][0]).__name__ == "WaitTimerWoken"
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_r70_a_wait_and_an_attempt_go_on_beside_each_other() -> None:
    story = Story.begun(NAP, "a", top="limits: {parallel: 2}")
    assert (story.state.status, list(story.state.executing)) == ("running", ["a"])
    assert story.ok("a") == ["done a", "run_waiting"]
    assert story.state.status == "waiting"


def test_a_wait_takes_no_place_among_the_attempts_at_once() -> None:
    story = Story.begun(NAP, "a", "b", top="limits: {parallel: 1}")
    assert list(story.state.executing) == ["a"]
    assert story.wait(1000) == ["timer_woken nap", "done nap"]
    assert story.state.status == "running"


@pytest.mark.parametrize("text", ["1970-01-01T00:00:05Z", "5000", "{{ inputs.when }}"])
def test_a_timer_until_an_instant(text: str) -> None:
    story = Story.begun(f'nap wait: {{until: "{text}"}}', top="inputs: {when: {}}", inputs={"when": "1970-01-01T00:00:05+00:00"})
    assert earliest(story.state.waits.values()) == 5000


def test_an_instant_that_is_past_is_over_at_once() -> None:
    story = Story.begun('nap wait: {until: "1970-01-01T00:00:00.5Z"}', "b needs: [nap]")
    assert story.look() == ["timer_woken nap", "done nap", "requeued nap"]


def test_what_cannot_be_filled_in_fails_the_run_when_its_siblings_have_ended() -> None:
    story = Story.begun(
        'nap wait: {until: "{{ inputs.when }}"}', "a", top="inputs: {when: {}}\nlimits: {parallel: 2}", inputs={"when": "noon"}
    )
    assert story.state.nodes["nap"].status == "failed"
    assert list(story.state.executing) == ["a"]
    assert story.ok("a") == ["done a", "run_failed wait_registration_failed"]
    state = story.state
    assert (state.status, state.stop_kind, state.detail["code"] if state.detail else None) == (
        "failed", "guardrail_stopped", "wait_registration_failed",
    )  # fmt: skip


def test_a_reference_that_is_not_there_fails_it_too() -> None:
    story = Story.begun("a", 'nap wait: {signal: "x-{{ nodes.a.output.deep }}"}, needs: [a]')
    assert story.ok("a", {"other": 1}) == ["done a", "not_registered nap reference_unknown", "run_failed wait_registration_failed"]


def test_a_name_that_is_too_long_or_empty_fails_it_too() -> None:
    for value in ("", "x" * 513):
        story = Story.begun('w wait: {signal: "{{ inputs.name }}"}', top="inputs: {name: {}}", inputs={"name": value})
        assert story.state.nodes["w"].error is not None
        assert story.state.nodes["w"].error.code == "wait_key_invalid"


def test_of_a_wake_and_a_timeout_at_once_the_timeout_wins() -> None:
    story = Story.begun("nap wait: {timer: 10s, timeout: 10s, on_timeout: fail}")
    assert story.wait(10_000)[0] == "timeout_failed nap"
    story = Story.begun("nap wait: {timer: 9s, timeout: 10s, on_timeout: fail}")
    assert story.wait(10_000)[0] == "timer_woken nap"


def test_waits_that_are_due_together_end_in_the_order_of_their_times() -> None:
    story = Story.begun("c wait: {timer: 2s}", "b wait: {timer: 1s}", "a wait: {timer: 2s}")
    words = [word for word in story.wait(5_000) if word.startswith("timer")]
    assert words == ["timer_woken b", "timer_woken a", "timer_woken c"]


def test_r100_a_wake_while_the_run_is_paused_is_recorded_and_the_run_stays_paused() -> None:
    story = Story.begun(NAP, "b needs: [nap]")
    story.pause()
    assert earliest(story.state.waits.values()) == 2000
    assert story.wait(1000) == ["timer_woken nap", "done nap"]
    assert (story.state.status, story.state.nodes["nap"].status) == ("paused", "completed")
    story.resume()
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_a_wake_makes_a_run_in_back_off_claimable_at_once() -> None:
    retried = "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1h}}"
    story = Story.begun(NAP.replace("1s", "5s"), retried, "b needs: [nap]", top="limits: {parallel: 2}")
    story.fail("a")
    assert (story.state.status, earliest(story.state.waits.values())) == ("queued", 6000)
    assert story.wait(5_000) == ["timer_woken nap", "done nap", "requeued nap"]
    assert (story.state.retry_after_ms, story.state.queue) == (None, {"queued_at_ms": 1000})
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_a_reset_wait_opens_as_a_new_instance() -> None:
    story = Story.begun(NAP, "g gate: human_approval, needs: [nap], rework: [nap]")
    story.wait(1000)
    story.claim()
    assert story.decide("rework", "g") == ["decide g rework"]
    assert story.state.nodes["nap"].instance == 2
    assert story.claim()[1:] == ["wait nap timer @2", "registered nap", "run_waiting"]


def test_waits_of_a_run_that_has_ended_are_closed_and_wake_nothing() -> None:
    story = Story.begun(NAP, "a", top="limits: {parallel: 2}")
    story.fail("a")
    assert (story.state.status, story.state.waits["nap"].status, earliest(story.state.waits.values())) == ("failed", "cancelled", None)
    assert story.wait(5_000) == []
    story.retry("a")
    assert story.state.nodes["nap"].instance == 2  # it had begun and was closed with the run
    assert "wait nap timer @2" in story.claim()


def test_cancelling_a_run_that_waits_ends_it_and_its_waits() -> None:
    story = Story.begun(NAP)
    assert story.cancel() == ["run_stopped cancelled_by_operator"]
    assert story.state.waits["nap"].status == "cancelled"


def test_a_run_that_is_being_cancelled_is_not_woken() -> None:
    story = Story.begun(NAP, last=("tidy",))
    story.cancel()
    assert (story.state.status, line_key(story.state).wait_due_ms, headline_of(story.state).keys) == ("queued", None, ())
    assert story.wait(5_000) == []


def test_r58_a_lost_wake_is_made_good_at_the_next_start() -> None:
    whole = Story.begun(NAP, "b needs: [nap]")
    whole.wait(1000)
    story = Story.of(NAP, "b needs: [nap]")
    story.replay(whole.log[:-2])  # without the node's completion and what follows
    assert (story.state.waits["nap"].status, story.state.nodes["nap"].status, story.state.status) == ("woken", "waiting", "waiting")
    assert due_of(story.state) is not None
    assert story.restart() == ["done nap", "wake_recovered nap"]
    assert story.state.status == "queued"
    assert story.restart() == []


def test_a_lost_wake_of_a_paused_run_is_made_good_and_the_run_stays_paused() -> None:
    whole = Story.begun(NAP, "b needs: [nap]")
    whole.wait(1000)
    story = Story.of(NAP, "b needs: [nap]")
    story.replay(whole.log[:-2])
    story.pause()
    assert story.restart() == ["done nap", "wake_recovered nap"]
    assert story.state.status == "paused"


def test_r58_a_wake_of_an_older_instance_is_no_lost_wake() -> None:
    story = Story.begun(NAP, "g gate: human_approval, needs: [nap], rework: [nap]")
    story.wait(1000)
    story.claim()
    story.decide("rework", "g")
    assert story.restart() == []


def test_a_wait_that_had_only_begun_to_open_keeps_its_times() -> None:
    whole = Story.begun(NAP)
    began = next(i for i, (event, _) in enumerate(whole.log) if type(event).__name__ == "WaitNodeRegistrationStarted")
    story = Story.of(NAP)
    story.replay(whole.log[: began + 1])
    story.now = 1500
    story.state.status = "waiting"
    assert story.restart() == ["registered nap"]
    assert earliest(story.state.waits.values()) == 2000


LIMIT = "inputs: {limit: {}, n: {type: integer, default: 3}}"


def test_durations_of_a_wait_are_filled_in_when_it_opens() -> None:
    nodes = ("a", "nap wait: {timer: '{{ nodes.a.output }}', timeout: '{{ inputs.limit }}', on_timeout: cancel}, needs: [a]")
    story = Story.begun(*nodes, top=LIMIT, inputs={"limit": "1m"})
    story.now += 500
    story.ok("a", "10s")
    [row] = story.state.waits.values()
    assert (row.wake_at_ms, row.timeout_at_ms, row.on_timeout) == (11_500, 61_500, "cancel")


@pytest.mark.parametrize(("wait", "found"), [
    ("timer: '{{ inputs.limit }}'", '"timer" is'), ("signal: s, timeout: '{{ inputs.limit }}'", '"timeout" is'),
], ids=["timer", "timeout"])  # fmt: skip
@pytest.mark.parametrize("limit", ["soon", "0s", "3651d"])
def test_what_is_no_duration_of_a_wait_when_it_is_filled_in_fails_its_node(wait: str, found: str, limit: str) -> None:
    story = Story.begun(f"nap wait: {{{wait}}}", top=LIMIT, inputs={"limit": limit})
    error = story.state.nodes["nap"].error
    assert error is not None
    assert (error.code, error.failure_class, story.state.status) == ("invalid_duration", "configuration", "failed")
    assert error.message.startswith(found)
    assert repr(limit) in error.message
