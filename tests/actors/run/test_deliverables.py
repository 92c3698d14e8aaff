"""What must be there before a run says that it is complete, who owes what is missing, and how often it is tried."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from actors.run.deliverables import Deliverable
from tests.actors.run.table import Story

AGAIN = "retry: {max_attempts: 2}"
TARGET = "output_targets: [out.md]"


def seeing(story: Story, *found: str) -> Story:
    """Each look at the working folder finds the next of these; the last of them from then on."""
    left = list(found)

    def world(question: Hashable) -> Any:
        assert isinstance(question, Deliverable)
        return left.pop(0) if len(left) > 1 else left[0]

    story.world = world
    return story


@pytest.mark.parametrize(
    ("node", "found", "ending"),
    [
        ("a", "there", "run_completed"),
        ("a", "empty", "run_completed"),
        ("a", "missing", "run_failed completion_assertion_failed"),
        ("a contract: {kind: report}", "empty", "run_failed completion_assertion_failed"),
        ("a contract: {kind: report}", "there", "run_completed"),
    ],
)
def test_the_file_of_a_node_is_there_and_under_a_contract_worth_something(node: str, found: str, ending: str) -> None:
    story = seeing(Story.begun(node), found)
    assert story.ok("a", {"status": "done"}, file="a.md")[-1] == ending


@pytest.mark.parametrize("found", ["missing", "empty"])
def test_a_target_of_the_run_is_there_and_worth_something(found: str) -> None:
    story = seeing(Story.begun("a", top=TARGET), found)
    assert story.ok("a", "see out.md")[-1] == "run_failed completion_assertion_failed"
    assert story.state.detail == {"code": "completion_assertion_failed", "node_ids": ["a"], "missing": ["out.md"]}


def test_a_target_of_which_no_node_speaks_is_not_of_this_run() -> None:
    story = seeing(Story.begun(f"a {AGAIN}", top=TARGET), "there")
    assert story.ok("a", "nothing")[-1] == "run_failed completion_assertion_failed"
    assert story.state.detail == {"code": "completion_assertion_failed", "missing": ["out.md"]}


def test_who_made_a_file_owes_it_rather_than_who_speaks_of_it_and_does_it_again_while_attempts_are_left() -> None:
    story = seeing(Story.begun(f"a {AGAIN}", f"b needs: [a], {AGAIN}", f"c needs: [b], {AGAIN}", top=TARGET), "missing", "there")
    story.ok("a", "out.md will come")
    story.ok("b", file="out.md")
    assert story.ok("c", "out.md is there") == ["done c", "completion_repair ('out.md', 'out.md')", "start b.2"]
    assert (story.state.last_failure or {})["failure_kind"] == "missing_required_artifact_path"
    assert story.ok("b", file="out.md") == ["done b", "recovered b", "run_completed"]


@pytest.mark.parametrize(
    ("node", "ending"), [("effect: once", "run_failed completion_assertion_failed"), ("", "completion_repair ('a.md',)")]
)
def test_an_effect_that_must_happen_once_is_not_done_again_for_a_file(node: str, ending: str) -> None:
    story = seeing(Story.begun(f"a {AGAIN}{node and ', ' + node}"), "missing")
    assert ending in story.ok("a", file="a.md")


def test_where_one_of_several_can_do_nothing_more_none_does_anything() -> None:
    story = seeing(Story.begun(f"a {AGAIN}", "b", top="limits: {parallel: 2}"), "missing")
    story.ok("a", file="a.md")
    assert story.ok("b", file="b.md") == ["done b", "run_failed completion_assertion_failed"]
    assert story.state.detail == {"code": "completion_assertion_failed", "node_ids": ["a", "b"], "missing": ["a.md", "b.md"]}


@pytest.mark.parametrize(
    ("kind", "receipt", "ending"),
    [
        ("email", "sent", "run_completed"),
        ("email", {"status": " Success "}, "run_completed"),
        ("email", {"status": "queued"}, "run_failed completion_assertion_failed"),
        ("email", {"status": 1}, "run_failed completion_assertion_failed"),
        ("email", None, "run_failed completion_assertion_failed"),
        ("outbound_action", "executed", "run_completed"),
        ("outbound_action", "sent", "run_failed completion_assertion_failed"),
        ("report", None, "run_completed"),
    ],
)
def test_what_went_out_has_a_receipt(kind: str, receipt: Any, ending: str) -> None:
    story = Story.begun(f"a contract: {{kind: {kind}}}")
    assert story.ok("a", {"status": "done", "receipt": receipt})[-1] == ending
    assert Story.begun(f"a contract: {{kind: {kind}}}").ok("a", "text")[-1] == (
        "run_completed" if kind == "report" else "run_failed completion_assertion_failed"
    )


def test_a_skipped_node_owes_nothing() -> None:
    story = Story.begun("a contract: {kind: email}, when: 'false'", "b")
    assert story.ok("b") == ["done b", "run_completed"]
