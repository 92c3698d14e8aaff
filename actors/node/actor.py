"""One attempt as an actor: it carries out its order, tells the run what came of it, and stays until the run has recorded that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from attrs import evolve

from actors.node.executor import perform
from actors.node.messages import AgentHeard, Failure, Interruption, Outcome, Report, Success, Usage, Verdict
from actors.node.orders import PythonOrder, WorkOrder
from actors.node.usage import read_usage, usage_path
from actors.node.values import LARGEST_OUTPUT
from supervision import Actor, Mailbox, Ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.node.tools import Tools
    from actors.secrets.redactor import Redactor

__all__ = ["Attempt"]

LONGEST_MESSAGE = 8_000


class Attempt(Actor[Report]):
    """Ended from outside, it has killed all its processes before it ends, and tells the run that it was interrupted."""

    mailbox = Mailbox(capacity=4, overflow="drop_new")  # one question that waits says as much as many

    def __init__(self, order: WorkOrder, tools: Callable[[], Tools], run: Ref[Outcome | AgentHeard]) -> None:
        self.order = order
        self._tools = tools
        self._run = run
        self._verdict: Verdict | None = None
        self._heard = 0
        self._silent = False
        self._redactor: Redactor | None = None

    async def main(self) -> None:
        """Perform, tell, and wait to be dismissed."""
        self._verdict = verdict = _within_limits(await self._performed())
        self.plain = True  # nothing is left to say at the end, which spares the kernel a farewell
        await self._run.tell(self._outcome(verdict))
        await super().main()

    async def _performed(self) -> Verdict:
        """What came of it, without secrets."""
        try:
            tools = self._tools()
            self._redactor = tools.redactor
            verdict = await perform(self.order, tools, self._hear)
            self._silent = _is_silent(self.order, tools)
        except Exception as error:  # noqa: BLE001 - whatever breaks here is one attempt's failure, not its run's
            text = f"The executor broke: {type(error).__name__}: {error}. This is a defect of Penstock, not of the node."
            verdict = Failure("executor_crashed", text, "execution_error", unknown=True)
        return verdict if self._redactor is None else self._redactor.value(verdict)

    async def receive(self, message: Report) -> None:
        """A restarted run asks again."""
        if self._verdict is not None:
            await self._run.tell(self._outcome(self._verdict))

    async def stopped(self) -> None:
        """Dismissed, or ended early: in the latter case the run hears of it."""
        if self._verdict is None:
            await self._run.tell(self._outcome(Interruption("stopped")))

    def status(self) -> str:
        """What it is doing, for the tree."""
        order = self.order
        return f"{order.node_id} attempt {order.attempt}: {'done' if self._verdict is not None else 'running'}"

    async def _hear(self, number: int) -> None:
        self._heard = number
        await self._run.tell(AgentHeard(self.order.node_id, number))

    def _outcome(self, verdict: Verdict) -> Outcome:
        return Outcome(self.order.node_id, self.order.token, verdict, self._used(), self._heard)

    def _used(self) -> Usage | None:
        """What it says that it has used, without secrets. No file is looked for that nobody can have written."""
        used = None if self._silent else read_usage(usage_path(self.order))
        if used is not None and used.model and self._redactor is not None:
            used = self._redactor.value(used)
        return used


def _is_silent(order: WorkOrder, tools: Tools) -> bool:
    """Whether it could not say what it has used: a function in this process that was given no context."""
    action = order.action
    return type(action) is PythonOrder and not action.isolate and not tools.modules.told(action.folder, action.function)


def _within_limits(verdict: Verdict) -> Verdict:
    """A result that a log entry cannot hold is a failure that says so; a message that is too long is cut."""
    if isinstance(verdict, Success) and verdict.output is not None:
        size = len(orjson.dumps(verdict.output))
        if size > LARGEST_OUTPUT:
            text = f"The node's output has {size} bytes as JSON; at most {LARGEST_OUTPUT} are kept. Hand large data on as an artifact."
            return Failure("output_too_large", text, "artifact_contract_unmet", {"size": size, "limit": LARGEST_OUTPUT})
    if isinstance(verdict, Failure) and len(verdict.message) > LONGEST_MESSAGE:
        return evolve(verdict, message=f"{verdict.message[:LONGEST_MESSAGE]} [...]")
    return verdict
