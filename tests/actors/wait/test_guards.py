"""Waits behind an approval, and ends of waits that are found late: what the run's status makes of them."""

from __future__ import annotations

from actors.run.evolve import evolve
from actors.wait.events import WaitWakeRecovered
from tests.actors.run.table import Story


def test_a_wait_behind_an_approval_whose_bytes_changed_does_not_open() -> None:
    story = Story.begun("draft artifact: notes.json", "ask gate: human_approval, needs: [draft]", "nap wait: {timer: 1h}, needs: [ask]")
    story.ok("draft", file="notes.json")
    story.decide("approve")
    story.evidence = {"draft": "ff" * 32}
    assert story.claim() == ["run_execution_claimed", "reopen ask", "ask ask @2", "run_awaiting_approval"]
    assert story.state.waits == {}


def test_a_lost_wake_that_is_found_in_a_run_under_way_changes_no_status() -> None:
    story = Story.begun("nap wait: {timer: 1h}", "a")
    assert story.state.status == "running"
    evolve(story.state, WaitWakeRecovered(node_id="nap", wait_id="w"), story.now)
    assert (story.state.status, story.state.resume_reason) == ("running", None)
