"""What a blocked node takes with it, and when that may go on."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.spec import Parallel, Repeat
from actors.workflow.spec_contract import Contract
from actors.workflow.spec_flow import GroupForm
from tests.actors.run.nested import block, leaf, nested
from tests.actors.run.table import Story

REPORT = "contract: {kind: report}"
VERIFY, BLOCKED = {"status": "verify_failed"}, {"status": "blocked"}


@pytest.mark.parametrize(
    ("mode", "statuses"),
    [
        ("pause_downstream_only", {"a": "blocked", "b": "blocked", "c": "running", "d": "pending"}),
        ("continue_independent", {"a": "blocked", "b": "blocked", "c": "running", "d": "pending"}),
        ("pause_all", {"a": "blocked", "b": "blocked", "c": "running", "d": "blocked"}),
    ],
)
def test_how_much_a_blocked_node_takes_with_it(mode: str, statuses: dict[str, str]) -> None:
    story = Story.begun(
        f"a {REPORT}", "b needs: [a]", "c", "d needs: [c]", top=f"limits: {{parallel: 2}}\nmetadata: {{partial_failure_mode: {mode}}}"
    )
    story.ok("a", BLOCKED)
    assert story.statuses() == statuses


@pytest.mark.parametrize("output", [VERIFY, BLOCKED], ids=["verify", "blocked"])
def test_what_is_blocked_with_it_does_not_start_when_its_own_needs_are_met(output: dict[str, Any]) -> None:
    top = "limits: {parallel: 2}\nfail_fast: false\nmetadata: {partial_failure_mode: pause_all}"
    story = Story.begun(f"a {REPORT}", "b", "c needs: [b]", "d needs: [c]", top=top)
    story.ok("a", output)
    assert (story.statuses()["c"], story.statuses()["d"]) == ("blocked", "blocked")
    said = story.ok("b")
    assert said[0] == "done b"
    assert "start c" not in said
    assert story.state.terminal
    story.retry("a")
    assert story.claim()[1:] == ["start a @2", "start c"], "what was blocked for its sake is not any more"


def test_of_two_that_stop_everything_the_last_that_is_begun_anew_lets_the_rest_go_on() -> None:
    top = "limits: {parallel: 2}\nmetadata: {partial_failure_mode: pause_all}"
    story = Story.begun(f"a {REPORT}", f"b {REPORT}", "c", top=top)
    story.ok("a", BLOCKED)
    assert story.ok("b", BLOCKED)[-1] == "run_blocked blocked_by_upstream"
    story.go_on_with("a")
    assert (story.claim()[1:], story.statuses()["c"]) == (["start a @2"], "blocked")
    assert story.ok("a", {"status": "done"})[-1] == "run_blocked blocked_by_upstream"
    story.go_on_with("b")
    assert story.claim()[1:] == ["start b @2", "start c"]


@pytest.mark.parametrize("form", [None, Parallel(), Repeat("true", 2)], ids=["block", "parallel", "repeat"])
def test_a_group_with_a_blocked_node_is_not_over_and_its_run_ends_blocked(form: GroupForm) -> None:
    story = nested(block("g", leaf("a", contract=Contract("report")), leaf("b"), form=form), leaf("c"))
    story.ok("a", BLOCKED)
    assert (story.state.status, story.statuses()["g"], story.statuses()["c"]) == ("blocked", "pending", "blocked")
