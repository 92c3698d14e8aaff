"""The words for how a run stands, and what they come to. Data. Pure."""

from __future__ import annotations

from typing import Literal

__all__ = ["ACTIVE", "SKIPPED_AS_DONE", "SUCCEEDED", "TERMINAL", "RunStatus"]

RunStatus = Literal["queued", "running", "pausing", "paused", "waiting", "awaiting_approval", "completed", "blocked", "failed", "cancelled"]
TERMINAL: frozenset[str] = frozenset({"completed", "blocked", "failed", "cancelled"})
ACTIVE: frozenset[str] = frozenset({"running", "pausing"})
SUCCEEDED: frozenset[str] = frozenset({"completed", "timed_out"})
SKIPPED_AS_DONE: frozenset[str] = frozenset({"condition_not_met", "on_fail_continue", "upstream_triage_no_work"})
"""Skips after which a run goes on as if the node had done its work. The others end with the section they are in."""
