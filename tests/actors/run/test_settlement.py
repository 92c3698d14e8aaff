"""What a run's nodes add up to at its end."""

from __future__ import annotations

from typing import Any

import pytest

from actors.run.settlement import Standing, settle, settle_run, standings
from actors.run.state import Conclusion
from tests.actors.run.table import Story

NODE = "research-brief"
DONE = ("completed", "run_completed")
INCOMPLETE = ("failed", "terminal_accounting_missing")


def of(*nodes: Standing, deadlock: bool = False) -> tuple[str, str]:
    found = settle(nodes, deadlock=deadlock)
    assert set(found.node_ids) <= {node.node_id for node in nodes}
    return found.status, found.code


def test_r79_a_node_whose_attempts_are_used_up_has_failed() -> None:
    node = Standing(NODE, pending=True, attempts=3, cap=3, word="verify_failed")
    assert settle([node], deadlock=False) == Conclusion("failed", "nodes_failed", (NODE,))


def test_r80_a_node_that_may_still_be_repaired_is_left_out_of_account() -> None:
    node = Standing(NODE, pending=True, attempts=1, cap=3, word="needs_repair")
    assert settle([node], deadlock=False) == Conclusion("completed", "run_completed")


def test_r81_a_node_that_is_done_without_an_output_cannot_be_accounted_for() -> None:
    assert settle([Standing(NODE, done=True, has_output=False)], deadlock=False) == Conclusion(
        "failed", "terminal_accounting_missing", (NODE,)
    )


@pytest.mark.parametrize(
    ("node", "settled", "deadlocked"),
    [
        (Standing("n", pending=True, attempts=3, cap=3, has_output=False), DONE, ("failed", "nodes_failed")),
        (Standing("n", pending=True, attempts=3, cap=3), ("failed", "nodes_failed"), ("failed", "nodes_failed")),
        (Standing("n", pending=True, attempts=2, cap=3), DONE, ("failed", "flow_deadlock")),
        (Standing("n", pending=True, cap=3, blocked=True), ("blocked", "blocked_by_upstream"), ("blocked", "no_runnable_nodes")),
        (Standing("n", blocked=True), ("blocked", "blocked_by_upstream"), ("blocked", "no_runnable_nodes")),
        (Standing("n", done=True), DONE, ("failed", "flow_deadlock")),
        (Standing("n", has_output=False), INCOMPLETE, INCOMPLETE),
        (Standing("n"), INCOMPLETE, INCOMPLETE),
    ],
    ids=["under-way", "used-up", "attempts-left", "pending-blocked", "blocked", "done", "nothing", "undone"],
)
def test_a_node_of_each_kind(node: Standing, settled: tuple[str, str], deadlocked: tuple[str, str]) -> None:
    assert (of(node), of(node, deadlock=True)) == (settled, deadlocked)


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        *((word, DONE) for word in ("", "completed", "done", "passed", "accepted_with_warnings", "completed_with_warnings", "skipped")),
        *((word, ("failed", "nodes_failed")) for word in ("failed", "verify_failed")),
        ("blocked", ("blocked", "blocked_by_upstream")),
        ("whatever", INCOMPLETE),
    ],
)
def test_the_word_of_an_output_decides_about_a_node_that_is_done(word: str, ending: tuple[str, str]) -> None:
    assert of(Standing("n", done=True, word=word)) == ending
    assert of(Standing("n", word=word)) == (INCOMPLETE if ending == DONE else ending)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        *((kind, ("failed", "nodes_failed")) for kind in ("verification_failed", "run_failed")),
        *(
            (kind, ("blocked", "blocked_by_upstream"))
            for kind in (
                "research_retry_exhausted", "editorial_quality_failed", "semantic_blocked", "review_not_approved", "upstream_not_approved",
                "artifact_rejected", "unsafe_raw_write_rejected", "placeholder_overwrite_rejected",
            )
        ),
        ("another", DONE),
    ],
)  # fmt: skip
def test_the_kind_of_its_failure_outranks_that_it_calls_itself_done(kind: str, ending: tuple[str, str]) -> None:
    assert of(Standing("n", done=True, word="completed", failure_kind=kind)) == ending


def test_the_worst_decides_and_its_nodes_are_named_once_in_order() -> None:
    failed = Standing("f", word="failed")
    blocked, lost = Standing("b", blocked=True), Standing("l")
    assert settle([lost, blocked, failed, Standing("e", word="failed"), failed], deadlock=True).node_ids == ("e", "f")
    assert settle([lost, blocked], deadlock=False) == Conclusion("blocked", "blocked_by_upstream", ("b",))
    assert settle([], deadlock=False) == Conclusion("completed", "run_completed")


def contracted(output: Any) -> Story:
    """A run with one node under a contract, which is done."""
    story = Story.begun("a contract: {kind: report}", "b")
    story.ok("a", output)
    return story


@pytest.mark.parametrize(
    ("output", "ending"),
    [
        (None, "run_failed terminal_accounting_missing"),
        ({"status": "completed"}, "run_completed"),
        ({"status": " Done "}, "run_completed"),
        ({"text": "x"}, "run_completed"),
        ("x", "run_completed"),
        ({"status": "failed"}, "run_failed nodes_failed"),
        ({"status": "half"}, "run_failed terminal_accounting_missing"),
        ({"status": "completed", "failure_kind": "artifact_rejected"}, "run_blocked blocked_by_upstream"),
    ],
)
def test_the_output_of_a_node_under_a_contract_is_taken_at_its_word(output: Any, ending: str) -> None:
    assert contracted(output).ok("b") == ["done b", ending]


def test_without_a_contract_an_output_says_nothing_about_its_node() -> None:
    story = Story.begun("a")
    assert story.ok("a", {"status": "failed", "failure_kind": "run_failed"}) == ["done a", "run_completed"]


def test_skips_after_which_a_run_goes_on_do_not_count_and_others_do() -> None:
    story = Story.begun("a when: 'false'", "b")
    assert [found.node_id for found in standings(story.state)] == ["b"]
    story.state.nodes["a"].skip_reason = "fail_fast"
    assert settle_run(story.state) == Conclusion("failed", "terminal_accounting_missing", ("a", "b"))
