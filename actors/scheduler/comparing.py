"""The scheduler and the catalog: it is built from it, and what a lost message may have left is healed by looking at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actors.scheduler.tickets import ticket_of_line

if TYPE_CHECKING:
    from actors.scheduler.actor import Scheduler
    from actors.services import Services
    from storage import Headline

__all__ = ["compare", "take_up"]

KNOWN = ("running", "pausing", "queued")
PAGE = 5_000


def take_up(scheduler: Scheduler) -> None:
    """What the catalog says of all runs that hold something or wait for it; nobody is launched yet."""
    for line in _lines(scheduler.services):
        _take(scheduler, line)


def compare(scheduler: Scheduler) -> None:
    """Runs that the catalog calls queued, running or pausing are known as that, others are not known.

    A run that was given its slot a moment ago may not have its claim in the catalog yet: it keeps the slot for two ticks.
    """
    admission, catalog = scheduler.admission, scheduler.services.store.catalog
    now = scheduler.services.clock.now_ms()
    recent = {run_id for run_id, at_ms in scheduler.granted.items() if abs(now - at_ms) <= scheduler.patience_ms}
    found = catalog.statuses("run", KNOWN)
    here = {"running": admission.active, "pausing": admission.pausing, "queued": admission.queued}
    for run_id, status in found.items():
        if run_id not in here[status] and (status != "queued" or run_id not in recent):
            line = catalog.get(run_id)
            if line is not None:
                _take(scheduler, line)
    known = (*admission.active, *admission.pausing, *admission.queued)
    for run_id in [run_id for run_id in known if run_id not in found and run_id not in recent]:
        scheduler.leave(run_id)


def _take(scheduler: Scheduler, line: Headline) -> None:
    claim = scheduler.services.store.claims.get(line.stream)
    epoch = claim.epoch if claim is not None else 0
    scheduler.leave(line.stream)
    if line.status == "queued":
        scheduler.enqueue(ticket_of_line(line, epoch))
    elif line.status in KNOWN:
        scheduler.admission.occupy(ticket_of_line(line, epoch - 1), slot=line.status == "running")


def _lines(services: Services) -> Iterator[Headline]:
    """All of them, newest first."""
    last: str | None = None
    while page := services.store.catalog.list("run", KNOWN, limit=PAGE, before=last):
        yield from page
        last = page[-1].stream
