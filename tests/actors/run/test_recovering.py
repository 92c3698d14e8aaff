"""What the next daemon makes of a run, how often a node may be lost, and how a daemon that ends in order leaves it."""

from __future__ import annotations

from actors.node.events import NodeCompleted, NodeInterrupted, NodeStarted
from actors.run.events import FinallyStarted, RunPauseRequested
from actors.run.evolve import evolve
from actors.run.recovery import claim, reclaim
from actors.run.schedule import next_look_ms
from tests.actors.run.table import Story

TWO = "limits: {parallel: 2}"


def test_what_was_under_way_is_queued_and_starts_again() -> None:
    story = Story.begun("a", "b needs: [a]")
    assert story.restart() == ["run_queued_for_resume_after_restart"]
    assert (story.state.status, story.state.detail) == ("queued", {"code": "queued_after_restart", "node_ids": ["a"]})
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert (story.state.epoch, story.state.nodes["a"].crashes) == (2, 1)


def test_with_nothing_under_way_no_node_is_named() -> None:
    story = Story.begun("a", last=("t retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}",))
    story.ok("a")
    story.fail("t")
    story.restart()
    assert story.state.detail == {"code": "queued_after_restart"}


def test_the_third_loss_fails_the_run() -> None:
    story = Story.begun("a", "b", top=TWO)
    for _ in range(2):
        story.restart()
        story.claim()
    story.ok("b")
    assert story.restart() == ["run_failed_server_restart interrupted_by_restart"]
    assert (story.state.stop_kind, story.statuses()) == ("server_restart", {"a": "failed", "b": "completed"})
    assert story.state.detail == {"code": "interrupted_by_restart", "node_ids": ["a"]}


def test_losses_of_the_actor_alone_count_in_the_same_way() -> None:
    story = Story.begun("a retry: {max_attempts: 2}")
    assert story.lose("a") == ["interrupt a lost", "start a.2"]
    assert story.lose("a") == ["interrupt a lost", "start a.3"]
    assert story.lose("a") == ["fail a attempt_lost attempts_exhausted", "run_failed nodes_failed"]


def test_other_interruptions_are_no_losses() -> None:
    story = Story.begun("a")
    for _ in range(5):
        story.stop("a", "pause")
    assert (story.state.nodes["a"].crashes, story.state.nodes["a"].spent) == (0, 1)


def test_runs_that_were_not_under_way_are_left_alone() -> None:
    waiting = Story.begun("g gate: human_approval")
    paused = Story.begun("a")
    paused.pause()
    assert [waiting.restart(), paused.restart(), Story.of("a").restart()] == [[], [], []]


def test_a_run_held_for_a_shutdown_is_queued_by_the_next_start() -> None:
    story = Story.begun("a")
    assert story.shut_down() == ["run_interrupted_shutdown", "run_paused shutdown"]
    assert (story.state.stop_kind, story.state.pause_reason) == (None, "shutdown")
    assert story.restart() == ["run_queued_for_resume_after_restart"]
    assert (story.state.resume_reason, story.state.pause_reason) == ("shutdown_rehydration", None)


def test_a_restart_in_clean_up_goes_on_with_clean_up() -> None:
    story = Story.begun("a", last=("t",))
    story.fail("a")
    story.restart()
    assert story.claim() == ["run_execution_claimed", "start t.2"]
    assert story.ok("t") == ["done t", "finally_completed", "run_failed nodes_failed"]


def test_a_restart_in_a_handler_starts_the_handler_again() -> None:
    story = Story.begun("a on_fail: {command: [x]}")
    story.fail("a")
    story.restart()
    assert story.claim() == ["run_execution_claimed", "start a.on_fail.2"]


def test_the_first_claim_alone_starts_the_run() -> None:
    story = Story.of("a")
    story.now = 2000
    assert story.claim()[:2] == ["run_execution_claimed", "run_started"]
    story.now = 3000
    story.restart()
    assert "run_started" not in story.claim()
    assert story.state.started_at_ms == 2000


