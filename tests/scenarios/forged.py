"""What another daemon, or one that is gone, may have written about a run: commits behind the back of everybody here."""

from __future__ import annotations

import os

from actors.entity import Fact
from actors.node.events import NodeStarted
from actors.run.events import RunExecutionClaimed, RunStarted
from actors.run.headline import headline_of
from actors.run.logbook import fold_log
from actors.run.turn import Turn
from actors.run.vocabulary import run_codec
from actors.services import Services
from storage import Acquire, Append, Transaction
from tests.scenarios.flows import flow
from tests.scenarios.harness import House

__all__ = ["HELD_BACK", "OTHER", "forge", "held_back", "let_go", "pulse", "services_of", "taken"]

OTHER = "penstockd:other"
HELD_BACK = "providers: [away]"


def services_of(d: House) -> Services:
    assert d.host is not None
    assert d.host.assembly is not None
    return d.host.assembly.services


async def held_back(d: House, *nodes: str, top: str = "", name: str = "story") -> str:
    """A run that stays in the queue until it is let go: nobody here opens it."""
    await d.call("scheduler.throttle", provider="away", for_ms=604_800_000)
    return await d.begin(flow(*nodes, top=f"{HELD_BACK}\n{top}", name=name))


async def let_go(d: House) -> None:
    await d.call("scheduler.throttle", provider="away", for_ms=0)


async def forge(d: House, run_id: str, *facts: Fact, claim: Acquire | None = None) -> None:
    """Append these facts to the run's log, under its present claim or with a new one."""
    services = services_of(d)
    services.newborn.pop(run_id, None)  # who made the run here remembers its first fact, for as long as nobody else writes
    state = fold_log(services, run_id)
    held = services.store.claims.get(run_id)
    epoch = held.epoch if held is not None and held.claimant is not None else None
    seq, turn = state.seq, Turn(state, services.clock.now_ms(), services.ids.nonce, services.rules)
    for fact in facts:
        turn.emit(fact)
    events = tuple(run_codec().encode(fact) for fact in facts)
    append = Append(run_id, seq, events, epoch=None if claim is not None else epoch, headline=headline_of(state), claim=claim)
    await services.store.commit(Transaction(turn.now, (append,)))


async def taken(d: House, run_id: str, *nodes: str, by: str = OTHER, lease_ms: int = 30_000) -> None:
    """The queued run is claimed and started, and so are these nodes of it; then nothing more comes."""
    state = fold_log(services_of(d), run_id)
    epoch = state.epoch + 1
    begun = (RunStarted(),) if state.started_at_ms is None else ()
    started = tuple(NodeStarted(node_id=node_id) for node_id in nodes)
    await forge(d, run_id, RunExecutionClaimed("run-claim-1", by, epoch), *begun, *started, claim=Acquire(by, epoch, lease_ms))


def pulse(d: House, run_id: str, at_ms: int) -> None:
    """Somebody has seen the run's attempts alive at that time."""
    folder = d.places.data / "runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "heartbeat").touch()
    os.utime(folder / "heartbeat", ns=(at_ms * 1_000_000, at_ms * 1_000_000))
