"""Locking a run away whose actor kept crashing, or whose log cannot be folded: its ending is appended in the dead actor's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from actors.entity import Fact
from actors.notification.rules import told_of_ending
from actors.refusals import Refusal
from actors.run.events import RunBlockedCorruptCheckpoint, RunFailedPanic
from actors.run.logbook import CorruptLog
from actors.run.state import TERMINAL
from actors.run.vocabulary import run_codec
from actors.scheduler.messages import Left
from storage import Append, Release, StorageError, StreamDamaged, Transaction
from supervision import Failed

if TYPE_CHECKING:
    from actors.services import Services
    from supervision import Exit, Ref

__all__ = ["cause_of", "lock_away", "quarantine", "unavailable"]

OPEN_THINGS = ("gates", "waits", "retry_after", "queue_reason")
"""Facts of a line that an ended run has no more."""


def cause_of(error: BaseException | None) -> BaseException | None:
    """The first error in the chain that is a corrupt log, else the innermost one."""
    seen: BaseException | None = None
    while error is not None and error is not seen:
        if isinstance(error, CorruptLog | StreamDamaged):
            return error
        seen = error
        inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else getattr(error, "error", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error
    return seen


def unavailable(run_id: str, ended: Exit) -> Refusal:
    """What those are told who wait for a run that cannot be opened."""
    cause = cause_of(ended.error) if isinstance(ended, Failed) else None
    code = "run_log_unreadable" if isinstance(cause, CorruptLog | StreamDamaged) else "run_unavailable"
    return Refusal(code, f"The run {run_id} cannot be opened: {cause or ended}. All others are unharmed.", {"run_id": run_id})


async def lock_away(services: Services, scheduler: Ref[object], run_id: str, ended: Exit) -> bool:
    """End the run unless it has ended already, and free what it held. Whether it was ended now."""
    line = services.store.catalog.get(run_id)
    if line is None or line.kind != "run" or line.status in TERMINAL:
        return False
    await quarantine(services, run_id, ended)
    await scheduler.tell(Left(run_id))
    return True


async def quarantine(services: Services, run_id: str, ended: Exit) -> str:
    """End the run with the reason; its log is otherwise left as it is. Answers the name of the ending event."""
    cause = cause_of(ended.error) if isinstance(ended, Failed) else None
    text = f"{type(cause).__name__}: {cause}" if cause is not None else f"ended as {ended}"
    corrupt = isinstance(cause, CorruptLog | StreamDamaged)
    event: Fact = RunBlockedCorruptCheckpoint(message=text[:2000]) if corrupt else RunFailedPanic(message=text[:2000])
    line = services.store.catalog.get(run_id)
    claim = services.store.claims.get(run_id)
    epoch = claim.epoch if claim is not None and claim.claimant is not None else None
    now = services.clock.now_ms()
    headline = None
    if line is not None:
        kept = {name: value for name, value in line.facts.items() if name not in OPEN_THINGS}
        facts = {**kept, "detail": "checkpoint_recovery_failed" if corrupt else "run_task_panicked"}
        headline = evolve(line, status="blocked" if corrupt else "failed", updated_ms=now, due_ms=None, facts=facts, keys=())
    append = Append(
        run_id, services.store.journal.head(run_id), (run_codec().encode(event),), epoch=epoch,
        headline=headline, claim=Release() if epoch is not None else None,
    )  # fmt: skip
    seq, workflow_id = append.expected + 1, line.group if line is not None else None
    told = told_of_ending(services.rules, run_id, workflow_id or "", seq, event, now) if services.rules.notify_ways else []
    try:
        await services.store.commit(Transaction(now, (append, *told)))
    except StorageError:
        return ""  # it stays open to nobody; the next start of the daemon comes here again
    if told:
        services.outbox()
    services.watchers.grew(run_id, headline.status if headline else "failed", seq, event.kind, moved=True)
    return event.kind
