"""Trials of learnings go on: each decision is one commit, together with the runs that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actors.learning.log import appended
from actors.learning.verifying import advance, give_up
from actors.refusals import Refusal
from actors.run.messages import Fire
from actors.services import REGISTRAR
from storage import Transaction, Unavailable, VersionConflict
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.learning.events import LearningFact
    from actors.learning.world import World
    from supervision import System

__all__ = ["try_on"]

ASK_S = 30.0
LATER = (VersionConflict, Unavailable, ActorDead, AskTimeout, MailboxFull)


async def try_on(world: World, system: System, workflow_id: str) -> Sequence[LearningFact]:
    """One look at the trials of a workflow; the facts that were recorded. What cannot be done now is done at the next look."""
    now = world.services.clock.now_ms()
    step = world.step(workflow_id, now)
    wanted = advance(world, step)
    if not step.facts:
        return ()
    try:
        if not wanted:
            await world.services.store.commit(Transaction(now, appended(step)))
            return step.facts
        made = await system.ref(REGISTRAR).ask(Fire(tuple(wanted), appended(step)), timeout=ASK_S)
        if isinstance(made, Refusal):
            return ()
        if made.denied is not None:
            step = world.step(workflow_id, now)
            give_up(step, made.denied.code)
            await world.services.store.commit(Transaction(now, appended(step)))
    except LATER:
        return ()
    return step.facts
