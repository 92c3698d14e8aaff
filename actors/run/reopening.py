"""What the registrar does when a daemon starts: open every run that was under way, carefully where earlier starts died over it."""

from __future__ import annotations

import contextlib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import orjson

from actors.run.finale import report_paths, write_report
from actors.run.logbook import CorruptLog, fold_log
from actors.run.quarantine import quarantine
from actors.run.showing import status_file
from actors.status_file import said
from storage import Append, NewEvent, StorageError, Transaction
from supervision import Failed

if TYPE_CHECKING:
    from actors.run.registrar import Registrar
    from actors.services import Services
    from storage import Recorded

__all__ = ["reopen_all", "restore_reports", "restore_statuses"]

STREAM = "registrar"
MANY = 100_000
FAILED_STARTS = 3
RECENT = 200


async def reopen_all(registrar: Registrar) -> None:
    """Open each run that a former daemon left running, pausing, or held for its shutdown; queued and waiting ones need no opening.

    Three starts that died before they were through lead to the careful way: one run at a time, each noted before it is touched, so
    that the next start knows which one kills daemons and locks it away.
    """
    services = registrar.services
    store = services.store
    lines = store.catalog.list("run", ("running", "pausing"), limit=MANY)
    lines += [line for line in store.catalog.list("run", ("paused",), limit=MANY) if line.facts.get("pause_reason") == "shutdown"]
    wanted = [line.stream for line in reversed(lines) if not registrar.system.alive(f"runs/{line.stream}")]
    if not wanted:
        return
    notes = store.journal.read(STREAM, max(0, store.journal.head(STREAM) - 50))
    suspects = _suspects(notes)
    careful = _unfinished(notes) >= FAILED_STARTS
    await _note(services, "recovery_begun", {"runs": len(wanted)})
    for run_id in wanted:
        if suspects.get(run_id, 0) >= FAILED_STARTS:
            await quarantine(services, run_id, Failed(RuntimeError("opening this run ended the daemon three times")))
            continue
        if careful:
            await _note(services, "recovering", {"run_id": run_id})
            await _open_and_wait(registrar, run_id)
        else:
            registrar.open(run_id)
    await _note(services, "recovery_done", {})


async def _open_and_wait(registrar: Registrar, run_id: str) -> None:
    with contextlib.suppress(Exception):  # whatever it is, the registrar hears it as the run's end
        await registrar.system.dynamic("runs").start(registrar.spec(run_id))
    registrar.opened(run_id)


def _suspects(notes: list[Recorded]) -> dict[str, int]:
    """How often a start died right after it noted a run."""
    found: dict[str, int] = {}
    for before, after in zip_longest(notes, notes[1:]):
        if before.kind == "recovering" and (after is None or after.kind == "recovery_begun"):
            run_id = str(orjson.loads(before.data)["run_id"])
            found[run_id] = found.get(run_id, 0) + 1
    return found


def _unfinished(notes: list[Recorded]) -> int:
    """How many starts in a row did not get through."""
    count = 0
    for note in reversed(notes):
        if note.kind == "recovery_done":
            break
        count += note.kind == "recovery_begun"
    return count


async def _note(services: Services, kind: str, fields: dict[str, Any]) -> None:
    append = Append(STREAM, services.store.journal.head(STREAM), (NewEvent(kind, orjson.dumps(fields)),))
    await services.store.commit(Transaction(services.clock.now_ms(), (append,)))


def restore_reports(services: Services) -> None:
    """Write the reports of runs that ended in the former daemon's last moment."""
    for line in services.store.catalog.list("run", ("completed", "failed", "cancelled", "blocked"), limit=RECENT):
        if not line.facts.get("dry_run") and not report_paths(services, line.stream)[1].exists():
            try:
                write_report(services, fold_log(services, line.stream))
            except (CorruptLog, StorageError, OSError, LookupError):
                continue  # `penstock report` says what is wrong with it when somebody asks


def restore_statuses(services: Services) -> None:
    """Have the status files written anew that the former daemon's last moment left behind the log. Where there is none, none is made."""
    resting = ("completed", "failed", "cancelled", "blocked", "paused", "waiting", "awaiting_approval")
    for line in services.store.catalog.list("run", resting, limit=RECENT) if services.show is not None else ():
        workspace = line.facts.get("workspace")
        written = said(workspace, line.stream) if workspace is not None else None
        if written is not None and written < line.updated_ms and services.show is not None:
            try:
                services.show(status_file(fold_log(services, line.stream)))
            except (CorruptLog, StorageError, LookupError):
                continue  # as with reports
