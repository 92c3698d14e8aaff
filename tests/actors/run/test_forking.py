"""A run that has ended is forked: what the new run keeps, what it does anew, and what cannot be forked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from actors.entity import Fact
from actors.refusals import Refusal
from actors.run.events import RunCreated
from actors.run.evolve import fold
from actors.run.forking import Birth, NewRun
from actors.run.new_state import new_state
from actors.run.requests import Fork
from actors.run.state import RunState
from actors.run.vocabulary import run_codec
from storage.records import Recorded
from tests.actors.run.nested import block, leaf, loop, nested, says
from tests.actors.run.table import ANNA, HASH, Story

GATE = "g gate: {type: human_approval, prompt: 'Ship {{ nodes.a.output }}?'}, needs: [a]"


def done() -> Story:
    story = Story.begun("a", GATE, "b needs: [g]", "c needs: [b]")
    story.ok("a", "one", file="a.txt")
    story.decide("approve", feedback="fine")
    story.claim()
    story.ok("b", "two")
    story.ok("c", "three")
    assert story.state.status == "completed"
    return story


def forked(story: Story, *nodes: str, lost: frozenset[str] = frozenset(), refused: Refusal | None = None) -> list[str]:
    def world(question: Hashable) -> Any:
        assert isinstance(question, NewRun)
        made = RunCreated(workflow_id="paper", version=1, digest="digest", trigger_type="fork", forked_from="run-1")
        return refused or Birth("run-2", made, ("mind the gap",), lost)

    story.world = world
    return story.operate(Fork(ANNA, nodes, {"who": "Anna"}, workflow_seq=4))


def born(story: Story) -> RunState:
    """The new run, as its log says."""
    append, *_ = story.also
    assert (append.stream, append.expected, append.headline is not None and append.headline.status) == ("run-2", 0, "queued")
    facts: list[tuple[Fact, int]] = [
        (run_codec().decode(Recorded(seq, 5, event.kind, event.data)), 5) for seq, event in enumerate(append.events, 1)
    ]
    return fold(new_state("run-2", story.plan), facts)


def test_r106_the_source_changes_in_nothing_but_the_note() -> None:
    story = done()
    before = (story.state.status, story.state.output, story.state.finished_at_ms, story.statuses())
    assert forked(story) == ["forked run-2"]
    assert (story.state.status, story.state.output, story.state.finished_at_ms, story.statuses()) == before
    state = born(story)
    assert (state.trigger_type, state.forked_from, state.status) == ("fork", "run-1", "queued")
    assert {node.status for node in state.nodes.values()} == {"pending"}, "of a completed run all is done anew"
    assert story.answer == {
        "run_id": "run-2", "status": "queued", "workflow_id": "paper", "version": 1, "digest": "digest", "forked_from": "run-1",
        "kept_nodes": [], "warnings": ["mind the gap"],
    }  # fmt: skip


def test_what_is_not_behind_the_named_nodes_is_kept_with_its_results() -> None:
    story = done()
    forked(story, "b")
    state = born(story)
    assert {node_id: node.status for node_id, node in state.nodes.items()} == {
        "a": "completed", "g": "completed", "b": "pending", "c": "pending",
    }  # fmt: skip
    assert (state.nodes["a"].output, state.nodes["a"].attempt, state.nodes["g"].output["content"]["decision"]) == ("one", 0, "approve")
    assert state.nodes["a"].artifact is not None
    assert state.body.ready == ["b"]


@pytest.mark.parametrize(("digest", "first"), [(HASH, "start b"), ("0" * 64, "reopen g")])
def test_an_approval_is_kept_for_as_long_as_it_shows_the_same(digest: str, first: str) -> None:
    story = done()
    forked(story, "b")
    fork = Story.on(story.plan)
    fork.state = born(story)
    fork.evidence = {"a": digest}
    assert fork.claim()[2] == first


def test_it_is_made_only_if_its_workflow_was_not_changed_meanwhile() -> None:
    story = done()
    forked(story)
    assert [(append.stream, append.expected, append.events) for append in story.also[1:]] == [("workflow/paper", 4, ())]


def test_of_a_failed_run_it_is_what_a_recovery_would_do_anew() -> None:
    story = Story.begun("a", "b needs: [a]", "c needs: [b]")
    story.ok("a", "one")
    story.fail("b")
    forked(story)
    assert {node_id: node.status for node_id, node in born(story).nodes.items()} == {"a": "completed", "b": "pending", "c": "pending"}


def test_of_a_cancelled_run_it_is_what_was_not_done() -> None:
    story = Story.begun("a", "b needs: [a]")
    story.ok("a", "one")
    story.cancel()
    forked(story)
    assert {node_id: node.status for node_id, node in born(story).nodes.items()} == {"a": "completed", "b": "pending"}


def test_skips_that_count_as_done_are_kept_as_skips() -> None:
    story = Story.begun("a when: 'false'", "b on_fail: continue", "c needs: [a, b]")
    story.fail("b")
    story.ok("c")
    forked(story, "c")
    state = born(story)
    assert [(state.nodes[name].status, state.nodes[name].skip_reason) for name in ("a", "b")] == [
        ("skipped", "condition_not_met"), ("skipped", "on_fail_continue"),
    ]  # fmt: skip
    assert state.body.ready == ["c"]


def test_what_lost_its_artifact_is_done_anew() -> None:
    story = done()
    forked(story, "c", lost=frozenset({"a"}))
    assert {node.status for node in born(story).nodes.values()} == {"pending"}


def test_what_cannot_be_forked() -> None:
    story = Story.begun("a")
    assert (forked(story), story.code) == ([], "run_not_terminal")
    story = done()
    assert (forked(story, "nobody"), story.code) == ([], "node_not_found")
    refused = Refusal("missing_required_input", "who")
    assert (forked(story, refused=refused), story.answer, story.also) == ([], refused, [])


def grouped() -> Story:
    story = nested(leaf("a"), loop("l", 'marker("r", "again")', 3, leaf("x"), leaf("r"), form="do_while"), block("g", leaf("b"), leaf("c")))
    for node_id, output in (("a", None), ("x", None), ("r", says("again")), ("x", None), ("r", says()), ("b", None), ("c", None)):
        story.ok(node_id, output)
    assert story.state.status == "completed"
    return story


@pytest.mark.parametrize(("named", "kept"), [("c", {"a", "l", "x", "r", "b"}), ("g", {"a", "l", "x", "r"}), ("r", {"a"}), ("a", set())])
def test_a_group_begins_again_with_what_is_done_anew_in_it_and_a_loop_with_its_first_turn(named: str, kept: set[str]) -> None:
    story = grouped()
    forked(story, named)
    assert {node_id for node_id, node in born(story).nodes.items() if node.status == "completed"} == kept
