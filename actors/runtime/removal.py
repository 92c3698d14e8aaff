"""The method that removes a run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import trio
from attrs import evolve

from actors.refusals import Refusal
from actors.removal.archive import archive_run
from actors.removal.condemning import condemn, family_of, removable
from actors.removal.removing import remove
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import TRIES, Answer, Base
from actors.services import RUNS
from storage import ClaimLost, Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from storage.crashpoints import reach
from storage.forgetting import forget

if TYPE_CHECKING:
    from actors.control import params_histories as h
    from actors.control import params_letters as p
    from actors.refusals import Principal, RequestKey

__all__ = ["RemovalMethods"]

LOOKS, LOOK_S = 20, 0.05


def _no_history(run_id: str) -> Refusal:
    text = f"Nothing is told here of a run {run_id!r}. Bring a history in with: penstock import FILE"
    return Refusal("history_not_found", text, {"run_id": run_id})


class RemovalMethods(Base):
    """What is taken away for good."""

    async def projection_remove(self, params: h.HistoryRemove, by: Principal, request: RequestKey) -> Answer:
        """All of it goes in one commit, with the answer to this request."""
        if (known := self.replayed(request)) is not None:
            return known
        if (refused := self._not_only_told(params.run_id)) is not None:
            return refused

        def said(events: int, snapshots: int) -> Transaction:
            answer = {**reply, "events": events, "snapshots": snapshots}
            receipt = Receipt(request.request_id, request.digest.encode(), canonical(answer))
            detail = {"reason": params.reason, "events": events, "snapshots": snapshots}
            entry = audit_entry(str(by), "projection.remove", params.run_id, detail, "ok")
            return Transaction(self.services.clock.now_ms(), receipt=receipt, audit=(entry,))

        reply = {"run_id": params.run_id, "removed": True}
        try:
            gone = await self.services.store.work(partial(forget, stream=params.run_id, said=said))
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was removed; ask again, it does no harm.", {"run_id": params.run_id})
        return self.replayed(request) or reply if gone else _no_history(params.run_id)

    def _not_only_told(self, run_id: str) -> Refusal | None:
        """Why there is no history of that run alone that could be removed."""
        store = self.services.store
        if store.catalog.get(run_id) is not None:
            text = f"The run {run_id} is here, and its history goes with it alone: penstock purge {run_id}"
            return Refusal("history_has_run", text, {"run_id": run_id})
        if not store.histories.of(run_id):
            return _no_history(run_id)
        if run_id in self.importing:
            text = f"The history of {run_id} is being brought in at this moment. Ask again when that is done."
            return Refusal("history_being_imported", text, {"run_id": run_id})
        return None

    async def run_purge(self, params: p.RunPurge, by: Principal, request: RequestKey) -> Answer:
        for _ in range(TRIES):
            if (known := self.replayed(request)) is not None:
                return known
            try:
                return await self._purge(params, by, request)
            except VersionConflict:
                continue  # it was revived, or wrote its last words, at this moment
            except ReceiptExists:
                return self.replayed(request) or conflict(request)
            except RequestConflict:
                return conflict(request)
            except ClaimLost:
                text = f"The run {params.run_id} is held by somebody, though it has ended. Ask again after the next start of the daemon."
                return Refusal("run_unavailable", text, {"run_id": params.run_id})
            except Unavailable as error:
                return Refusal(error.code, f"{error}. Nothing was removed; ask again, it does no harm.", {"run_id": params.run_id})
        return Refusal("overloaded", f"The run {params.run_id} changes all the time. Ask again with the same request id.")

    async def _purge(self, params: p.RunPurge, by: Principal, request: RequestKey) -> Answer:
        line = removable(self.services, params.run_id)
        if isinstance(line, Refusal):
            told = line.code == "run_not_found" and self.services.store.histories.of(params.run_id)
            return (
                evolve(line, message=f"{line.message} Its history was imported: penstock purge --imported {params.run_id}")
                if told
                else line
            )
        reply: dict[str, Any] = {"run_id": params.run_id, "purged": True}
        if self.archives:
            try:
                for kin in family_of(self.services, params.run_id):
                    await archive_run(self.services, kin)
                reply["archive"] = str(await archive_run(self.services, line))
            except OSError as error:
                text = f"The archive of {params.run_id} could not be written ({error}), so nothing was removed."
                return Refusal("archive_failed", text, {"run_id": params.run_id})
            reach("purge.archived")
        condemned = await condemn(self.services, params.run_id, params.reason or "purged_by_operator", str(by), request, reply)
        if isinstance(condemned, Refusal):
            return condemned
        reach("purge.condemned")
        if await self._at_rest(params.run_id):
            with suppress(Unavailable):  # nobody finds it any more; the caretaker takes away what is left
                await remove(self.services, condemned)
        return reply

    async def _at_rest(self, run_id: str) -> bool:
        """Whether the run's actor is gone; one that has just ended its run gets a moment."""
        for _ in range(LOOKS):
            if not self.system.alive(f"{RUNS}/{run_id}"):
                return True
            await trio.sleep(LOOK_S)
        return False
