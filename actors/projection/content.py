"""The checkpoint of a snapshot: what it holds when nothing is to be said, and how that is left out where it is kept (spec 6). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from actors.projection.identity import digest_of

__all__ = ["EMPTY", "filled", "payload_digest", "whole"]

EMPTY: Mapping[str, Any] = {
    "active_instance_ids": [], "active_session_ids": [], "awaiting_gate": None, "blocked_nodes": [], "completed_nodes": [],
    "execution_claim": None, "execution_claim_epoch": 0, "gate_history_count": 0, "last_failure": None,
    "node_attempt_verdict_counts": {}, "node_attempts": {}, "node_output_ids": [], "open_gates": [], "pause_reason": None,
    "pending_nodes": [], "resume_reason": None, "stop_kind": None, "stop_reason": None,
}  # fmt: skip
"""All keys of a checkpoint but its tier and its count, as they are when there is nothing to say."""


def whole(checkpoint: Mapping[str, Any], records: int) -> dict[str, Any]:
    """The checkpoint as it is told and hashed."""
    return {**EMPTY, **checkpoint, "lifecycle_event_count": records, "redaction_tier": "summary"}


def filled(kept: Mapping[str, Any], records: int) -> dict[str, Any]:
    """The same from what was kept: of gates only the list, for the first of them is the one that is awaited."""
    made = whole(kept, records)
    if made["open_gates"] and made["awaiting_gate"] is None:
        made["awaiting_gate"] = made["open_gates"][0]
    return dict(sorted(made.items()))


def payload_digest(checkpoint: Mapping[str, Any], records: int) -> str:
    """The digest of the whole checkpoint, `sha256:` and 64 hex digits. Only of what has failed there may be fractions in it."""
    made = whole(checkpoint, records)
    if made["last_failure"] is not None:
        return digest_of(made)
    return f"sha256:{hashlib.sha256(orjson.dumps(made, option=orjson.OPT_SORT_KEYS)).hexdigest()}"
