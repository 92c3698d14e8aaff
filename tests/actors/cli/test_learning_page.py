"""What `penstock learning show` says beside the learning itself: what is remembered of it, and the draft of a next version."""

from __future__ import annotations

from typing import Any

from actors.cli.learning_memory import memory_lines
from actors.cli.learning_revision import revision_lines
from actors.cli.learning_trial import trial_lines

MEMORY = {
    "memory_id": "m1",
    "tier": "session",
    "project_id": "p",
    "run_id": "r",
    "content": "It holds.",
    "scope": None,
    "reviewer_id": None,
}
DRAFT: dict[str, Any] = {
    "session_id": "s", "title": "T", "goal": "G", "put_version": None,
    "draft": {"base_version": 2, "creator": "anna", "changes": [{"path": "nodes.a.instructions", "before": "x", "after": "x\ny"}]},
}  # fmt: skip


def test_memories_are_told_with_whom_they_belong_to() -> None:
    project = MEMORY | {"tier": "project", "scope": {"source_binding": "workflow:w"}, "reviewer_id": "anna", "reason": "so"}
    assert list(memory_lines([])) == []
    assert list(memory_lines([MEMORY, project])) == [
        "", "Remembered:", "  m1  session r", "    It holds.", "  m1  project p, workflow:w, reviewed by anna: so", "    It holds.",
    ]  # fmt: skip


def test_a_draft_is_told_with_its_changes_and_what_can_be_done() -> None:
    assert list(revision_lines("x", None)) == []
    lines = list(revision_lines("x", DRAFT))
    assert lines[1:7] == [
        "Draft s: T", "  G", "  begins from version 2, by anna", "  nodes.a.instructions:", "    - x", "    + x",
    ]  # fmt: skip
    assert lines[-2] == "Store it: penstock learning put-revision x"
    stored = list(revision_lines("x", DRAFT | {"put_version": 3, "draft": DRAFT["draft"] | {"changes": []}}))
    assert stored[-2:] == ["  changes no node by itself; what is to change is a person's to say", "  stored as version 3"]


def test_a_trial_is_told_with_its_pairs_and_what_is_left_to_chance() -> None:
    assert list(trial_lines(None)) == []
    result = {"pairs": 0, "most": 5, "won": 0, "lost": 0, "tied": 0, "lead_needed": 5, "chance": 1.0, "difference": None}
    begun: dict[str, Any] = {"by": "policy", "verdict": None, "reason": None, "pairs": [], "open": ["r1", "r2"], "result": result}
    assert list(trial_lines(begun)) == [
        "", "Tried for policy on 5 runs, each with it and without it: under way",
        "  0 pairs: 0 won, 0 lost, 0 tied; a lead of 5 decides", "  running: with r1, without r2",
    ]  # fmt: skip
    pair = {"outcome": "won", "with_": {"run_id": "r1"}, "without": {"run_id": "r2"}, "replayed_run_id": "r0"}
    rates = {"completion_rate": 1.0, "validation_pass_rate": -0.5}
    over = begun | {"verdict": "dropped", "reason": "status=rejected", "pairs": [pair], "open": None}
    over["result"] = result | {"pairs": 1, "won": 1, "chance": 0.5, "difference": rates}
    assert list(trial_lines(over))[1:] == [
        "Tried for policy on 5 runs, each with it and without it: given up, since the learning is not what it was (status=rejected)",
        "  1 pairs: 1 won, 0 lost, 0 tied; a lead of 5 decides",
        "  with it +100.0% completed, -50.0% validated; chance alone comes to such a lead in 50.0% of cases",
        "  won   with r1, without r2, as r0",
    ]  # fmt: skip
