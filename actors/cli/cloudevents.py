"""Public events in the form of CloudEvents 1.0, structured JSON, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from actors.cli import exits
from actors.cli.link import Link, Reader
from actors.cli.text import print_json
from actors.control.client import Client, Stream

__all__ = ["cloudevent", "print_cloudevents"]

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


def print_cloudevents(link: Link, run_id: str, after: int, *, follow: bool) -> int:
    """The public events of a run behind that number, and with `follow` those to come; the exit code."""
    with link.client() if follow else link.reader() as source:
        if isinstance(source, Client) and follow:
            found: Iterable[dict[str, Any]] = Stream(source, "projection.follow", {"run_id": run_id, "after": after})
        else:
            found = _history(source, run_id, after)
        for event in found:
            print_json(cloudevent(event))
    return exits.OK


def _history(reader: Reader, run_id: str, after: int) -> Iterator[dict[str, Any]]:
    while page := reader.call("projection.events", {"run_id": run_id, "after_seq": after, "limit": 1000})["events"]:
        yield from page
        after = page[-1]["seq"]
