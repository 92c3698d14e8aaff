"""Scheduled runs at once, without waiting for their times: made in one commit with the facts that say so, as the calendar would."""

from __future__ import annotations

from actors.calendar.events import ScheduleFired
from actors.calendar.log import schedule_codec, schedule_stream
from actors.refusals import Refusal
from actors.run.admission import prepare
from actors.run.messages import Admit, Origin
from actors.scheduler.messages import Enqueue
from actors.services import SCHEDULER
from storage import Append, Transaction
from tests.scenarios.harness import House

__all__ = ["scheduled"]


async def scheduled(d: House, text: str, count: int = 1, *, queues: bool = True) -> list[str]:
    """So many runs of the definition, made in one commit, the oldest first. Whoever hears of them is told in the reverse order."""
    assert d.host is not None
    assert d.host.assembly is not None
    services, system = d.host.assembly.services, d.host.assembly.system
    version = await d.put(text)
    workflow_id, now = version["workflow_id"], services.clock.now_ms()
    plan = services.plans.get(version["digest"])
    seq = services.store.journal.head(schedule_stream(workflow_id))
    appends: list[Append] = []
    tickets, facts = [], []
    for number in range(count):
        nominal = now - 60_000 + seq + number
        origin = Origin(services.ids.new("run"), scheduled_for_ms=nominal, queues=queues)
        admit = Admit(workflow_id, version["version"], version["digest"], {}, None, None, trigger_type="scheduled", origin=origin)
        found = prepare(services, admit, plan, now)
        assert not isinstance(found, Refusal)
        appends += found[0].appends
        tickets.append(found[2])
        facts.append(schedule_codec().encode(ScheduleFired(enabled=False, nominal_time=nominal, run_id=origin.run_id)))
    own = Append(schedule_stream(workflow_id), seq, tuple(facts))
    await services.store.commit(Transaction(now, (*appends, own)))
    for ticket in reversed(tickets):
        await system.ref(SCHEDULER).tell(Enqueue(ticket))
    return [ticket.run_id for ticket in tickets]
