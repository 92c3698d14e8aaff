"""What an operator may do to a run in each status, what it does, and why it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.gate.messages import Decide
from actors.node.messages import Interruption, Outcome, Success
from actors.refusals import Refusal, RequestKey
from actors.removal.events import RunPurged
from actors.run.events import RunCompleted
from actors.run.messages import ForRun
from actors.run.operations import attempts_to_end
from actors.run.pending import Pending
from actors.run.requests import Cancel, Fork, Operation, Pause, Recover, Repair, Resume, Retry
from tests.actors.run.table import ANNA, Story

GATE = "g gate: human_approval"


def queued() -> Story:
    return Story.of("a")


def running() -> Story:
    return Story.begun("a", "b needs: [a]")


def awaiting() -> Story:
    return Story.begun(GATE, "b needs: [g]")


def paused() -> Story:
    story = running()
    story.pause()
    return story


def completed() -> Story:
    story = Story.begun("a")
    story.ok("a")
    return story


def failed() -> Story:
    story = running()
    story.fail("a")
    return story


def cancelled() -> Story:
    story = running()
    story.cancel()
    return story


@pytest.mark.parametrize("make", [queued, running, awaiting])
def test_what_has_not_ended_can_be_paused(make: Callable[[], Story]) -> None:
    story = make()
    assert story.pause()[-2:] == ["run_pause_requested", "run_paused paused_by_operator"]
    assert (story.state.status, story.state.pause_reason, story.state.executing) == ("paused", "paused_by_operator", {})


@pytest.mark.parametrize("make", [paused, completed, failed, cancelled])
def test_what_is_held_or_has_ended_cannot_be_paused(make: Callable[[], Story]) -> None:
    story = make()
    assert (story.pause(), story.code) == ([], "run_not_pausable")


def test_a_pause_ends_attempts_first_and_keeps_the_reason() -> None:
    story = running()
    assert story.pause(" lunch ") == ["interrupt a operation", "run_pause_requested", "run_paused lunch"]


def test_a_resumed_run_is_queued_and_goes_on() -> None:
    story = paused()
    assert story.resume() == ["run_resumed"]
    assert (story.state.status, story.state.resume_reason, story.state.pause_reason) == ("queued", "resumed_by_operator", None)
    assert story.claim() == ["run_execution_claimed", "start a.2"]


def test_a_paused_back_off_is_waited_for_again() -> None:
    story = Story.begun("a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}")
    story.fail("a")
    story.pause()
    story.resume()
    assert story.claim() == ["run_execution_claimed", "release a 2000"]


@pytest.mark.parametrize(("make", "code"), [(running, "run_not_paused"), (awaiting, "run_not_paused"), (completed, "run_already_terminal")])
def test_what_is_not_held_cannot_be_resumed(make: Callable[[], Story], code: str) -> None:
    story = make()
    assert (story.resume(), story.code) == ([], code)


@pytest.mark.parametrize("make", [completed, failed, cancelled])
def test_cancelling_what_has_ended_changes_nothing(make: Callable[[], Story]) -> None:
    story = make()
    before = story.state.status
    assert (story.cancel(), story.answer, story.state.status) == ([], {"already_terminal": True}, before)


@pytest.mark.parametrize("make", [queued, awaiting, paused])
def test_what_rests_is_cancelled_at_once(make: Callable[[], Story]) -> None:
    story = make()
    assert story.cancel("no more") == ["run_stopped no more"]
    assert (story.state.status, story.state.stop_reason, story.state.finished_at_ms) == ("cancelled", "no more", 1000)


def test_a_cancelled_run_keeps_its_gates_for_readers_and_takes_no_answer() -> None:
    story = awaiting()
    story.cancel()
    assert (list(story.state.open_gates), story.decide("approve"), story.code) == (["g"], [], "run_not_awaiting_approval")


def test_a_blocked_run_can_still_be_cancelled() -> None:
    from actors.run.events import RunBlockedCorruptCheckpoint

    story = running()
    story.do(lambda turn: turn.emit(RunBlockedCorruptCheckpoint(message="unreadable")))
    assert story.state.status == "blocked"
    assert story.cancel() == ["run_stopped cancelled_by_operator"]


def test_the_budget_holds_the_run_and_a_raised_one_lets_it_go_on() -> None:
    story = Story.begun("a", "b needs: [a]", top="limits: {runtime: 2s}")
    story.now += 2000
    assert story.ok("a") == ["done a", "run_paused budget_runtime_reached"]
    assert (story.state.stop_kind, story.state.stop_reason) == ("guardrail_stopped", "budget_runtime_reached")
    assert story.state.detail == {"code": "budget_runtime_reached", "value": 2000, "limit": 2000}
    story.resume()
    assert story.claim() == ["run_execution_claimed", "run_paused budget_runtime_reached"]
    story.resume(runtime_ms=5000)
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_attempts_under_way_end_by_themselves_when_the_budget_is_used_up() -> None:
    story = Story.begun("a", "b", "c", top="limits: {runtime: 1s, parallel: 2}")
    story.now += 1000
    assert story.ok("a") == ["done a"]
    assert story.ok("b") == ["done b", "run_paused budget_runtime_reached"]


def test_time_in_which_a_person_is_asked_costs_no_budget() -> None:
    story = Story.begun(GATE, "b needs: [g]", top="limits: {runtime: 1s}")
    story.now += 3_600_000
    story.decide("approve")
    assert story.claim() == ["run_execution_claimed", "start b"]


def test_which_attempts_an_operation_ends() -> None:
    story = Story.begun("a", GATE, "b needs: [g]", "c", top="limits: {parallel: 2}", last=("t",))
    turn = story.turn()
    ends: dict[str, Operation] = {
        "pause": Pause(ANNA), "cancel": Cancel(ANNA), "gate cancel": Decide(ANNA, "cancel"), "approve": Decide(ANNA, "approve"),
        "rework": Decide(ANNA, "rework"), "refused": Decide(ANNA, "cancel", "nobody"), "resume": Resume(ANNA), "retry": Retry(ANNA, "a"),
    }  # fmt: skip
    found = {name: attempts_to_end(turn, operation) for name, operation in ends.items()}
    both = ["a", "c"]
    assert found == {
        "pause": both, "cancel": both, "gate cancel": both, "approve": [], "rework": [], "refused": [], "resume": [], "retry": [],
    }  # fmt: skip


def test_a_first_cancel_during_clean_up_ends_nothing_a_second_ends_all() -> None:
    story = Story.begun("a", last=("t",))
    story.ok("a")
    assert attempts_to_end(story.turn(), Cancel(ANNA)) == []
    story.cancel()
    assert attempts_to_end(story.turn(), Cancel(ANNA)) == ["t"]


def test_a_pending_operation_gathers_the_endings_it_waits_for_with_its_own_reason() -> None:
    command = ForRun("run-1", Pause(ANNA), RequestKey("r", "d"))
    pending = Pending(command, None, {"t1": "a", "t2": "b"}, "pause")
    assert not pending.hear(Outcome("c", "other", Success()))
    assert pending.hear(Outcome("a", "t1", Interruption("dismissed")))
    assert pending.hear(Outcome("b", "t2", Success(1)))
    assert (pending.waiting, [ending.verdict for ending in pending.endings]) == ({}, [Interruption("pause"), Success(1)])


def test_a_refusal_says_what_is_allowed() -> None:
    story = completed()
    story.pause()
    assert isinstance(story.answer, Refusal)
    assert story.answer.data == {"status": "completed"}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Recover(ANNA), "run_is_dry_run"),
        (Retry(ANNA, "a"), "run_is_dry_run"),
        (Repair(ANNA, "a", 2, "new"), "run_is_dry_run"),
        (Fork(ANNA), "run_is_dry_run"),
    ],
    ids=["recover", "retry", "repair", "fork"],
)
def test_nothing_of_a_dry_run_is_tried_again(operation: Operation, code: str) -> None:
    story = Story.of("a")
    story.state.trigger_type = "manual_dry_run"
    story.do(lambda turn: turn.emit(RunCompleted(output={"nodes": []})), go_on=False)
    assert (story.state.detail, story.state.started_at_ms) == ({"code": "dry_run"}, 1000)
    assert (story.operate(operation), story.code) == ([], code)


def test_a_run_that_is_being_removed_is_there_for_nobody() -> None:
    story = Story.begun("a")
    story.ok("a")
    story.do(lambda turn: turn.emit(RunPurged("retention")), go_on=False)
    for operation in (Pause(ANNA), Cancel(ANNA), Recover(ANNA), Fork(ANNA)):
        assert (story.operate(operation), story.code) == ([], "run_not_found")
