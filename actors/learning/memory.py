"""Memories: facts that outlive the run, or the conversation, that they come from (learning spec 9.3). Pure."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

__all__ = ["Memory", "Scope"]

Tier = Literal["session", "project"]


@frozen
class Scope:
    """What a memory is about, who may read it, and how far it may be promoted."""

    source_binding: str
    readable_tier: Tier = "session"
    promotion_tier: Tier = "project"


@frozen
class Memory:
    """One fact of a session or of a project.

    `metadata` says where it comes from, `fingerprint` is that of a fact of a conversation, so that it is kept once. One of a project
    names the one of a session that it was promoted from, who reviewed that and why.
    """

    memory_id: str
    tier: Tier
    project_id: str
    run_id: str
    content: str
    created_at_ms: int
    kind: str = "fact"
    classification: str = "internal"
    artifact_refs: tuple[str, ...] = ()
    metadata: Any = None
    scope: Scope | None = None
    fingerprint: str | None = None
    source_memory_id: str | None = None
    reviewer_id: str | None = None
    approval_id: str | None = None
    reason: str | None = None
