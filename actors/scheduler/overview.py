"""The queue as people and programs see it. Pure."""

from __future__ import annotations

from heapq import nsmallest
from typing import Any

from actors.scheduler.messages import Ticket
from actors.scheduler.rules import Admission

__all__ = ["overview"]


def overview(admission: Admission, now: int, limit: int) -> dict[str, Any]:
    """Everything as JSON; of the runs that wait the first `limit`, the highest priority first, then those that have waited longest."""
    figures = admission.figures
    waiting = nsmallest(limit, admission.queued.values(), key=lambda ticket: (-ticket.priority, ticket.since_ms, ticket.run_id))
    return {
        "mode": "single" if admission.single else "multi",
        "max_concurrent_runs": admission.max_concurrent_runs,
        "active": [_run(ticket) | {"holds": "slot"} for ticket in admission.active.values()]
        + [_run(ticket) | {"holds": "workspace"} for ticket in admission.pausing.values()],
        "queued": admission.reasons(now),
        "waiting": [_run(ticket) | {"queued_at_ms": ticket.since_ms} | (admission.reason(ticket.run_id, now) or {}) for ticket in waiting],
        "throttles": [
            {"provider": found.provider, "until_ms": found.until_ms} | ({"tenant": found.tenant} if found.tenant is not None else {})
            for found in admission.throttles.known.values()
        ],
        "totals": {"admitted": figures.admitted, "completed": figures.completed},
        "waits": {
            "count": len(figures.waits),
            "average_ms": figures.average_ms,
            "p95_ms": figures.p95_ms,
            "oldest_queued_at_ms": min((ticket.since_ms for ticket in admission.queued.values()), default=None),
        },
    }


def _run(ticket: Ticket) -> dict[str, Any]:
    found: dict[str, Any] = {"run_id": ticket.run_id, "workflow_id": ticket.workflow, "priority": ticket.priority}
    return found if ticket.workspace is None else found | {"workspace": ticket.workspace}
