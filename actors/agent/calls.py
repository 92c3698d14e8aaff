"""One call of a model: looked at by the purse, intended, made, and written down with its cost, whatever came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from actors.agent.provider.messages import Answer, ModelRequest, OnPart, ProviderFailure, ToolSpec
from actors.agent.provider.retrying import Candidate, Retrying
from actors.agent.thread_events import Asked, ModelCallAnswered, ModelCallFailed, ModelCallIntended
from actors.ledger.prices import Cost
from actors.ledger.purse import Reserve, UsedUp, room, room_in_common
from actors.sub_run.row import BUDGET_ABOVE
from storage.codec import BadRecord
from storage.errors import BadTransaction
from storage.strict_json import BadJson

if TYPE_CHECKING:
    from actors.agent.house import House
    from actors.agent.provider.messages import TokenUsage
    from actors.agent.thread_log import ThreadLog
    from actors.node.messages import Budget, SharedBudget, Usage
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.workflow.spec_agent import Persona

__all__ = ["Caller"]

CHARACTERS_PER_TOKEN = 4


@frozen
class _Made:
    """The call that is being made, of whom, and since when."""

    turn: int
    candidate: Candidate
    began: float


@frozen(eq=False)
class Caller:
    """Who makes the calls of one attempt. `began` is when the attempt did, in seconds of the loop's clock.

    Told when the attempt `waits` for others, and when a call `begins`.
    """

    house: House
    log: ThreadLog
    order: WorkOrder
    action: AgentOrder
    persona: Persona
    retrying: Retrying
    tools: tuple[ToolSpec, ...]
    began: float
    waits: Callable[[], object]
    begins: Callable[[], object]

    async def call(self, on_part: OnPart) -> None:
        """Make the next call, with all its repetitions; its answer is in the log then.

        Raises UsedUp before one is made, ProviderFailure when the last one came to nothing.
        """

        async def once(candidate: Candidate, request: ModelRequest) -> Answer:
            return await self._once(candidate, request, on_part)

        await self.retrying.answered(self._request(), once, on_part)

    async def _once(self, candidate: Candidate, request: ModelRequest, on_part: OnPart) -> Answer:
        """One call. To wait for others of the run, and for a service that asks for patience, is no silence."""
        self.waits()
        self._priced(candidate)
        async with self._room_for(request):
            self.begins()
            made = _Made(self.log.thread.calls + 1, candidate, trio.current_time())
            await self.log.append((self._intent(made),))
            try:
                answer = await candidate.provider.stream(request, on_part)
            except ProviderFailure as failure:
                await self.log.append((self._failed(made, failure),))
                self.waits()
                raise
            await self._note(made, answer)
        return answer

    def _priced(self, candidate: Candidate) -> None:
        """Under a budget of money nothing is called whose price nobody knows, before the call or after it."""
        if self.house.prices.of(candidate.model) is not None or self.house.tells_cost(candidate.provider.name):
            return
        if self.action.budget.priced:
            raise UsedUp("budget_model_unpriced", None)
        if self.action.shared is not None and self.action.shared.limits.priced:
            raise UsedUp("budget_workflow_model_unpriced", None)
        if self.action.below and any(budget.priced for _, budget in self.house.budgets_above(self.order.run_id)):
            raise UsedUp(BUDGET_ABOVE, None)

    @asynccontextmanager
    async def _room_for(self, request: ModelRequest) -> AsyncIterator[None]:
        """Hold back what the call may use at most, of what the run has and of what its workflow has. Raises UsedUp."""
        reserve, purse, shared = self._reserve(request), self.house.purse, self.action.shared
        async with AsyncExitStack() as held:
            await held.enter_async_context(purse.holding(f"run:{self.order.run_id}", reserve, self._look))
            for run_id, budget in self.house.budgets_above(self.order.run_id) if self.action.below else ():
                try:
                    await held.enter_async_context(purse.holding(f"run:{run_id}", reserve, partial(self._look_above, run_id, budget)))
                except UsedUp:
                    raise UsedUp(BUDGET_ABOVE, None) from None
            if shared is not None:
                look = partial(self._look_in_common, shared)
                try:
                    await held.enter_async_context(purse.holding(f"workflow:{shared.workflow_id}", reserve, look))
                except UsedUp as used_up:
                    code = str(used_up.args[0])
                    raise UsedUp(code, _part(code, self.house.used_in_common(shared))) from None
            yield

    def _look_above(self, run_id: str, budget: Budget, held: Reserve) -> str:
        return room(budget, self.house.used_by(run_id, family=True), held, 0)

    def _look_in_common(self, shared: SharedBudget, held: Reserve) -> str:
        return room_in_common(shared.limits, self.house.used_in_common(shared), held)

    async def _note(self, made: _Made, answer: Answer) -> None:
        try:
            await self.log.append((self._answered(made, answer),))
        except (BadJson, BadRecord, BadTransaction) as error:
            message = f"the answer cannot be recorded: {error}"
            failure = ProviderFailure("provider_malformed", message, request_id=answer.request_id, usage=answer.usage)
            await self.log.append((self._failed(made, failure),))
            raise failure from error

    async def give_up(self, code: str, message: str) -> None:
        """A call under way was cut off by the attempt itself: write that down. What an agent has used by then is not known."""
        turn, asked = self.log.thread.open_turn, self.retrying.candidates[self.retrying.place].provider.name
        if turn is not None:
            await self.log.append((ModelCallFailed(turn, code=code, message=message, priced=not self.house.own_tools(asked)),))

    def _request(self) -> ModelRequest:
        persona, turns = self.persona, tuple(self.log.thread.turns)
        place = f"{self.action.thread_id}/{self.order.instance}/{len(turns)}"  # the same for a call that is made again
        return ModelRequest(
            model=persona.model, turns=turns, idempotency_key=sha256(place.encode()).hexdigest(), system=persona.system, tools=self.tools,
            max_output_tokens=persona.max_output_tokens, temperature=persona.temperature, response_schema=self._answer(),
        )  # fmt: skip

    def _answer(self) -> Mapping[str, Any] | None:
        """The schema of what it says last, where that is one of objects: no service takes others."""
        schema = self.action.answer
        return schema if isinstance(schema, Mapping) and schema.get("type") == "object" else None

    def _reserve(self, request: ModelRequest) -> Reserve:
        said = len(request.system) + sum(len(str(turn)) for turn in request.turns)
        asked, answered = said // CHARACTERS_PER_TOKEN, request.max_output_tokens
        return Reserve(asked + answered, self.house.prices.cost(request.model, asked, answered).total)

    def _look(self, held: Reserve) -> str:
        budget = self.action.budget
        used = budget.used - budget.by_agents + self.house.used_by(self.order.run_id, family=self.action.family)
        active_ms = budget.active_ms + int((trio.current_time() - self.began) * 1000)
        return room(budget, used, held, active_ms)

    def _intent(self, made: _Made) -> ModelCallIntended:
        persona, asked = self.persona, made.candidate
        return ModelCallIntended(
            made.turn, self.order.attempt, self.action.bound.role, persona.name, persona.version, asked.provider.name, asked.model
        )  # fmt: skip

    def _answered(self, made: _Made, answer: Answer) -> ModelCallAnswered:
        calls = tuple(Asked(call.call_id, call.name, dict(call.arguments)) for call in answer.calls)
        known = self._known(made, answer.usage, answer.request_id, answer.model)
        return ModelCallAnswered(made.turn, text=answer.text, calls=calls, stop=answer.stop, **known)

    def _failed(self, made: _Made, failure: ProviderFailure) -> ModelCallFailed:
        known = self._known(made, failure.usage, failure.request_id or "", "")
        return ModelCallFailed(made.turn, code=failure.code, message=failure.message[:2_000], **known)

    def _known(self, made: _Made, usage: TokenUsage, request_id: str, answered_by: str) -> dict[str, Any]:
        cost = self._cost(made.candidate.model, usage, answered_by)
        return {
            "input_tokens": usage.input, "output_tokens": usage.output, "cached_tokens": usage.cached, "reasoning_tokens": usage.reasoning,
            "cost_input_usd": cost.input, "cost_output_usd": cost.output, "priced": cost.priced,
            "latency_ms": round((trio.current_time() - made.began) * 1000), "request_id": request_id, "answered_by": answered_by,
            "tool_calls": usage.tool_calls, "stored_tokens": usage.stored,
        }  # fmt: skip

    def _cost(self, model: str, usage: TokenUsage, answered_by: str) -> Cost:
        """By the model that was asked for; by the one that answered where that has no price. What used nothing costs nothing.

        What says itself what it has cost is believed; it tells one sum, which stands where output does.
        """
        if usage.cost_usd is not None:
            return Cost(0.0, round(usage.cost_usd, 9))
        if usage.input + usage.output == 0:
            return Cost()
        cost = self.house.prices.cost(model, usage.input, usage.output, usage.cached)
        return cost if cost.priced else self.house.prices.cost(answered_by, usage.input, usage.output, usage.cached)


def _part(code: str, used: Usage) -> float:
    """The one of the amounts of which the code speaks."""
    if "tool_calls" in code:
        return used.tool_calls
    return used.tokens if "tokens" in code else round(used.cost_usd, 4)
