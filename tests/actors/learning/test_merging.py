"""A learning that comes up again: what of it changes, and what a reviewer can rely on."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.learning.events import LearningMerged, LearningStored
from actors.learning.merging import upsert
from actors.learning.record import Learning
from tests.actors.learning.paper import Desk, learning, metrics


def twice(first: Learning, second: Learning) -> tuple[Desk, Learning]:
    desk = Desk()
    for one in (first, second):
        step = desk.step()
        upsert(step, one, one.run_ids[-1] if one.run_ids else "run-x")
        desk.take(step)
    return desk, desk.learnings[0]


def test_l01_the_same_fingerprint_is_the_same_learning_with_more_behind_it() -> None:
    first = learning(confidence=0.5, artifact_refs=("a",), run_ids=("r1",), evidence_refs=({"n": 1},))
    second = learning(confidence=0.9, artifact_refs=("a", "b"), run_ids=("r2",), evidence_refs=({"n": 1}, {"n": 2}, {"n": 2}))
    desk, one = twice(first, second)
    assert (one.learning_id, one.confidence, one.source_run_id) == ("wflearn-1", 0.9, "run-0")
    assert (one.artifact_refs, one.run_ids, one.evidence_refs) == (("a", "b"), ("r1", "r2"), ({"n": 1}, {"n": 2}))
    assert (len(desk.learnings), desk.kinds) == (1, ["proposed", "merged"])
    assert (one.created_at_ms, one.updated_at_ms) == (2_000, 3_000)


@pytest.mark.parametrize("other", [{"kind": "repair_hint"}, {"fingerprint": "g"}], ids=["kind", "fingerprint"])
def test_l02_another_kind_or_fingerprint_is_another_learning(other: dict[str, Any]) -> None:
    assert len(twice(learning(), evolve(learning(), **other))[0].learnings) == 2


def test_l04_confidence_never_falls() -> None:
    assert twice(learning(confidence=0.9), learning(confidence=0.65))[1].confidence == 0.9


@pytest.mark.parametrize(
    ("status", "summary"),
    [("proposed", "new"), ("rejected", "new"), ("regressed", "new"), ("superseded", "new"), ("approved", "old"), ("applied", "old")],
    ids=str,
)
def test_a_status_stays_and_what_is_in_use_keeps_its_words(status: Any, summary: str) -> None:
    _, one = twice(evolve(learning(), status=status, summary="old"), evolve(learning(), summary="new"))
    assert (one.status, one.summary) == (status, summary)


def test_what_was_absent_is_filled_once_and_what_is_newest_is_taken() -> None:
    first = learning(proposed_revision_prompt="first", latest_observed_metrics=metrics(1), last_revision_session_id="s1")
    more = learning(
        proposed_revision_prompt="second", proposed_memory_payload={"x": 1}, node_id="a", node_kind="review", validator_family="f",
        source_memory_id="m", promoted_memory_id="p", baseline_before=metrics(3), latest_observed_metrics=metrics(2),
        last_revision_session_id="s2", needs_plan_bundle=True,
    )  # fmt: skip
    desk, one = twice(first, more)
    assert (one.proposed_revision_prompt, one.proposed_memory_payload, one.node_id) == ("first", {"x": 1}, "a")
    assert (one.latest_observed_metrics, one.last_revision_session_id, one.needs_plan_bundle) == (metrics(2), "s2", True)
    assert one.baseline_before == metrics(3)
    merged = desk.facts[-1]
    assert isinstance(merged, LearningMerged)
    assert (merged.summary, merged.proposed_revision_prompt, merged.confidence) == (None, None, None), "only what changed"


def test_a_learning_that_is_put_in_the_place_of_another_is_found_by_its_own_fingerprint_alone() -> None:
    desk, one = twice(learning(), learning())
    step = desk.step()
    step.emit(LearningStored("wf-1", one.learning_id, evolve(one, fingerprint="other")))
    assert step.book.alike(learning()) is None
    assert step.book.alike(learning(fingerprint="other")) is not None
