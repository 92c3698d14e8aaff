"""What a run's line in the catalog says to the scheduler. Pure."""

from __future__ import annotations

__all__ = ["scheduled_key"]


def scheduled_key(workflow_id: str) -> str:
    """The word under which scheduled runs of a workflow are found in the catalog until they are over."""
    return f"scheduled/{workflow_id}"
