"""Saying that a run is removed: one commit, after which nobody finds it; what is left of it can then be taken away at leisure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.refusals import Refusal
from actors.removal.events import RunPurged
from actors.run.audits import audit_entry
from actors.run.known import no_such_run
from actors.run.state import TERMINAL
from actors.run.vocabulary import run_codec
from actors.worktree.site import PRESENT
from storage import Append, Receipt, Transaction
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.refusals import RequestKey
    from actors.services import Services
    from storage import Headline

__all__ = ["CONDEMNED", "condemn", "removable"]

CONDEMNED = "purged_run"
"""The kind, in the catalog, of a run that is being removed."""


def removable(services: Services, run_id: str) -> Headline | Refusal:
    """The line of a run that may be removed, or why it may not."""
    line = services.store.catalog.get(run_id)
    if line is None or line.kind != "run":
        return no_such_run(run_id)
    if line.status not in TERMINAL:
        text = f"The run {run_id} is {line.status}; only a run that has ended is removed. Cancel it first: penstock cancel {run_id}"
        return Refusal("run_not_terminal", text, {"run_id": run_id, "status": line.status})
    site = line.facts.get("worktree")
    if site is not None and site["stage"] in PRESENT:
        why = f" ({', '.join(site['kept'])})" if site.get("kept") else ""
        text = f"The worktree of {run_id} is still there{why}: {site['path']}, branch {site['branch']}. Remove it first: "
        return Refusal("worktree_in_place", f"{text}penstock worktree rm {run_id}", {"run_id": run_id, "path": site["path"]})
    return line


async def condemn(
    services: Services, run_id: str, reason: str, by: str, request: RequestKey | None = None, reply: dict[str, Any] | None = None
) -> Headline | Refusal:
    """Record that the run is removed, unless it may not be. Raises VersionConflict when it changes at that moment, ClaimLost, Unavailable.

    It is the run's last fact: an actor of the run that still lives, and wants to write once more, finds its log grown and stops.
    """
    head = services.store.journal.head(run_id)  # before the line: whatever comes between the two is noticed
    line = removable(services, run_id)
    if isinstance(line, Refusal):
        return line
    now = services.clock.now_ms()
    event = RunPurged(reason=reason, by=by)
    after = evolve(line, kind=CONDEMNED, status="purging", updated_ms=now, due_ms=None, keys=())
    append = Append(run_id, head, (run_codec().encode(event),), headline=after)
    receipt = None if request is None else Receipt(request.request_id, request.digest.encode(), canonical(reply))
    entry = audit_entry(by, "run.purge", run_id, {"reason": reason, "workflow_id": line.group, "status": line.status}, "ok")
    await services.store.commit(Transaction(now, (append,), receipt, (entry,)))
    services.watchers.grew(run_id, "purging", head + 1, event.kind, moved=True)
    return line
