from __future__ import annotations

from actors.entity import Fact
from actors.gate.approvals import last_approval
from actors.gate.events import ApprovalGateDecided, ApprovalGateExpired, ApprovalGateOpened


def opened(node_id: str, instance: int, sha: str | None) -> Fact:
    shown = {"artifacts": [{"node_id": "draft", "path": "a.txt", "sha256": sha}]}
    return ApprovalGateOpened(node_id, node_id, "human_approval", instance, "n", ("approve",), "d", shown)


def decided(node_id: str, instance: int, decision: str) -> Fact:
    return ApprovalGateDecided(node_id, node_id, instance, decision, "uid:1", "d")


def test_the_latest_approval_of_the_gate_counts() -> None:
    facts = [
        (opened("ask", 1, "one"), 1), (opened("other", 1, "else"), 2), (decided("ask", 1, "approve"), 3), (opened("ask", 2, "two"), 4),
        (decided("other", 1, "approve"), 5), (decided("ask", 2, "approve"), 6), (opened("ask", 3, "three"), 7),
        (decided("ask", 3, "rework"), 8), (ApprovalGateExpired("ask", "ask", 4, "fail"), 9), (opened("ask", 4, "four"), 10),
    ]  # fmt: skip
    found = last_approval(facts, "ask")
    assert found is not None
    assert (found.instance, found.decided_at_ms, found.decided_by) == (2, 6, "uid:1")
    assert found.digests == {("draft", "a.txt"): "two"}


def test_an_artifact_that_was_not_there_was_not_approved() -> None:
    found = last_approval([(opened("ask", 1, None), 1), (decided("ask", 1, "approve"), 2)], "ask")
    assert found is not None
    assert found.digests == {}


def test_an_approval_of_what_nobody_saw_opened_is_none() -> None:
    assert last_approval([(decided("ask", 1, "approve"), 1)], "ask") is None
    assert last_approval([], "ask") is None
