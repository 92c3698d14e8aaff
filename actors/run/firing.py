"""Making runs and telling the scheduler: one that somebody asks for, or all that something else makes in one moment, in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.admission import prepare
from actors.run.known import conflict
from actors.run.messages import Made
from actors.scheduler.messages import Enqueue
from actors.services import NEWBORN
from storage import BadTransaction, ReceiptExists, RequestConflict, Transaction, Unavailable, VersionConflict

if TYPE_CHECKING:
    from actors.run.events import RunCreated
    from actors.run.messages import Admit, Fire
    from actors.run.plan import Plan
    from actors.scheduler.messages import Ticket
    from actors.services import Services
    from storage import Append
    from supervision import Ref

__all__ = ["create", "fire"]


async def fire(services: Services, scheduler: Ref[Enqueue], message: Fire) -> Made | Refusal:
    """Make the runs and tell the scheduler, in their order."""
    made: list[tuple[RunCreated, Ticket, int]] = []
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
        made.append((prepared[1], prepared[2], 1 + len(admit.carried)))
    try:
        await services.store.commit(Transaction(now, (*appends, *message.also), message.receipt, message.audit))
    except (VersionConflict, ReceiptExists, RequestConflict) as overtaken:
        return Refusal("overtaken", f"{overtaken}. No run was made.")
    except (Unavailable, BadTransaction) as error:
        return Refusal(error.code, f"{error}. No run was made.")
    for event, ticket, facts in made:
        await _introduce(services, scheduler, event, ticket, now, facts)
    return Made()


async def create(services: Services, scheduler: Ref[Enqueue], admit: Admit, plan: Plan) -> object:
    """Make the run that somebody asked for; what he is told."""
    assert admit.request is not None, "who asks has a name for it"
    try:
        prepared = prepare(services, admit, plan)
        if isinstance(prepared, Refusal):
            return prepared
        transaction, event, ticket, answer = prepared
        await services.store.commit(transaction)
    except ReceiptExists as known:
        return orjson.loads(known.reply)
    except RequestConflict:
        return conflict(admit.request)
    except VersionConflict as overtaken:
        return Refusal("overtaken", f"{overtaken}. No run was started; ask again, it does no harm.")
    except (Unavailable, BadTransaction) as error:
        return Refusal(error.code, f"{error}. No run was started; ask again, it does no harm.")
    await _introduce(services, scheduler, event, ticket, transaction.at_ms)
    return answer


async def _introduce(
    services: Services, scheduler: Ref[Enqueue], event: RunCreated, ticket: Ticket, now: int, facts: int = 1
) -> None:  # fmt: skip
    """`facts` are how many its log has."""
    if len(services.newborn) < NEWBORN and facts == 1:
        services.newborn[ticket.run_id] = (event, now)
    services.watchers.grew(ticket.run_id, "queued", facts, "run_created", moved=True)
    await scheduler.tell(Enqueue(ticket))
