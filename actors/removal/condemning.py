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

__all__ = ["CONDEMNED", "condemn", "family_of", "removable"]

MANY = 10_000

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
    if (kin := _kin_under_way(services, line)) is not None:
        return kin
    site = line.facts.get("worktree")
    if site is not None and site["stage"] in PRESENT:
        why = f" ({', '.join(site['kept'])})" if site.get("kept") else ""
        text = f"The worktree of {run_id} is still there{why}: {site['path']}, branch {site['branch']}. Remove it first: "
        return Refusal("worktree_in_place", f"{text}penstock worktree rm {run_id}", {"run_id": run_id, "path": site["path"]})
    return line


def _kin_under_way(services: Services, line: Headline) -> Refusal | None:
    """A run is not taken away from under the one that has begun it, nor while one is under way that it has begun."""
    catalog, parent_id = services.store.catalog, line.facts.get("parent_run_id")
    parent = catalog.get(parent_id) if parent_id is not None else None
    below = next((child for child in catalog.list("run", parent=line.stream, limit=MANY) if child.status not in TERMINAL), None)
    for kin, word in ((parent, "has begun it"), (below, "was begun by it")):
        if kin is not None and kin.kind == "run" and kin.status not in TERMINAL:
            text = (
                f"The run {kin.stream}, which {word}, is {kin.status}. Wait until it has ended, or cancel it: penstock cancel {kin.stream}"
            )
            return Refusal("run_kin_under_way", text, {"run_id": line.stream, "kin": kin.stream, "status": kin.status})
    return None


def family_of(services: Services, run_id: str) -> list[Headline]:
    """The runs that this one has begun, and those that these have, the deepest ones first."""
    found: list[Headline] = []
    for line in services.store.catalog.list("run", parent=run_id, limit=MANY):
        found += [*family_of(services, line.stream), line]
    return found


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
