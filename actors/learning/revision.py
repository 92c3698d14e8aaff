"""Revisions: a new version of a workflow as a person is to look at it, with what was learned beside it (learning spec 9.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["Revision"]


@frozen
class Revision:
    """A planner session: what is wanted and why. Nothing of it is in use before a person stores the draft.

    `draft` has the creator, the workflow's definition as JSON, and the fields that differ from the plan; `import_validation` says how the
    plan was read. Model and provider are empty: nobody was asked. `put_version` is the version that a person has stored it as.
    """

    session_id: str
    workflow_id: str
    project_slug: str
    title: str
    goal: str
    notes: str
    workspace: str | None
    draft: Mapping[str, Any]
    import_validation: Mapping[str, Any]
    operator_preferences: Mapping[str, Any]
    created_at_ms: int
    source_kind: str = "workflow_learning_revision"
    plan_source: str = "workflow_learning_revision"
    provider: str = ""
    model: str = ""
    put_version: int | None = None
    put_digest: str | None = None
