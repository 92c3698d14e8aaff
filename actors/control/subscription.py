"""One subscription: pages read by sequence number whenever a hint says that there may be more, so nothing is missed or out of order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from actors.control import protocol
from actors.control.limits import Limits
from actors.control.outbox import CutOff
from actors.control.port import Page, Runtime
from actors.refusals import Refusal
from actors.watch import Watchers

__all__ = ["Subscription"]


class Subscription:
    """Follows one run from a sequence number, or the whole system (`run_id` None) from now. A reader that is slow slows only this.

    `history`: its public events instead of its log.
    """

    def __init__(
        self, name: str, run_id: str | None, after: int | None, runtime: Runtime, limits: Limits, *, history: bool = False
    ) -> None:  # fmt: skip
        self.name = name
        self._run_id = run_id
        self._position = after
        self._runtime = runtime
        self._limits = limits
        self._hint = trio.Event()
        self._history = history
        self._method = "system.event" if run_id is None else "projection.event" if history else "run.event"

    async def check(self) -> Refusal | None:
        """Whether it can be followed at all; fixes where `from now` begins."""
        page = await self._page(1)
        if isinstance(page, Refusal):
            return page
        if self._position is None:
            self._position = page.position
        return None

    async def run(self, put: Callable[[bytes], Awaitable[None]]) -> None:
        """Send events until the run has ended for good or the connection is cut."""
        watched = Watchers.history_of(self._run_id) if self._history and self._run_id is not None else self._run_id
        forget = self._runtime.watch(watched, self._wake)
        try:
            await self._follow(put)
        except CutOff:
            return
        finally:
            forget()

    async def _follow(self, put: Callable[[bytes], Awaitable[None]]) -> None:
        while True:
            # A hint that comes while the page is read must not be lost: the event is renewed before the look, not after.
            self._hint = trio.Event()
            page = await self._page(self._limits.page)
            if isinstance(page, Refusal):
                await put(self._line({"closed": {"code": page.code, "message": page.message}}))
                return
            for event in page.events:
                if event.get("seq") in page.endings:
                    await self._tell_totals(put, event["seq"])
                await put(self._line({"event": event}))
            self._position = page.position
            if page.ended:
                await put(self._line({"end": True}))
                return
            if not page.events and not await self._wait():
                await put(self._line({"alive": True}))

    async def _tell_totals(self, put: Callable[[bytes], Awaitable[None]], ending: int) -> None:
        """Just before the event that ends the run: what all its attempts have used (flow spec 6.1)."""
        if self._run_id is not None and (totals := await self._runtime.run_totals(self._run_id, ending)) is not None:
            await put(self._line({"metrics_updated": totals}))

    async def _page(self, limit: int) -> Page | Refusal:
        if self._run_id is None:
            return await self._runtime.system_page(self._position, limit)
        if self._history:
            return await self._runtime.history_page(self._run_id, self._position or 0, limit)
        return await self._runtime.run_page(self._run_id, self._position or 0, limit)

    async def _wait(self) -> bool:
        """Until a hint comes; False when it is time to show a sign of life (and to look by itself)."""
        with trio.move_on_after(self._limits.heartbeat):
            await self._hint.wait()
            return True
        return False

    def _wake(self) -> None:
        self._hint.set()

    def _line(self, params: Mapping[str, Any]) -> bytes:
        return protocol.notification(self._method, {"subscription": self.name, **params})
