"""The methods about the scheduler's queue: see it, and hold up what needs an outside service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import Answer, Base
from actors.scheduler.messages import QueueNow, Throttled
from actors.services import SCHEDULER
from actors.workflow.names import ID_FORM, provider_name
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable
from storage.codec import canonical
from supervision import ActorDead, AskTimeout

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal, RequestKey

__all__ = ["QueueMethods"]

ASK_S = 10.0
REASONS = ("capacity", "workspace_lock", "rate_limit", "retry_backoff", "overlap")


class QueueMethods(Base):
    """What has a slot, what waits for one, and why."""

    async def scheduler_queue(self, params: p.SchedulerQueue, by: Principal) -> Answer:
        return await self.system.ref(SCHEDULER).ask(QueueNow(params.limit), timeout=ASK_S)

    async def scheduler_throttle(self, params: p.SchedulerThrottle, by: Principal, request: RequestKey) -> Answer:
        """Recorded is who asked for it; the throttle itself is the scheduler's and lives as long as that."""
        if (known := self.replayed(request)) is not None:
            return known
        provider = provider_name(params.provider)
        if provider is None:
            text = f"{params.provider[:140]!r} is no name of a provider ({ID_FORM}). Write it as the workflows do, for example openai."
            return Refusal("providers_invalid", text, {"provider": params.provider[:140], "allowed": ID_FORM})
        now = self.services.clock.now_ms()
        reply: dict[str, Any] = {"provider": provider, "throttled": params.for_ms > 0}
        reply |= {"until_ms": now + params.for_ms} if params.for_ms > 0 else {}
        reply |= {"tenant": params.tenant} if params.tenant is not None else {}
        entry = audit_entry(str(by), "scheduler.throttle", provider, {"for_ms": params.for_ms, "tenant": params.tenant}, "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        try:
            await self.services.store.commit(Transaction(now, (), receipt, (entry,)))
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was changed; ask again, it does no harm.")
        await self.system.ref(SCHEDULER).tell(Throttled(provider, now + params.for_ms, params.tenant))
        return reply

    async def queue_metrics(self) -> dict[str, int]:
        """The scheduler's numbers by name; none while it is being restarted."""
        try:
            found = await self.system.ref(SCHEDULER).ask(QueueNow(), timeout=ASK_S)
        except (ActorDead, AskTimeout):
            return {}
        holds = [run["holds"] for run in found["active"]]
        numbers = {"active": holds.count("slot"), "pausing": holds.count("workspace"), "queued": sum(found["queued"].values())}
        numbers |= {f"queued_{reason}": found["queued"].get(reason, 0) for reason in REASONS}
        numbers |= {"throttles": len(found["throttles"]), "admitted_total": found["totals"]["admitted"]}
        numbers |= {"completed_total": found["totals"]["completed"], "wait_average_ms": found["waits"]["average_ms"]}
        numbers["wait_p95_ms"] = found["waits"]["p95_ms"]
        oldest = found["waits"]["oldest_queued_at_ms"]
        numbers["oldest_ms"] = 0 if oldest is None else max(0, self.services.clock.now_ms() - oldest)
        return {f"scheduler_{name}": number for name, number in numbers.items()}
