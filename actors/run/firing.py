"""Runs that nobody asked for: all of one moment are made in one commit, with the facts of what made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.admission import prepare
from actors.run.messages import Made
from actors.scheduler.messages import Enqueue
from actors.services import NEWBORN
from storage import BadTransaction, Transaction, Unavailable, VersionConflict

if TYPE_CHECKING:
    from actors.run.events import RunCreated
    from actors.run.messages import Fire
    from actors.scheduler.messages import Ticket
    from actors.services import Services
    from storage import Append
    from supervision import Ref

__all__ = ["fire"]


async def fire(services: Services, scheduler: Ref[Enqueue], message: Fire) -> Made | Refusal:
    """Make the runs and tell the scheduler, in their order."""
    made: list[tuple[RunCreated, Ticket]] = []
    appends: list[Append] = []
    now = services.clock.now_ms()
    for admit in message.admits:
        try:
            prepared = prepare(services, admit, services.plans.get(admit.digest), now)
        except VersionMissing as error:
            return Refusal("workflow_version_missing", str(error), {"digest": admit.digest})
        if isinstance(prepared, Refusal):
            return Made(denied=prepared)
        appends += prepared[0].appends
        made.append((prepared[1], prepared[2]))
    try:
        await services.store.commit(Transaction(now, (*appends, *message.also)))
    except VersionConflict as conflict:
        return Refusal("overtaken", f"{conflict}. No run was made.")
    except (Unavailable, BadTransaction) as error:
        return Refusal(error.code, f"{error}. No run was made.")
    for event, ticket in made:
        if len(services.newborn) < NEWBORN:
            services.newborn[ticket.run_id] = (event, now)
        services.watchers.grew(ticket.run_id, "queued", 1, "run_created", moved=True)
        await scheduler.tell(Enqueue(ticket))
    return Made()
