"""The watchman: makes a run of each handoff that a workflow watches for. Run and using up are one commit; then the file is put away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import trio

from actors.handoff.events import HandoffConsumed
from actors.handoff.files import Look, archive, let_in, look
from actors.handoff.listing import approve_files, list_files, workspace_of
from actors.handoff.log import KIND, archived, consumed, handoff_codec
from actors.handoff.messages import LetIn, ListHandoffs, LookForHandoffs
from actors.handoff.rules import Handoff, handoff_stream, in_scope, inputs_for, reason_of, wanted
from actors.library.record import WATCHING
from actors.node.contained import NotContained
from actors.refusals import Refusal
from actors.run.messages import Admit, Fire, Origin
from actors.services import REGISTRAR
from storage import BadRecord, StreamDamaged, Transaction, Unavailable, UnknownKind, VersionConflict
from supervision import Actor, ActorDead, AskTimeout, Forwarded, Mailbox, MailboxFull

if TYPE_CHECKING:
    from actors.library import Library, Version
    from actors.services import Services
    from actors.workflow.spec import Workflow
    from supervision.mailbox import Asked

__all__ = ["Watchman"]

T = TypeVar("T")
BUSY = ("queued", "running")
PAGE = 1_000
LEFT = 100
AGAIN_S = 1.0
DENIED_S = 30.0
ASK_S = 30.0
THREADS = 4


class Watchman(Actor[LookForHandoffs | ListHandoffs | LetIn]):
    """Looks at every tick, for each workflow beside the others: a folder that does not answer holds up nobody else."""

    mailbox = Mailbox(capacity=64)
    accepts = (LookForHandoffs,)

    def __init__(self, services: Services, library: Library, interval_s: float, *, inline: bool) -> None:
        self._services = services
        self._library = library
        self._interval_s = interval_s
        self._threads = None if inline else trio.CapacityLimiter(THREADS)
        self._at_work: set[str] = set()
        self._later: dict[str, tuple[float, str]] = {}  # a workflow or a handoff that is left alone until then (trio's clock), and why
        self._looks: dict[str, Look] = {}
        self._problems: dict[str, dict[str, str]] = {}
        self._made = self._archived = 0

    async def started(self) -> None:
        self.tick(self._interval_s, LookForHandoffs())
        self.after(0.0, LookForHandoffs())

    def status(self) -> str:
        """Counts since this incarnation began, and which files are passed over and why, for the tree."""
        passed = [f"{workflow_id}: {file}: {why}" for workflow_id, found in self._problems.items() for file, why in found.items()]
        passed += [f"{name}: {why}" for name, (_, why) in self._later.items() if why and not name.startswith("handoff/")]
        more = f"; {len(passed)} passed over, such as {passed[0]}" if passed else ""
        return f"{self._made} runs made, {self._archived} files put away{more}"

    async def receive(self, message: LookForHandoffs | ListHandoffs | LetIn) -> object:
        match message:
            case ListHandoffs(workflow=workflow):
                self.spawn(self._answer, self.defer(), partial(list_files, workflow))
                return Forwarded()
            case LetIn(workflow=workflow, files=files):
                self.spawn(self._answer, self.defer(), partial(approve_files, workflow, files))
                return Forwarded()
            case LookForHandoffs():
                self._look()
        return None

    async def _answer(self, asked: Asked | None, work: Callable[[], object]) -> None:
        try:
            found = await self._aside(work)
        except (OSError, NotContained) as error:
            found = Refusal("handoff_folder_unreadable", f"{error}. Look at the folders of the workflow's handoffs.")
        if asked is not None:
            asked.answer(found)

    def _look(self) -> None:
        """Begin a look wherever none is under way."""
        self._later = {name: held for name, held in self._later.items() if held[0] > trio.current_time()}
        watching = {str(line.group) for line in self._services.store.catalog.found(WATCHING, PAGE)}
        for workflow_id in (self._problems.keys() | self._looks.keys()) - watching:
            self._problems.pop(workflow_id, None)
            self._looks.pop(workflow_id, None)
        for name in (*watching, ""):
            if name not in self._at_work and name not in self._later:
                self._at_work.add(name)
                self.spawn(self._beside, name)

    async def _beside(self, workflow_id: str) -> None:
        """One look for a workflow; without a name, at what a former daemon has not put away."""
        try:
            await (self._watch(workflow_id) if workflow_id else self._put_away_what_is_left())
        except (OSError, NotContained) as error:
            self._leave(workflow_id, DENIED_S, str(error))
        except (StreamDamaged, BadRecord, UnknownKind) as error:
            self._leave(workflow_id, DENIED_S, str(error))
        finally:
            self._at_work.discard(workflow_id)

    def _leave(self, name: str, seconds: float, why: str) -> None:
        """Do not try that again for a while."""
        self._later[name] = (trio.current_time() + seconds, why)

    async def _watch(self, workflow_id: str) -> None:
        record = self._library.record(workflow_id)
        workflow = self._library.definition(record.versions[-1]) if record.status == "active" else None
        if workflow is None or self._services.store.catalog.has("run", BUSY, workflow_id):
            return
        workspace = await self._aside(partial(workspace_of, workflow))
        if workspace is None:
            self._problems[workflow_id] = {"workspace": f"{workflow.workspace_root} is no folder that exists"}
            return
        handoffs, last = workflow.triggers.handoffs, self._looks.get(workflow_id, Look())
        if handoffs.auto_approve:
            await self._aside(partial(let_in, workspace, handoffs))
        known = {found.file: found for found in last.found}
        seen = self._looks[workflow_id] = await self._aside(partial(look, workspace, handoffs.approved, known, last.behind))
        problems = self._problems[workflow_id] = {found.file: found.problem for found in seen.found if found.problem is not None}
        for file, handoff in wanted(workflow_id, workflow.triggers.watches, seen.found):
            why = await self._take(workflow, record.versions[-1], record.seq, workspace, file, handoff)
            if why is None:
                return
            if why:
                problems[file] = why

    async def _take(
        self, workflow: Workflow, version: Version, seq: int, workspace: str, file: str, handoff: Handoff
    ) -> str | None:  # fmt: skip
        """Make the run. None: there is nothing more to do now. Else the next one may be tried; a text says why this one is left."""
        handoffs, store = workflow.triggers.handoffs, self._services.store
        run_id, now = self._services.ids.new("run"), self._services.clock.now_ms()
        fact = HandoffConsumed(
            handoff.handoff_id, run_id, workflow.workflow_id, handoff.source_workflow_id, handoff.artifact_type, workspace,
            handoffs.approved, handoffs.archived, file,
        )  # fmt: skip
        stream = handoff_stream(workspace, handoff.handoff_id)
        if store.journal.head(stream) > 0:  # it was used up before, and has come again
            await self._aside(partial(archive, workspace, handoffs.approved, handoffs.archived, file, handoff.handoff_id))
            return ""
        if handoff.content_path is not None and not in_scope(workflow.triggers.scope, handoff.content_path):
            return f"its content_path {handoff.content_path} lies outside of the workflow's scope"
        if stream in self._later:
            return self._later[stream][1]
        origin = Origin(run_id, reason=reason_of(handoff), handoff_id=handoff.handoff_id)
        admit = Admit(
            workflow.workflow_id, version.version, version.digest, inputs_for(workflow, handoff), None, None,
            trigger_type="watch_condition", workflow_seq=seq, origin=origin,
        )  # fmt: skip
        try:
            made = await self.system.ref(REGISTRAR).ask(Fire((admit,), (consumed(fact, now),)), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            made = Refusal("unavailable", "the registrar does not answer")
        if isinstance(made, Refusal):
            self._leave(workflow.workflow_id, AGAIN_S, made.message)
            return None
        if made.denied is not None:
            self._leave(stream, DENIED_S, f"no run can be made of it: {made.denied.message}")
            return self._later[stream][1]
        self._made += 1
        await self._put_away(fact)
        return None

    async def _put_away(self, fact: HandoffConsumed) -> None:
        """Move the file of a handoff that was used up, and note that; interrupted, the next daemon does it."""
        name = await self._aside(partial(archive, fact.workspace, fact.approved, fact.archived, fact.file, fact.handoff_id))
        self._archived += name is not None
        now = self._services.clock.now_ms()
        try:
            await self._services.store.commit(Transaction(now, (archived(fact, name, now),)))
        except (VersionConflict, Unavailable):
            return  # it is looked at again, and found to be gone

    async def _put_away_what_is_left(self) -> None:
        self._leave("", DENIED_S, "")
        for line in self._services.store.catalog.list(KIND, ("consumed",), limit=LEFT):
            with suppress(OSError, NotContained):  # said where that workflow is looked at
                fact = handoff_codec().decode(self._services.store.journal.read(line.stream, 0, 1)[0])
                if isinstance(fact, HandoffConsumed):
                    await self._put_away(fact)

    async def _aside(self, work: Callable[[], T]) -> T:
        """Files may be slow: they are looked at in a thread, which nobody waits for when the daemon ends."""
        if self._threads is None:
            return work()
        return await trio.to_thread.run_sync(work, limiter=self._threads, abandon_on_cancel=True)
