"""What a gate has approved before: the artifacts that its latest approval was given for, read from a run's facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from actors.entity import Fact
from actors.gate.events import ApprovalGateDecided, ApprovalGateOpened

__all__ = ["Approval", "last_approval"]


@frozen
class Approval:
    """Instance `instance` was approved; `digests` maps (node id, path) of its artifacts to their SHA-256."""

    instance: int
    decided_at_ms: int
    decided_by: str
    digests: Mapping[tuple[str, str], str]


def last_approval(facts: Iterable[tuple[Fact, int]], node_id: str) -> Approval | None:
    """The latest approval of the gate in these facts (each with its time, milliseconds), oldest first; None if there is none."""
    shown: dict[int, Mapping[str, Any]] = {}
    found = None
    for fact, at_ms in facts:
        match fact:
            case ApprovalGateOpened(node_id=asked, instance=instance) if asked == node_id:
                shown[instance] = fact.shown
            case ApprovalGateDecided(node_id=asked, instance=instance, decision="approve") if asked == node_id and instance in shown:
                found = Approval(instance, at_ms, fact.decided_by, _digests(shown[instance]))
    return found


def _digests(shown: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    artifacts = shown.get("artifacts", ())
    return {(item["node_id"], item["path"]): item["sha256"] for item in artifacts if item["sha256"] is not None}
