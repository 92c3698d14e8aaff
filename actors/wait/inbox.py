"""The inbox of webhooks: keeps each delivery, then wakes the run that waits for it; looks again at those that nobody has taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from attrs import frozen

from actors.refusals import Principal, Refusal, RequestKey
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.run.messages import WakeRun
from actors.services import REGISTRAR
from actors.wait.deliveries import KIND, WebhookReceived, delivery_codec, delivery_id, keys_of, received
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable, VersionConflict
from storage.codec import canonical
from supervision import Actor, Mailbox, Request

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["Deliver", "Inbox", "LookAgain"]

LARGEST = 131_072
"""Bytes of a delivery's payload as canonical JSON."""
AT_ONCE = 50
Reply = dict[str, Any] | Refusal


@frozen
class Deliver(Request[Reply]):
    """A delivery has come in over the socket."""

    event: WebhookReceived
    by: Principal
    request: RequestKey


@frozen
class LookAgain:
    """Look at what nobody has taken yet."""


class Inbox(Actor[Deliver | LookAgain]):
    """A delivery is durable before anybody is woken for it; who takes it, says so in the commit with which he goes on."""

    mailbox = Mailbox(capacity=1024)
    accepts = (LookAgain,)

    def __init__(self, services: Services, interval_s: float) -> None:
        self._services = services
        self._interval_s = interval_s
        self._after: str | None = None
        self._received = 0

    async def started(self) -> None:
        self.tick(self._interval_s, LookAgain())

    def status(self) -> str:
        """Counts, for the tree."""
        return f"{self._received} received, {self._services.store.catalog.count(KIND, ('accepted',))} kept for later"

    async def receive(self, message: Deliver | LookAgain) -> object:
        """Keep it and wake who waits for it; or look at those kept."""
        match message:
            case Deliver():
                return await self._deliver(message)
            case LookAgain():
                await self._look_again()
        return None

    async def _deliver(self, message: Deliver) -> Reply:
        event = message.event
        size = len(canonical(event.payload))
        if size > LARGEST:
            text = f"The delivery's payload has {size} bytes as JSON; at most {LARGEST} are taken. Send a reference to larger data."
            return Refusal("webhook_too_large", text, {"size": size, "limit": LARGEST})
        try:
            try:
                return await self._keep(message, duplicate=False)
            except VersionConflict:  # it came before, in another request
                return await self._keep(message, duplicate=True)
        except ReceiptExists as known:
            return orjson.loads(known.reply)  # type: ignore[no-any-return]  # it was one of ours
        except RequestConflict:
            return conflict(message.request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. The delivery was not kept; send it again, it does no harm.")

    async def _keep(self, message: Deliver, *, duplicate: bool) -> Reply:
        services, event, request = self._services, message.event, message.request
        name, now = delivery_id(event.trigger_id, event.fields), services.clock.now_ms()
        reply = {"delivery_id": name, "duplicate": duplicate}
        entry = audit_entry(str(message.by), "webhook.deliver", name, {"trigger_id": event.trigger_id, "duplicate": duplicate}, "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        appends = () if duplicate else (received(name, event, now),)
        await services.store.commit(Transaction(now, appends, receipt, (entry,)))
        if not duplicate:
            self._received += 1
            await self._wake(event)
        return reply

    async def _wake(self, event: WebhookReceived) -> None:
        """The run that has waited for it longest looks; should it not take it, the next look finds another."""
        for key in keys_of(event.trigger_id, event.fields):
            for line in self._services.store.catalog.found(key, AT_ONCE):
                if line.kind == "run":
                    await self.system.ref(REGISTRAR).tell(WakeRun(line.stream))
                    return

    async def _look_again(self) -> None:
        """The next of those kept, and their runs, if meanwhile there are any: an answer may have been lost with a daemon."""
        store = self._services.store
        lines = store.catalog.list(KIND, ("accepted",), limit=AT_ONCE, before=self._after)
        self._after = lines[-1].stream if len(lines) == AT_ONCE else None
        for line in lines:
            event = delivery_codec().decode(store.journal.read(line.stream, 0, 1)[0])
            if isinstance(event, WebhookReceived):
                await self._wake(event)
