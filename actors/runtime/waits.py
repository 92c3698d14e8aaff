"""The methods about waits: what is waited for, signals, resolutions, webhook deliveries."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.runtime.base import ASK_S, Answer, Base
from actors.services import INBOX
from actors.wait.deliveries import WebhookReceived
from actors.wait.inbox import Deliver
from actors.wait.messages import Resolve, Signal
from actors.wait.view import wait_json
from storage.codec import canonical
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal, RequestKey
    from actors.run.state import RunState
    from actors.wait.row import WaitRow

__all__ = ["WaitMethods"]

OPEN = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval")
FIELDS = ("provider_event_id", "idempotency_key", "body_digest")


class WaitMethods(Base):
    """What is waited for, and what ends it."""

    async def wait_list(self, params: p.WaitList, by: Principal) -> Answer:
        if params.run_id is not None:
            state = self.fold(params.run_id)
            if isinstance(state, Refusal):
                return state
            return {"waits": [self._wait(params.run_id, state, row) for row in (*state.former_waits, *state.waits.values())]}
        found: list[dict[str, Any]] = []
        for line in reversed(self.services.store.catalog.list("run", OPEN, limit=10_000)):
            if line.facts.get("waits") and len(found) < params.limit:
                state = self.fold(line.stream)
                if not isinstance(state, Refusal):
                    found += [self._wait(line.stream, state, row) for row in state.waits.values() if row.open or row.needs_person]
        return {"waits": sorted(found, key=lambda wait: int(wait["created_at_ms"]))[: params.limit]}

    def _wait(self, run_id: str, state: RunState, row: WaitRow) -> dict[str, Any]:
        return {"run_id": run_id, "workflow_id": state.workflow_id, "run_status": state.status, **wait_json(row)}

    async def signal_send(self, params: p.SignalSend, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Signal(by, params.name, params.key or request.request_id, params.payload), request)

    async def wait_resolve(self, params: p.WaitResolve, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Resolve(by, params.wait, params.key or request.request_id, params.payload), request)

    async def webhook_deliver(self, params: p.WebhookDeliver, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        given = {field: value for field in FIELDS if (value := getattr(params, field)) is not None}
        fields = given | {"body_digest": given.get("body_digest") or sha256(canonical(params.payload)).hexdigest()}
        event = WebhookReceived(params.trigger_id, fields, params.provider, params.event_kind, str(by), params.payload)
        try:
            answer: Answer = await self.system.ref(INBOX).ask(Deliver(event, by, request), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull) as late:
            return Refusal("overloaded", f"The inbox has not answered in time ({late}). Send it again with the same request id.")
        return answer
