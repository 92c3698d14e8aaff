"""What a run's line in the catalog says to the scheduler. Pure."""

from __future__ import annotations

from actors.scheduler.messages import Ticket
from storage.records import Headline

__all__ = ["scheduled_key", "ticket_of_line"]


def scheduled_key(workflow_id: str) -> str:
    """The word under which scheduled runs of a workflow are found in the catalog until they are over."""
    return f"scheduled/{workflow_id}"


def ticket_of_line(line: Headline, epoch: int) -> Ticket:
    """`epoch` is that of the run's last claim; of a run that has one now, of the claim before it."""
    facts, workflow = line.facts, line.group or ""
    return Ticket(
        run_id=line.stream,
        created_ms=line.created_ms,
        priority=line.priority,
        workspace=facts.get("workspace"),
        not_before_ms=facts.get("retry_after"),
        epoch=epoch,
        workflow=workflow,
        weight=facts.get("weight", 1),
        providers=tuple(facts.get("providers", ())),
        behind=workflow if facts.get("behind") else None,
        queued_ms=line.updated_ms,
        root=facts.get("root_run_id"),
        recorded=facts.get("queue_reason"),
    )
