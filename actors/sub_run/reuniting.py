"""At a daemon's start: runs that have begun others look at these, for their last word may have been lost with the former daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.run.headline import BEGUN_BY_RUNS, HEARS_OF_RUNS
from actors.run.messages import ForRun, Wake
from actors.run.requests import Cancel
from actors.services import REGISTRAR
from actors.sub_run.row import PARENT_CANCELLED, RESTS, TERMINAL
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.run.registrar import Registrar

__all__ = ["reunite", "tell_parent"]

MANY = 100_000
ASK_S = 30.0


async def reunite(registrar: Registrar) -> None:
    """Open parents at rest, and end children whose parent has ended or is not there any more."""
    catalog = registrar.services.store.catalog
    for line in catalog.found(HEARS_OF_RUNS, MANY):
        if line.status in RESTS:
            await registrar.tell_run(line.stream, Wake())
    for line in catalog.found(BEGUN_BY_RUNS, MANY):
        parent = catalog.get(line.facts["parent_run_id"])
        if parent is None or parent.kind != "run" or parent.status in TERMINAL:
            registrar.spawn(_end, registrar, line.stream)


async def tell_parent(registrar: Registrar, run_id: str) -> None:
    """A run has ended whose own actor cannot say so: whoever has begun it looks."""
    catalog = registrar.services.store.catalog
    line = catalog.get(run_id)
    above = line.facts.get("parent_run_id") if line is not None else None
    parent = catalog.get(above) if above is not None else None
    if parent is not None and parent.kind == "run" and parent.status not in TERMINAL:
        await registrar.tell_run(parent.stream, Wake())


async def _end(registrar: Registrar, run_id: str) -> None:
    """What it does not hear now it is told at the next start."""
    try:
        await registrar.system.ref(REGISTRAR).ask(ForRun(run_id, Cancel("system", PARENT_CANCELLED), None), timeout=ASK_S)
    except (ActorDead, AskTimeout, MailboxFull):
        return
