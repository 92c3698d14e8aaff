"""Public events in the form of CloudEvents 1.0, structured JSON. Prints nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

__all__ = ["cloudevent"]

_EXTENSIONS = (
    ("phase_id", "phaseid"), ("wait_kind", "waitkind"), ("causation_id", "causationid"), ("correlation_id", "correlationid"),
)  # fmt: skip
_TENANT = (("org_id", "orgid"), ("workspace_id", "workspaceid"), ("deployment_id", "deploymentid"))


def cloudevent(event: dict[str, Any]) -> dict[str, Any]:
    """One public event as a CloudEvent: `id` is its id for ever, `source` its run, `sequence` its number there, `data` its payload."""
    tenant = event["scope"].get("tenant_context", {})
    at = datetime.fromtimestamp(event["occurred_at_ms"] / 1000, UTC)
    found = {
        "specversion": "1.0", "id": event["event_id"], "source": f"/penstock/runs/{event['run_id']}", "type": event["event_type"],
        "subject": event.get("phase_id") or event["run_id"], "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json", "sequence": f"{event['seq']:020d}", "partitionkey": event["run_id"],
    }  # fmt: skip
    found |= {name: event[key] for key, name in _EXTENSIONS if event.get(key) is not None}
    found |= {name: tenant[key] for key, name in _TENANT if tenant.get(key)}
    return found | {"data": event["payload"]}
