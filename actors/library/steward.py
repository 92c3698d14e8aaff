"""The steward: the runs of a workflow follow when it is paused or activated, through restarts, until all have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import trio
from attrs import frozen

from actors.library.record import UNSETTLED
from actors.refusals import Principal, Refusal, RequestKey
from actors.run.messages import ForRun
from actors.run.requests import Pause, Resume
from actors.services import REGISTRAR
from actors.workflow.events import WorkflowRunsSettled
from storage import BadRecord, Headline, StreamDamaged, Unavailable, UnknownKind, VersionConflict
from supervision import Actor, ActorDead, AskTimeout, Forwarded, Mailbox, MailboxFull, Request

if TYPE_CHECKING:
    from actors.library.library import Library
    from actors.library.record import WorkflowRecord
    from actors.services import Services
    from supervision.mailbox import Asked

__all__ = ["Settle", "Steward", "Unsettled"]

HELD = ("queued", "running", "waiting", "awaiting_approval")
PAUSED = "workflow_paused"
ACTIVATED = "workflow_activated"
PAGE = 500
AT_ONCE = 32
AGAIN_S = 1.0
LOOK_S = 30.0
ASK_S = 60.0


@frozen
class Settle(Request[bool]):
    """Let the runs of the workflow follow it; the answer comes when all have."""

    workflow_id: str


@frozen
class Unsettled:
    """Look for workflows whose runs have not followed yet."""


class Steward(Actor[Settle | Unsettled]):
    """What is left to do is in the workflows' logs; a message only says that it is time."""

    mailbox = Mailbox(capacity=1024)
    accepts = (Unsettled,)

    def __init__(self, services: Services, library: Library) -> None:
        self._services = services
        self._library = library
        self._asked: dict[str, list[Asked]] = {}
        self._moved, self._trouble = 0, ""

    async def started(self) -> None:
        self.tick(LOOK_S, Unsettled())
        self.after(0.0, Unsettled())

    def status(self) -> str:
        """Counts, for the tree."""
        return f"{self._moved} runs held or resumed with their workflows, {len(self._asked)} workflows to go{self._trouble}"

    async def receive(self, message: Settle | Unsettled) -> object:
        match message:
            case Settle(workflow_id=workflow_id):
                asked = self.defer()
                self._begin(workflow_id)
                if asked is not None:
                    self._asked[workflow_id].append(asked)
                return Forwarded()
            case Unsettled():
                for line in self._services.store.catalog.found(UNSETTLED, PAGE):
                    self._begin(str(line.group))
        return None

    def _begin(self, workflow_id: str) -> None:
        if workflow_id not in self._asked:
            self._asked[workflow_id] = []
            self.spawn(self._settle, workflow_id)

    async def _settle(self, workflow_id: str) -> None:
        try:
            await self._settle_all(workflow_id)
        except (StreamDamaged, BadRecord, UnknownKind) as error:  # of this workflow nothing can be told; all others are unharmed
            self._trouble = f"; {workflow_id}: {error}"
        for asked in self._asked.pop(workflow_id):
            asked.answer(True)

    async def _settle_all(self, workflow_id: str) -> None:
        moved = 0
        while (record := self._library.record(workflow_id)).settling:
            runs = list(self._to_move(record))
            moved += await self._move(record, runs)
            if not runs:
                await self._note(record, moved)

    def _to_move(self, record: WorkflowRecord) -> Iterator[str]:
        """The runs that are not yet as their workflow wants them, however many there are."""
        for status in HELD if record.paused else ("paused",):
            before, page = None, list[Headline]()
            while before is None or len(page) == PAGE:
                page = self._services.store.catalog.list("run", (status,), limit=PAGE, before=before)
                for line in page:
                    if line.group == record.workflow_id and (record.paused or line.facts.get("pause_reason") == PAUSED):
                        yield line.stream
                before = page[-1].stream if page else ""

    async def _move(self, record: WorkflowRecord, runs: list[str]) -> int:
        """Hold them, or let them go on; how many did. Those that cannot just now are looked at again."""
        limit, moved = trio.CapacityLimiter(AT_ONCE), 0

        async def one(run_id: str) -> None:
            nonlocal moved
            async with limit:
                moved += await self._operate(record, run_id)

        async with trio.open_nursery() as nursery:
            for run_id in runs:
                nursery.start_soon(one, run_id)
        self._moved += moved
        if moved < len(runs):
            await trio.sleep(AGAIN_S)
        return moved

    async def _operate(self, record: WorkflowRecord, run_id: str) -> bool:
        by = Principal(int((record.changed_by or "uid:0").removeprefix("uid:")))
        operation = Pause(by, PAUSED) if record.paused else Resume(by, ACTIVATED)
        request = RequestKey(self._services.ids.new("settle"), "")  # anew each time: a run that was moved already refuses a second time
        try:
            answer = await self.system.ref(REGISTRAR).ask(ForRun(run_id, operation, request), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            return False
        return not isinstance(answer, Refusal)

    async def _note(self, record: WorkflowRecord, moved: int) -> None:
        """None is left: say so, unless the workflow was changed again meanwhile."""
        try:
            await self._library.commit(record, (WorkflowRunsSettled("paused" if record.paused else "active", moved),))
        except VersionConflict:
            return
        except Unavailable:
            await self._services.store.wait_writable()
