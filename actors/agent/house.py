"""What agents need beside their orders: the memory, the clock, backends, prices, and what runs may still use. Made once per daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import Factory, frozen

from actors.agent.thread import usage_of
from actors.agent.thread_events import CallEnded, ToolAnswered
from actors.agent.thread_log import KIND, facts_of
from actors.agent.tools.sandbox import Private
from actors.ledger.periods import begin_of
from actors.ledger.purse import Purse
from actors.node.messages import Budget, Usage
from actors.secrets.redactor import Redactor
from actors.telemetry.meter import Meter

if TYPE_CHECKING:
    from pathlib import Path

    from actors.agent.backends import Backends
    from actors.agent.tools.source import ToolSource
    from actors.ledger.prices import PriceTable
    from actors.node.messages import Failure, SharedBudget
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.workflow.spec_agent import Persona
    from actors.workflow.tool_names import ToolPolicy
    from storage.store import Store
    from supervision import Clock

__all__ = ["House", "Outfitter"]

MANY = 10_000
COUNTED = ("prompt_tokens", "completion_tokens", "cost_usd", "tool_calls", "unpriced")


class Outfitter(Protocol):
    """Who has tools that are not Penstock's own."""

    async def outfit(self, order: WorkOrder, action: AgentOrder, persona: Persona) -> ToolSource | Failure | None:
        """The tools of that kind that the attempt may use, None where it may use none; or why it cannot begin."""
        ...


@frozen(eq=False)
class House:
    """Shared by all agents of one daemon.

    `policy`: what may be done with tools at most. `private`: what commands in a sandbox do not see; `filter`: the file with what the kernel
    refuses to them. `http_hosts`: what may be reached.
    """

    store: Store
    clock: Clock
    backends: Backends
    prices: PriceTable
    filter: Path
    meter: Meter = Factory(Meter)
    policy: ToolPolicy = ()
    purse: Purse = Factory(Purse)
    private: Callable[[], Private] = Private
    http_hosts: tuple[str, ...] | None = None
    outfitter: Outfitter | None = None
    redactor: Redactor = Factory(Redactor)

    def tells_cost(self, backend: str) -> bool:
        """Whether calls at that backend come with what they have cost."""
        traits = self.backends.traits().get(backend)
        return traits is not None and traits.tells_cost

    def own_tools(self, backend: str) -> bool:
        """Whether it is an agent that has other tools than ours."""
        traits = self.backends.traits().get(backend)
        return traits is not None and traits.own_tools

    def used_by(self, run_id: str, *, family: bool = False) -> Usage:
        """What all calls of the run have used, those of attempts under way included; with those of the runs below it, if it is a family."""
        catalog = self.store.catalog
        total = sum((_used(line.facts) for line in catalog.list(KIND, parent=run_id, limit=MANY)), start=Usage())
        for line in catalog.list("run", parent=run_id, limit=MANY) if family else ():
            total += self.used_by(line.stream, family=True)
        return total

    def budgets_above(self, run_id: str) -> list[tuple[str, Budget]]:
        """The runs above this one that have a budget, with what they and all below them may use; nearest first."""
        found = []
        line = self.store.catalog.get(run_id)
        while line is not None and (above := line.facts.get("parent_run_id")) is not None:
            line = self.store.catalog.get(above)
            if line is not None and (limits := line.facts.get("budget")) is not None:
                found.append((line.stream, Budget(**limits)))
        return found

    def used_in_common(self, shared: SharedBudget) -> Usage:
        """What all runs of the workflow have used in the present period, as their conversations say."""
        since = begin_of(shared.per, self.clock.now_ms())
        catalog, of = self.store.catalog, shared.workflow_id
        prompt, completion, cost, tools, unpriced = catalog.children_totals(KIND, of, since, COUNTED)
        total = Usage(int(prompt), int(completion), round(cost, 9), int(tools), unpriced=unpriced > 0)
        for line in catalog.children(KIND, of, since, since):
            total += self._used_since(line.stream, since)
        return total

    def _used_since(self, thread_id: str, since: int) -> Usage:
        """Of a conversation that began before the period did."""
        total = Usage()
        for recorded, fact in facts_of(self.store, thread_id):
            if recorded.at_ms >= since and isinstance(fact, CallEnded):
                total += usage_of(fact)
            elif recorded.at_ms >= since and isinstance(fact, ToolAnswered):
                total += Usage(tool_calls=0 if fact.cut_off else 1)
        return total


def _used(said: Mapping[str, Any]) -> Usage:
    return Usage(said["prompt_tokens"], said["completion_tokens"], said["cost_usd"], said["tool_calls"], unpriced=said["unpriced"])
