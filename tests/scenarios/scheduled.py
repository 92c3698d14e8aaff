"""Scheduled runs without a schedule: made in one commit, as whoever makes them would."""

from __future__ import annotations

from attrs import evolve

from actors.refusals import Principal, Refusal, RequestKey
from actors.run.admission import prepare
from actors.run.events import RunCreated
from actors.run.headline import born
from actors.run.messages import Admit
from actors.run.schedule import first_ticket
from actors.run.vocabulary import run_codec
from actors.scheduler.messages import Enqueue
from actors.services import SCHEDULER
from storage import Transaction
from tests.scenarios.client import new_request_id
from tests.scenarios.harness import House

__all__ = ["scheduled"]


async def scheduled(d: House, text: str, count: int = 1, *, queues: bool = True) -> list[str]:
    """So many runs of the definition, made in one commit, the oldest first. Whoever hears of them is told in the reverse order."""
    assert d.host is not None
    assert d.host.assembly is not None
    services, system = d.host.assembly.services, d.host.assembly.system
    version = await d.put(text)
    plan = services.plans.get(version["digest"])
    transaction, tickets, receipts = Transaction(services.clock.now_ms()), [], []
    for number in range(count):
        admit = Admit(version["workflow_id"], version["version"], version["digest"], {}, Principal(0), RequestKey(new_request_id(), "ab"))
        found = prepare(services, admit, plan)
        assert not isinstance(found, Refusal)
        made, asked, ticket, _ = found
        event: RunCreated = evolve(asked, trigger_type="scheduled", scheduled_for_ms=made.at_ms - 60_000 + number, queues=queues)
        [append] = made.appends
        append = evolve(append, events=(run_codec().encode(event),), headline=born(ticket.run_id, event, plan.workflow, made.at_ms))
        transaction = evolve(transaction, appends=(*transaction.appends, append))
        tickets.append(first_ticket(ticket.run_id, event, plan.workflow, made.at_ms))
        receipts.append(made.receipt)
    await services.store.commit(transaction)
    for receipt in receipts:  # every run has one, which here says nothing
        await services.store.commit(Transaction(transaction.at_ms, receipt=receipt))
    for ticket in reversed(tickets):
        await system.ref(SCHEDULER).tell(Enqueue(ticket))
    return [ticket.run_id for ticket in tickets]
