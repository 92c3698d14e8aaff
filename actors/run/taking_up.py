"""A run is opened: it takes up what a former incarnation, or a former daemon, has left; one that another daemon has it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.refusals import Refusal
from actors.run.messages import Drain, ForRun, Rest
from actors.run.outcomes import on_lost
from actors.run.reaping import reap, reap_refusal
from actors.run.recovery import reclaim, rehydrate
from actors.run.requests import Resume
from actors.wait.ending import recover_wakes
from supervision import Shutdown

if TYPE_CHECKING:
    from actors.run.actor import Run, RunMessage
    from actors.run.requests import Reap
    from actors.run.turn import Turn

__all__ = ["LINGER_S", "away", "step_aside", "take_up"]

LINGER_S = 0.5


async def take_up(run: Run, lost: list[str], stale: Reap | None) -> Turn:
    """The decision that makes the run go on from what the log says. `lost`: nodes whose attempt is gone; `stale`: it is to be held."""
    turn, holder = run.book.turn(), run.book.holder
    if stale is not None or holder == "other":  # nobody here has ended their processes
        await run.services.strays.kill([turn.state.token(node_id) for node_id in turn.state.executing])
    if stale is not None and reap_refusal(turn.state, stale) is None:
        reap(turn, stale)
    elif holder == "other":
        reclaim(turn, run.book.claimant)
    elif holder != "me":
        rehydrate(turn)
    else:
        for node_id in lost:
            on_lost(turn, node_id)
    recover_wakes(turn)
    return turn


def step_aside(run: Run) -> None:
    """Another daemon has the run: end what works here, write nothing, and leave."""
    run.aside = True
    run.services.lease.gave(run.run_id)
    for child in run.crew.work.children():
        run.crew.work.dismiss(child)
    run.after(LINGER_S, Rest())


def away(run: Run, message: RunMessage) -> object:
    """What is said of a run that another daemon has."""
    if isinstance(message, Rest):
        run.finish(Shutdown())
    elif isinstance(message, ForRun):
        who = run.book.claimant or "unknown"
        text = f"Another daemon ({who}) is at work on {run.run_id}. Ask it, or wait until its claim is over."
        code = "run_already_claimed" if isinstance(message.operation, Resume) else "claim_lost"
        return Refusal(code, text, {"claimant": who})
    return 0 if isinstance(message, Drain) else None
