"""What all of the runtime's methods share: the services, the tree, and the forms of their answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio
from attrs import Factory, define, evolve

from actors.projection.messages import WriteOut
from actors.refusals import Principal, Refusal, RequestKey
from actors.run.audits import audit_entry
from actors.run.folded import Folded
from actors.run.known import is_run, no_such_run, replayed
from actors.run.logbook import CorruptLog
from actors.run.messages import ForRun
from actors.services import PROJECTOR, REGISTRAR
from storage import StreamDamaged, Transaction, Unavailable
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.agent.roster import Roster
    from actors.learning.workplace import Workplace
    from actors.library import Library
    from actors.mcp.servers import Servers
    from actors.run.messages import Admit
    from actors.run.requests import Operation
    from actors.run.state import RunState
    from actors.services import Services
    from supervision import System

__all__ = ["ASK_S", "PATIENT_S", "TRIES", "Answer", "Base", "changed_meanwhile"]

Answer = dict[str, Any] | Refusal
TRIES = 5
ASK_S = 60.0
PATIENT_S = 600.0
"""For what goes over a whole log."""


def changed_meanwhile(workflow_id: str) -> Refusal:
    """Others kept changing the workflow."""
    text = f"The workflow {workflow_id} was changed by others again and again. Nothing was done; ask again, it does no harm."
    return Refusal("overtaken", text, {"workflow_id": workflow_id})


@define(eq=False)
class Base:
    """`stop` begins the daemon's orderly shutdown; `about` are facts of this daemon that never change.

    `archives`: whether a run is archived before it is removed. `importing` are the runs whose histories are being brought in. `inline`:
    nothing is done in threads, for which no virtual clock waits.
    """

    services: Services
    system: System
    library: Library
    stop: Callable[[str], None]
    about: dict[str, Any]
    roster: Roster
    servers: Servers
    learning: Workplace
    archives: bool = False
    inline: bool = False
    importing: list[str] = Factory(list)
    folded: Folded = Factory(lambda self: Folded(self.services), takes_self=True)

    async def written_out(self, run_id: str) -> bool:
        """Have the rows of a history written of which only is noted how far it reaches; False where that cannot be done now."""
        histories = self.services.store.histories
        if any(one.noted for one in histories.of(run_id)):
            with contextlib.suppress(ActorDead, AskTimeout, MailboxFull):
                await self.system.ref(PROJECTOR).ask(WriteOut(run_id), timeout=PATIENT_S)
        return not any(one.noted for one in histories.of(run_id))

    def fold(self, run_id: str, upto: int | None = None) -> RunState | Refusal:
        """The run's state from its log, as a whole or as far as that fact, or why there is none. It is to be looked at only."""
        if not is_run(self.services.store, run_id):
            self.folded.forget(run_id)
            return no_such_run(run_id)
        try:
            return self.folded.state(run_id, upto)
        except LookupError:
            return no_such_run(run_id)
        except (CorruptLog, StreamDamaged) as error:
            return Refusal("run_log_unreadable", f"{error}. Its other data and all other runs are unharmed.", {"run_id": run_id})

    def replayed(self, request: RequestKey) -> Answer | None:
        """The first answer to a request that was applied before; a refusal if its id was used for something else."""
        return replayed(self.services.store, request)

    async def ask_registrar(self, request: Admit | ForRun) -> Answer:
        """Ask; a run that comes to rest at that very moment is asked again, which the request's id makes harmless."""
        last = ""
        for attempt in range(TRIES):
            try:
                answer: Answer = await self.system.ref(REGISTRAR).ask(request, timeout=ASK_S)
            except ActorDead as dead:
                last = str(dead)
                if request.request is not None and (known := self.replayed(request.request)) is not None:
                    return known
                if isinstance(request, ForRun) and isinstance(damaged := self.fold(request.run_id), Refusal):
                    return damaged
                await trio.sleep(0.02 * attempt)
            except (AskTimeout, MailboxFull) as late:
                return Refusal("overloaded", f"The runtime has not answered in time ({late}). Ask again with the same request id.")
            else:
                return answer
        return Refusal("run_unavailable", f"The run does not answer: {last}. Look at it with: penstock why", {})

    async def operate(self, run_id: str, operation: Operation, request: RequestKey) -> Answer:
        """Apply an operation to a run, once for each request id."""
        answer = self.replayed(request) or await self.ask_registrar(ForRun(run_id, operation, request))
        return evolve(answer, data={"run_id": run_id, **answer.data}) if isinstance(answer, Refusal) else answer

    async def audit_refusal(self, by: Principal, method: str, request_id: str | None, refusal: Refusal) -> None:
        """Record that a changing method was refused."""
        entry = audit_entry(str(by), method, str(refusal.data.get("run_id", "")), {"request_id": request_id, **refusal.data}, refusal.code)
        try:
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), audit=(entry,)))
        except Unavailable:
            return  # the refusal itself is said all the same
