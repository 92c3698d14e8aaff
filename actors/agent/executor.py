"""One attempt of an agent: it is told what to do, uses its tools, and is judged by what it leaves (engine spec 6).

Everything is written into the conversation's log before anything follows from it, so that an attempt goes on where another was cut off.
"""

# ruff: noqa: PTH103  # as in the executor of processes: paths are texts here

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from math import inf
from typing import TYPE_CHECKING

import trio

from actors.agent.backends import Desk
from actors.agent.calls import Caller
from actors.agent.candidates import candidates
from actors.agent.clearance import Clearance, cannot_work, policy_of
from actors.agent.contents import PersonaMissing, TextMissing, brief_of, persona_of
from actors.agent.delivery import Ended, deliver
from actors.agent.ear import Ear
from actors.agent.opening import opening
from actors.agent.provider.messages import CallFailed, ProviderFailure
from actors.agent.provider.retrying import Retrying
from actors.agent.record import Recorder
from actors.agent.repeats import ENOUGH
from actors.agent.thread_events import SteeringAdded
from actors.agent.thread_log import ThreadLog
from actors.agent.tools.kit import Kit
from actors.agent.tools.use import ToolUse
from actors.agent.watcher import over
from actors.ledger.purse import UsedUp
from actors.node import failures
from actors.node.artifact import clear
from actors.node.contained import open_folder
from actors.node.messages import Failure, Interruption, ToolQuestion
from storage import StorageError

if TYPE_CHECKING:
    from actors.agent.brief import Brief
    from actors.agent.house import House
    from actors.agent.provider.messages import Part
    from actors.agent.provider.retrying import Candidate
    from actors.node.messages import Verdict
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.node.tools import Tools
    from actors.workflow.spec_agent import Persona

__all__ = ["work"]

Heard = Callable[[int], Awaitable[object]]


async def work(order: WorkOrder, action: AgentOrder, tools: Tools, heard: Heard) -> Verdict:
    """Do the work of one attempt. Interrupted with the code of a budget where that is used up: the run says what follows.

    `heard` is told when the conversation holds what people have said to the agent.
    """
    house = tools.agents
    assert house is not None, "a daemon that runs agents has what they need"
    try:
        folder = open_folder(order.workdir)
    except OSError as error:
        return failures.workdir_missing(order.workdir, error.errno or 0)
    try:
        return await _in_folder(order, action, tools, house, folder, heard)
    finally:
        os.close(folder)


