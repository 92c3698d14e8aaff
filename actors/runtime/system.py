"""The methods about the daemon itself: what it is, its tree, its numbers, its end, and messages into it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from attrs import asdict

from actors.control.port import Page
from actors.notification.outbox import outbox_of
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.runtime.base import Answer
from actors.runtime.inject import message_for
from actors.runtime.metrics import STATUSES, MetricsMethods
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable
from storage.codec import canonical
from supervision import MailboxFull
from supervision.errors import UnknownActor

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal, RequestKey

__all__ = ["SystemMethods"]


class SystemMethods(MetricsMethods):
    """The daemon, seen from outside."""

    async def system_info(self, params: p.Nothing, by: Principal) -> Answer:
        store = self.services.store
        counts = {status: count for status in STATUSES if (count := store.catalog.count("run", (status,)))}
        told = outbox_of(store)
        return {**self.about, "store": store.info(), "runs": counts} | ({"notifications": told} if told else {})

    async def system_tree(self, params: p.Nothing, by: Principal) -> Answer:
        return {"rows": [asdict(row) for row in self.system.tree()], "dead_letters": self.system.dead_letters}

    async def system_shutdown(self, params: p.SystemShutdown, by: Principal) -> Answer:
        entry = audit_entry(str(by), "system.shutdown", "system", {"reason": params.reason}, "ok")
        with contextlib.suppress(Unavailable):  # a daemon whose disk is full can still be stopped
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), audit=(entry,)))
        self.stop(params.reason or f"asked by {by}")
        return {"stopping": True}

    async def system_page(self, after: int | None, limit: int) -> Page:
        """Status changes of all runs behind the running number `after`; None asks where they stand now."""
        watchers = self.services.watchers
        if after is None:
            return Page((), watchers.newest)
        found = watchers.changes(after, limit)
        events = [{"run_id": change.run_id, "status": change.status, "seq": change.seq, "event": change.event} for change in found]
        return Page(events, found[-1].number if found else after)

    async def actor_tell(self, params: p.ActorTell, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        try:
            message = message_for(self.system, params.address, params.message)
        except UnknownActor:
            text = f"No living actor has the address {params.address!r}. List the addresses with: penstock tree"
            return Refusal("address_unknown", text, {"address": params.address})
        if isinstance(message, Refusal):
            return message
        reply = {"delivered": True}
        entry = audit_entry(str(by), "actor.tell", params.address, dict(params.message), "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        try:
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), (), receipt, (entry,)))
            self.system.deliver(params.address, message)
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or reply
        except (MailboxFull, UnknownActor) as error:
            return Refusal("overloaded", f"{error}. Nothing was delivered.", {"address": params.address})
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was delivered.")
        return reply
