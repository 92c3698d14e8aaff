"""The methods about public histories: events, snapshots, a page for those who follow, and writing one anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.control.port import Page
from actors.projection.bodies import Unreadable
from actors.projection.messages import Rebuild
from actors.projection.phases import transition_event
from actors.projection.reading import clamped, history_of, list_snapshots, query_events, read_snapshot
from actors.projection.record import Boundary
from actors.refusals import Refusal
from actors.run.known import is_run, no_such_run
from actors.runtime.base import Answer, Base
from actors.services import PROJECTOR
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.control import params_histories as h
    from actors.refusals import Principal
    from storage.histories import History

__all__ = ["HistoryMethods"]

TERMINAL = ("completed", "failed", "cancelled", "blocked")
PATIENT_S = 600.0
NUMBERS = ("after_seq", "since_seq", "before_seq", "limit", "tail")


class HistoryMethods(Base):
    """What the projector has told, and what it could not."""

    async def projection_events(self, params: h.HistoryEvents, by: Principal) -> Answer:
        if (wrong := _no_number(params, NUMBERS)) is not None:
            return wrong
        found = self._found(params)
        if isinstance(found, Refusal):
            return found
        after = params.after_seq if params.after_seq is not None else params.since_seq or 0
        limit = clamped(params.tail if params.tail is not None else params.limit)
        events = query_events(
            self.services.store, found, after_seq=after, before_seq=params.before_seq, limit=limit, tail=params.tail is not None
        )  # fmt: skip
        return {
            "run_id": params.run_id, "events": events, "count": len(events), "last_seq": events[-1]["seq"] if events else None,
            "limit": limit, "sequence_scope": "stateful_runtime", "event_source": "stateful_runtime",
            "event_authority": "authoritative_runtime_log", **self._reach(params.run_id, found),
        }  # fmt: skip

    async def projection_snapshots(self, params: h.HistorySnapshots, by: Principal) -> Answer:
        if (wrong := _no_number(params, ("limit",))) is not None:
            return wrong
        found, store = self._found(params), self.services.store
        if isinstance(found, Refusal):
            return found
        limit = clamped(params.limit)
        if params.snapshot_id is None:
            snapshots = list_snapshots(store, found, limit)
        else:
            try:
                one = read_snapshot(store, found, params.snapshot_id)
            except Unreadable as unreadable:
                return Refusal("snapshot_unreadable", str(unreadable), {"run_id": params.run_id, "snapshot_id": params.snapshot_id})
            if one is None:
                text = f"The run {params.run_id} has no snapshot {params.snapshot_id!r}. List them with: penstock history RUN --snapshots"
                return Refusal("snapshot_not_found", text, {"run_id": params.run_id, "snapshot_id": params.snapshot_id})
            snapshots = [one]
        last = snapshots[-1]["seq"] if snapshots else None
        return {
            "run_id": params.run_id, "snapshots": snapshots, "count": len(snapshots), "last_seq": last, "limit": limit,
            "set_aside": len(store.histories.damaged(found.id)) if found is not None else 0, **self._reach(params.run_id, found),
        }  # fmt: skip

    async def projection_phases(self, params: p.RunOnly, by: Principal) -> Answer:
        store, run_id = self.services.store, params.run_id
        if not is_run(store, run_id) and not store.histories.of(run_id):
            return no_such_run(run_id)
        found = history_of(store, run_id)
        newest = next(iter(list_snapshots(store, found, 1)), None)
        if newest is None:
            return {"run_id": run_id, "phase": None, "allowed_next_phases": [], "transitions": [], **self._reach(run_id, found)}
        told = [transition_event(run_id, seq, newest["scope"], one) for seq, one in enumerate(newest["phase_history"], 1)]
        return {
            "run_id": run_id, "phase": newest["phase"], "allowed_next_phases": newest["allowed_next_phases"], "transitions": told,
            **self._reach(run_id, found),
        }  # fmt: skip

    async def projection_rebuild(self, params: h.HistoryRebuild, by: Principal) -> Answer:
        try:
            answer: Answer = await self.system.ref(PROJECTOR).ask(Rebuild(params.run_id, params.include_pruned), timeout=PATIENT_S)
        except (ActorDead, AskTimeout, MailboxFull) as error:
            return Refusal("unavailable", f"The projector does not answer ({error}). Ask again; it does no harm.", {})
        return answer

    async def history_page(self, run_id: str, after: int, limit: int) -> Page | Refusal:
        """Public events behind `after`; `ended` once the run is terminal and all of it is told."""
        store = self.services.store
        if not is_run(store, run_id) and not store.histories.of(run_id):
            return no_such_run(run_id)
        history, line = history_of(store, run_id), store.catalog.get(run_id)
        events = query_events(store, history, after_seq=after, limit=limit)
        told = line is None or (line.status in TERMINAL and history is not None and history.cursor >= store.journal.head(run_id))
        return Page(events, events[-1]["seq"] if events else after, told and len(events) < limit)

    def _found(self, params: h.HistoryEvents | h.HistorySnapshots) -> History | Refusal | None:
        """The history that the tenant sees; None where nothing is told yet."""
        store, run_id = self.services.store, params.run_id
        if not is_run(store, run_id) and not store.histories.of(run_id):
            return no_such_run(run_id)
        if params.org_id is None and params.workspace_id is None and params.deployment_id is None:
            return history_of(store, run_id)
        named = Boundary(params.org_id or "local", params.workspace_id or "local", params.deployment_id or "")
        return history_of(store, run_id, named)

    def _reach(self, run_id: str, history: History | None) -> dict[str, Any]:
        """How far the log is told: a reader can tell that nothing more comes from that it does not come yet."""
        cursor, records = (history.cursor, history.records) if history is not None else (0, 0)
        store = self.services.store
        return {"projected_records": records, "caught_up": not is_run(store, run_id) or cursor >= store.journal.head(run_id)}


def _no_number(params: Any, names: tuple[str, ...]) -> Refusal | None:
    for name in names:
        value = getattr(params, name)
        if value is not None and (type(value) is not int or not 0 <= value < 2**63):
            text = f"{name} is {value!r:.80}; a whole number from 0 is allowed"
            return Refusal("invalid_parameter", text, {"parameter": name, "found": repr(value)[:80]})
    return None