async def _in_folder(order: WorkOrder, action: AgentOrder, tools: Tools, house: House, folder: int, heard: Heard) -> Verdict:
    try:
        persona = persona_of(house.store.blobs, action.bound.sha256)
        brief = brief_of(house.store.blobs, action, persona)
        log = ThreadLog(house.store, house.clock, order.run_id, action.thread_id, house.meter, house.redactor)
    except (PersonaMissing, TextMissing, StorageError) as error:
        return Failure("run_metadata_missing", f"The attempt cannot go on: {error}. Start a fresh run.", "configuration")
    crew = candidates(house.backends, persona, Desk(order, folder, tools, log))
    if isinstance(crew, Failure):
        return crew
    foreign = None if house.outfitter is None else await house.outfitter.outfit(order, action, persona)
    if isinstance(foreign, Failure):
        return foreign
    for name in ("logs", "outputs"):
        os.makedirs(f"{order.run_dir}/{name}", mode=0o700, exist_ok=True)
    recorder = Recorder(order, action, log, house.redactor, cap=tools.settings.output_cap // 2)
    try:
        own_tools = house.own_tools(crew[0].provider.name)
        refused = await _open(order, action, log, folder, brief, own_tools=own_tools)
        if refused is not None:
            return refused
        policy = policy_of(house, persona, action)
        if (denied := cannot_work(order, policy, own_tools=own_tools)) is not None:
            return denied
        kit = Kit(order, tools, house, folder, foreign, policy)
        ended = await _Attempt(order, action, house, log, persona, crew, kit, recorder, heard).run()
        if isinstance(ended, Interruption | ToolQuestion):
            return ended
        return await deliver(order, folder, tools, log.thread, ended, brief)
    finally:
        recorder.close()


async def _open(
    order: WorkOrder, action: AgentOrder, log: ThreadLog, folder: int, brief: Brief, *, own_tools: bool
) -> Failure | None:  # fmt: skip
    """Tell the agent what to do, where it does not know; only then is a file of before nobody's any more."""
    facts = opening(order, action, log.thread, own_tools=own_tools, brief=brief)
    if facts.prompts and order.artifact is not None:
        refused = clear(folder, order.artifact)
        if refused is not None:
            return refused
    await log.append(facts.facts)
    return None


class _Attempt:
    """The conversation under the clocks of the attempt."""

    def __init__(
        self, order: WorkOrder, action: AgentOrder, house: House, log: ThreadLog, persona: Persona, crew: tuple[Candidate, ...], kit: Kit,
        recorder: Recorder, heard: Heard,
    ) -> None:  # fmt: skip
        self._order = order
        self._own_tools = house.own_tools(crew[0].provider.name)
        self._log = log
        self._recorder = recorder
        self._ear, self._say_heard = Ear(house.store, order, action), heard
        self._noted = action.steering[0].number - 1 if action.steering else log.thread.heard
        # A file is the end of the work, unless there is something to be said of it.
        self._last = order.artifact.path if order.artifact is not None and action.form is None else None
        self._most = min(action.max_steps, action.max_turns or action.max_steps)
        hands = kit.hands(action, persona, self._heard)
        clearance = Clearance(hands, order, action, log)
        self._tools = ToolUse(hands, clearance, log, recorder, house.clock, order.attempt, self._heard)
        self._began = trio.current_time()
        self._total_from = self._began - action.worked_ms / 1000
        specs = tuple(hands.specs.values())
        self._caller = Caller(house, log, order, action, persona, Retrying(crew), specs, self._began, self._waits, self._heard)
        self._scope = trio.CancelScope()

    async def run(self) -> Ended | Interruption | ToolQuestion:
        """Let it talk to its end, or to that of its time."""
        self._heard()
        try:
            with self._scope:
                return await self._talk()
        except UsedUp as used_up:
            code, value = used_up.args
            return Interruption(code, value)
        except ProviderFailure as failure:
            return Ended(failure=failure)
        finally:
            self._recorder.note()
        code, limit = self._expired()
        await self._caller.give_up(code, f"the attempt was ended after {limit} ms")
        await self._tools.give_up(f"the attempt was ended after {limit} ms while it was at work")
        self._recorder.note()
        return Ended(expired=(code, limit))

    async def _talk(self) -> Ended | ToolQuestion:
        for _ in range(self._most):
            answered = await self._tools.answer_all() if self._log.thread.unanswered else 0
            self._recorder.note()
            if isinstance(answered, ToolQuestion):
                return answered
            if answered >= ENOUGH:
                return Ended(repeats=answered)
            await self._listen()
            if over(self._log.thread, self._last):
                return Ended()
            await self._caller.call(self._part)
            self._recorder.note()
            if not self._own_tools:
                self._recorder.say(self._log.thread.last_text)
            self._heard()
        return Ended(circles=self._most)

    async def _listen(self) -> None:
        """What people have said meanwhile is durable in the conversation before the model hears it, and before its run takes note."""
        thread = self._log.thread
        await self._log.append([SteeringAdded(said.number, said.by, said.text) for said in self._ear.news(thread.heard)])
        if thread.heard > self._noted:
            self._noted = thread.heard
            await self._say_heard(thread.heard)

    def _part(self, part: Part) -> None:
        if not isinstance(part, CallFailed):  # behind which it waits
            self._heard()
        if self._own_tools:
            self._recorder.hear(part)

    def _heard(self) -> None:
        """It lives: the clock of its silence begins anew."""
        idle = self._order.idle_ms
        self._scope.deadline = min(self._due(), inf if idle is None else trio.current_time() + idle / 1000)

    def _waits(self) -> None:
        """It waits for others, which is no silence of its own."""
        self._scope.deadline = self._due()

    def _due(self) -> float:
        total = self._order.total_ms
        return inf if total is None else self._total_from + total / 1000

    def _expired(self) -> tuple[str, int]:
        total = self._order.total_ms
        if total is not None and trio.current_time() >= self._total_from + total / 1000:
            return "node_absolute_timeout", total
        return "node_idle_timeout", self._order.idle_ms or 0
