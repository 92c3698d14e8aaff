"""The method that removes a run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

from actors.refusals import Refusal
from actors.removal.archive import archive_run
from actors.removal.condemning import condemn, family_of, removable
from actors.removal.removing import remove
from actors.run.known import conflict
from actors.runtime.base import TRIES, Answer, Base
from actors.services import RUNS
from storage import ClaimLost, ReceiptExists, RequestConflict, Unavailable, VersionConflict
from storage.crashpoints import reach

if TYPE_CHECKING:
    from actors.control import params_letters as p
    from actors.refusals import Principal, RequestKey

__all__ = ["RemovalMethods"]

LOOKS, LOOK_S = 20, 0.05


class RemovalMethods(Base):
    """What is taken away for good."""

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
            return line
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
