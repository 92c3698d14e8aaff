"""A run gets its slot: it is claimed, and its first steps are decided in the same commit."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from actors.run.birth import bring_back
from actors.run.bound import binding_problem
from actors.run.evidence import IN_THREAD
from actors.run.harness import harness_problem
from actors.run.recovery import claim
from actors.run.schedule import ticket_of
from actors.run.state import ACTIVE
from actors.scheduler.events import RunQueueReasonChanged
from actors.scheduler.messages import Enqueue, Left, Reserve
from actors.services import SCHEDULER
from actors.worktree.housing import worktree_problem
from storage import Acquire
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.messages import QueueReason
    from actors.run.state import RunState
    from actors.run.turn import Turn

__all__ = ["brought_back", "commit_with_slot", "launch", "note_reason", "queue_made"]

RESERVE_S = 5.0


async def launch(run: Run) -> None:
    """Claim the run with the next epoch and go on; a run that is not to be claimed gives the slot back."""
    turn = run.book.turn()
    state = turn.state
    if state.status != "queued" or _backs_off(turn):
        if state.status not in ACTIVE:
            await run.system.ref(SCHEDULER).tell(Left(run.run_id))
        run.book.queued = state.status == "queued"
        await run.follow()
        return
    await run.book.commit(turn, claim=await _claim(run, turn))
    await queue_made(run, turn)
    await run.follow()


async def queue_made(run: Run, turn: Turn) -> None:
    """The decision is committed: the runs that it has made stand in the queue."""
    for ticket in turn.tickets:
        run.services.watchers.grew(ticket.run_id, "queued", 1, "run_created", moved=True)
        await run.system.ref(SCHEDULER).tell(Enqueue(ticket))


async def commit_with_slot(run: Run, turn: Turn, **more: Any) -> None:
    """Commit the decision. One that brings a run at rest into the queue asks for a slot first: granted, the run goes on in that commit.

    `more` is what else the commit holds. Raises what that raises; a slot that was not used is given back.
    """
    state = turn.state
    if state.status != "queued" or not run.book.at_rest or _backs_off(turn) or not await _reserve(run, state):
        await run.book.commit(turn, **more)
        return
    epoch = state.epoch + 1
    try:
        await run.book.commit(turn, claim=await _claim(run, turn), **more)
    except BaseException:
        with contextlib.suppress(MailboxFull):  # then the scheduler finds out by itself
            run.system.ref(SCHEDULER).tell_nowait(Left(run.run_id, epoch))
        raise


async def _reserve(run: Run, state: RunState) -> bool:
    try:
        return await run.system.ref(SCHEDULER).ask(Reserve(ticket_of(state)), timeout=RESERVE_S)
    except (ActorDead, AskTimeout):
        return False


async def _claim(run: Run, turn: Turn) -> Acquire:
    state, services = turn.state, run.services
    claim(turn, services.ids.new("run-claim"), services.claimant, await _problem(run, state), services.lease_ms)
    await run.decide(turn)
    holder = services.claimant if state.status in ACTIVE else None  # it may rest or end in its very first step
    return Acquire(holder, state.epoch, services.lease_ms)


async def note_reason(run: Run, message: QueueReason) -> None:
    """Record why the run waits in the queue, unless that stands there already or the run waits no more."""
    turn = run.book.turn()
    queue = turn.state.queue or {}
    found = (message.queue_reason, message.resource_key, message.provider)
    known = (queue.get("queue_reason"), queue.get("resource_key"), queue.get("rate_limited_provider"))
    if turn.state.status == "queued" and turn.state.epoch == message.epoch and found != known:
        turn.emit(RunQueueReasonChanged(*found))
        await run.book.commit(turn)
    await run.follow()


def _backs_off(turn: Turn) -> bool:
    return turn.state.retry_after_ms is not None and turn.state.retry_after_ms > turn.now


async def _problem(run: Run, state: RunState) -> tuple[str, str] | None:
    """The code and the words of what keeps the run from working: its workspace is gone, or files that it keeps cannot be put there."""
    problem = _workspace_problem(state) or binding_problem(run.services, state) or harness_problem(run.services, state)
    begins = state.started_at_ms is None and state.worktree is None  # else it has begun, or has no folder yet
    return problem or (await brought_back(run, state) if begins else None)


async def brought_back(run: Run, state: RunState) -> tuple[str, str] | None:
    """Put what a fork or a campaign's run keeps where its nodes look for it; the code and the words of what is in the way."""
    if state.forked_from is None and state.campaign_id is None:
        return None
    large = any(node.artifact is not None and node.artifact.size > IN_THREAD for node in state.nodes.values())
    aside = partial(bring_back, run.services, state, run.crew.folders(state).workdir)
    text = await trio.to_thread.run_sync(aside) if large else aside()
    return None if text is None else ("artifact_not_restored", text)


def _workspace_problem(state: RunState) -> tuple[str, str] | None:
    if state.worktree is not None:
        return worktree_problem(state.worktree)
    if state.workspace is not None and not Path(state.workspace).is_dir():
        code = "workspace_not_a_directory" if Path(state.workspace).exists() else "workspace_missing"
        return code, f"The workspace {state.workspace} is not there any more."
    return None
