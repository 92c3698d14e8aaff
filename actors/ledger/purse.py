"""What a run may still use, asked before each call: an amount is held back while the call is under way (engine spec 8, 11 E19)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define, field, frozen

from actors.node.messages import Budget, Usage

__all__ = ["Purse", "Reserve", "UsedUp", "room", "room_in_common"]


@frozen
class Reserve:
    """What a call may use at most, as far as that can be told before it is made."""

    tokens: int = 0
    cost_usd: float = 0.0


class UsedUp(Exception):
    """No call is made any more: args (code of the budget, what all runs of the workflow have used where they share it, else None)."""


def room_in_common(limits: Budget, used: Usage, held: Reserve) -> str:
    """The same for what all runs of a workflow share; the codes say so. A call without a price takes room that nobody can count."""
    if limits.priced and used.unpriced:
        return "budget_workflow_model_unpriced"
    return room(limits, used, held, 0).replace("budget_", "budget_workflow_", 1)


def room(budget: Budget, used: Usage, held: Reserve, active_ms: int) -> str:
    """`go`; `wait` until calls under way are over, which may use up what is left; or the code of the budget that is used up."""
    if budget.runtime_ms is not None and active_ms >= budget.runtime_ms:
        return "budget_runtime_reached"
    if budget.tokens is not None and used.tokens >= budget.tokens:
        return "budget_tokens_reached"
    if budget.cost_usd is not None and round(used.cost_usd, 4) >= round(budget.cost_usd, 4):
        return "budget_cost_reached"
    if budget.tool_calls is not None and used.tool_calls >= budget.tool_calls:
        return "budget_tool_calls_reached"
    tight = budget.tokens is not None and held.tokens > 0 and used.tokens + held.tokens >= budget.tokens
    dear = budget.cost_usd is not None and held.cost_usd > 0 and used.cost_usd + held.cost_usd >= budget.cost_usd
    return "wait" if tight or dear else "go"


@define(eq=False)
class _Account:
    held: dict[object, Reserve] = field(factory=dict)
    changed: trio.Event = field(factory=trio.Event)


class Purse:
    """Shared by all attempts of one daemon. What was used lies in the logs; only what is under way is known here."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    @asynccontextmanager
    async def holding(self, account: str, reserve: Reserve, look: Callable[[Reserve], str]) -> AsyncIterator[None]:
        """Inside, the call may be made. `look` answers as `room` does, for what others hold on the same account. Raises UsedUp.

        An account is a run, or whatever else calls have in common. Who needs several takes the narrower one first.
        """
        mine, found = object(), self._accounts.setdefault(account, _Account())
        while (answer := look(_sum(found))) != "go":
            if answer != "wait":
                self._leave(account, found, mine)
                raise UsedUp(answer, None)
            await found.changed.wait()
            found = self._accounts.setdefault(account, _Account())
        found.held[mine] = reserve
        try:
            yield
        finally:
            self._leave(account, found, mine)

    def _leave(self, account: str, found: _Account, mine: object) -> None:
        found.held.pop(mine, None)
        found.changed.set()
        found.changed = trio.Event()
        if not found.held and self._accounts.get(account) is found:
            del self._accounts[account]


def _sum(found: _Account) -> Reserve:
    return Reserve(sum(one.tokens for one in found.held.values()), sum(one.cost_usd for one in found.held.values()))
