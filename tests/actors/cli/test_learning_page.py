"""What `penstock learning show` says beside the learning itself: what is remembered of it, and the draft of a next version."""

from __future__ import annotations

from typing import Any

from actors.cli.learning_memory import memory_lines
from actors.cli.learning_revision import revision_lines

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