def test_a_workspace_that_is_gone_fails_the_run_at_its_claim() -> None:
    story = Story.of("a", workspace="/gone")
    assert story.claim("workspace_missing") == ["run_execution_claimed", "run_started", "run_failed workspace_missing"]
    assert story.state.detail == {"code": "workspace_missing", "text": "workspace_missing!"}
    assert (story.state.stop_kind, story.state.stop_reason) == ("guardrail_stopped", "workspace_missing")


def test_time_moves_a_run_only_while_it_runs() -> None:
    story = Story.begun("a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}", "b")
    story.fail("a")
    assert next_look_ms(story.state, story.rules, 1000) == 2000
    assert next_look_ms(story.state, story.rules, 2000) is None  # what was due by then waits for something else
    story.pause()
    assert next_look_ms(story.state, story.rules, 1000) is None


def test_a_shutdown_holds_a_run_that_was_being_held_for_the_reason_that_was_given() -> None:
    story = Story.begun("a")
    story.do(lambda turn: turn.emit(RunPauseRequested(reason="workflow_paused", pausing=True)), go_on=False)
    assert story.state.status == "pausing"
    assert story.shut_down() == ["run_paused workflow_paused"]
    assert (story.state.status, story.state.pause_reason) == ("paused", "workflow_paused")
    assert story.restart() == [], "no start takes up what an operator holds"


def test_clean_up_in_a_log_that_does_not_say_what_it_follows_ends_with_what_the_nodes_add_up_to() -> None:
    story = Story.begun("a", last=("t",))
    story.replay([story.log[0], (NodeCompleted(node_id="a"), 1000), (FinallyStarted("completed", "completed"), 1000)])
    assert (story.state.section, story.state.conclusion) == ("finally", None)
    assert story.look() == ["start t"]
    assert story.ok("t") == ["done t", "finally_completed", "run_completed"]


def test_r20_a_claim_that_nothing_came_of_is_taken_back_and_the_next_one_starts_nothing_twice() -> None:
    story = Story.of("a")
    story.do(lambda turn: claim(turn, "claim-1", "daemon-1", None), go_on=False)
    assert story.do(lambda turn: reclaim(turn, "daemon-1")) == ["run_execution_claim_expired_requeued"]
    assert (story.state.status, story.state.claimed, story.state.epoch) == ("queued", False, 1)
    assert story.state.resume_reason == "abandoned_execution_claim"
    assert story.claim() == ["run_execution_claimed", "start a"]
    assert story.state.epoch == 2


def test_a_claim_that_something_came_of_is_recovered_as_after_a_restart() -> None:
    story = Story.begun("a")
    assert story.do(lambda turn: reclaim(turn, "daemon-1")) == ["run_queued_for_resume_after_restart"]
    assert story.state.nodes["a"].output["blocker_category"] == "server_restart_interrupted"


def test_r52_nodes_that_the_version_does_not_have_fail_the_run_unless_their_attempts_have_ended() -> None:
    story = Story.begun("a")
    for fact in (NodeStarted(node_id="gone"), NodeStarted(node_id="ended"), NodeInterrupted(node_id="ended", reason="x")):
        evolve(story.state, fact, 1000)
    assert story.restart() == ["run_failed_server_restart interrupted_by_restart"]
    assert (story.state.detail, story.state.last_failure) == ({"code": "interrupted_by_restart", "node_ids": ["gone"]}, None)
    assert story.state.nodes["a"].output is None, "nothing is made up"


def test_r55_a_run_that_was_being_held_is_held_with_its_reason_and_its_lost_attempts_do_not_count() -> None:
    story = Story.begun("a", "pay effect: once", top=TWO)
    story.do(lambda turn: turn.emit(RunPauseRequested(reason="workflow_paused", pausing=True)), go_on=False)
    assert story.restart() == ["ask pay.outcome", "run_pausing_settled_on_restart"]
    node = story.state.nodes["a"]
    assert (story.state.status, story.state.pause_reason, story.statuses()) == (
        "paused", "workflow_paused", {"a": "pending", "pay": "waiting"},
    )  # fmt: skip
    assert (node.attempt, node.excused, node.crashes) == (1, 1, 0)
