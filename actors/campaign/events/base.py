"""What the facts of campaigns share."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from actors.entity import Fact

__all__ = ["CampaignFact", "CampaignStatus", "Frozen", "Note", "Patch"]

CampaignStatus = Literal[
    "draft", "running", "awaiting_promotion_approval", "paused_manual", "paused_budget", "paused_evaluator_unstable", "completed", "failed",
]  # fmt: skip


@frozen
class Note:
    """What is to be known of the campaign now: a code, and an operator's words or the values that the code names."""

    reason: str
    detail: str | None = None


@frozen
class Frozen:
    """One of the five inputs as it was at creation; `sha256` in lower-case hex, `size_bytes` of the file."""

    artifact_ref: str
    resolved_path: str
    sha256: str
    size_bytes: int


@frozen
class Patch:
    """What an approved winner changes in the live workflow."""

    node_id: str
    field: str
    field_path: str
    expected_before: Any
    apply_value: Any
    approved_at_ms: int


@frozen
class CampaignFact(Fact):
    """What all of them say."""

    by: str = "reconciler"
