"""One call of a model: looked at by the purse, intended, made, and written down with its cost, whatever came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, frozen

from actors.agent.provider.messages import Answer, CallFailed, ModelRequest, Part, ProviderFailure, ToolSpec
from actors.agent.thread_events import Asked, ModelCallAnswered, ModelCallFailed, ModelCallIntended
from actors.ledger.prices import Cost
from actors.ledger.purse import Reserve, UsedUp, room, room_in_common
from storage.codec import BadRecord
from storage.errors import BadTransaction
from storage.strict_json import BadJson

if TYPE_CHECKING:
    from actors.agent.house import House
    from actors.agent.provider.messages import Provider, TokenUsage
    from actors.agent.thread_log import ThreadLog
    from actors.node.messages import AgentOrder, SharedBudget, Usage, WorkOrder
    from actors.workflow.spec_agent import Persona

__all__ = ["Caller"]

CHARACTERS_PER_TOKEN = 4


@define
class _Made:
    """The call that is being made. `facts` are those of its repetitions, which are written down with its end."""

    turn: int
    began: float
    facts: tuple[ModelCallFailed | ModelCallIntended, ...] = ()


@frozen(eq=False)
class Caller:
    """Who makes the calls of one attempt. `began` is when the attempt did, in seconds of the loop's clock."""

    house: House
    log: ThreadLog
    order: WorkOrder
    action: AgentOrder
    persona: Persona
    provider: Provider
    tools: tuple[ToolSpec, ...]
    began: float

    async def call(self, begins: Callable[[], object], on_part: Callable[[Part], object]) -> None:
        """Make the next call; its answer is in the log then. Raises UsedUp before it is made, ProviderFailure when it came to nothing.

        It may have to wait for others of its run before it `begins`.
        """
        self._refuse_unpriced()
        request = self._request()
        async with self._room_for(request):
            begins()
            made = _Made(self.log.thread.calls + 1, trio.current_time())
            await self.log.append((self._intent(made.turn),))

            def heard(part: Part) -> None:
                if isinstance(part, CallFailed):
                    made.facts += (self._failed(made, part.failure), self._intent(made.turn + 1))
                    made.turn, made.began = made.turn + 1, trio.current_time()
                on_part(part)

            try:
                answer = await self.provider.stream(request, heard)
            except ProviderFailure as failure:
                await self.log.append((*made.facts, self._failed(made, failure)))
                raise
            await self._note(made, answer)

    def _refuse_unpriced(self) -> None:
        if self.house.prices.of(self.persona.model) is not None:
            return
        if self.action.budget.priced:
            raise UsedUp("budget_model_unpriced", None)
        if self.action.shared is not None and self.action.shared.limits.priced:
            raise UsedUp("budget_workflow_model_unpriced", None)

    @asynccontextmanager
    async def _room_for(self, request: ModelRequest) -> AsyncIterator[None]:
        """Hold back what the call may use at most, of what the run has and of what its workflow has. Raises UsedUp."""
        reserve, purse, shared = self._reserve(request), self.house.purse, self.action.shared
        async with AsyncExitStack() as held:
            await held.enter_async_context(purse.holding(f"run:{self.order.run_id}", reserve, self._look))
            if shared is not None:
                look = partial(self._look_in_common, shared)
                try:
                    await held.enter_async_context(purse.holding(f"workflow:{shared.workflow_id}", reserve, look))
                except UsedUp as used_up:
                    code = str(used_up.args[0])
                    raise UsedUp(code, _part(code, self.house.used_in_common(shared))) from None
            yield

    def _look_in_common(self, shared: SharedBudget, held: Reserve) -> str:
        return room_in_common(shared.limits, self.house.used_in_common(shared), held)

    async def _note(self, made: _Made, answer: Answer) -> None:
        try:
            await self.log.append((*made.facts, self._answered(made, answer)))
        except (BadJson, BadRecord, BadTransaction) as error:
            message = f"the answer cannot be recorded: {error}"
            failure = ProviderFailure("provider_malformed", message, request_id=answer.request_id, usage=answer.usage)
            await self.log.append((*made.facts, self._failed(made, failure)))
            raise failure from error

    async def give_up(self, code: str, message: str) -> None:
        """A call under way was cut off by the attempt itself: write that down."""
        turn = self.log.thread.open_turn
        if turn is not None:
            await self.log.append((ModelCallFailed(turn, code=code, message=message),))

    def _request(self) -> ModelRequest:
        persona, turns = self.persona, tuple(self.log.thread.turns)
        place = f"{self.action.thread_id}/{self.order.instance}/{len(turns)}"  # the same for a call that is made again
        return ModelRequest(
            model=persona.model, turns=turns, idempotency_key=sha256(place.encode()).hexdigest(), system=persona.system, tools=self.tools,
            max_output_tokens=persona.max_output_tokens, temperature=persona.temperature,
        )  # fmt: skip

    def _reserve(self, request: ModelRequest) -> Reserve:
        said = len(request.system) + sum(len(str(turn)) for turn in request.turns)
        asked, answered = said // CHARACTERS_PER_TOKEN, request.max_output_tokens
        return Reserve(asked + answered, self.house.prices.cost(request.model, asked, answered).total)

    def _look(self, held: Reserve) -> str:
        budget = self.action.budget
        used = budget.used - budget.by_agents + self.house.used_by(self.order.run_id)
        active_ms = budget.active_ms + int((trio.current_time() - self.began) * 1000)
        return room(budget, used, held, active_ms)

    def _intent(self, turn: int) -> ModelCallIntended:
        persona = self.persona
        return ModelCallIntended(
            turn, self.order.attempt, self.action.bound.role, persona.name, persona.version, persona.backend, persona.model
        )  # fmt: skip

    def _answered(self, made: _Made, answer: Answer) -> ModelCallAnswered:
        calls = tuple(Asked(call.call_id, call.name, dict(call.arguments)) for call in answer.calls)
        known = self._known(made, answer.usage, answer.request_id, answer.model)
        return ModelCallAnswered(made.turn, text=answer.text, calls=calls, stop=answer.stop, **known)

    def _failed(self, made: _Made, failure: ProviderFailure) -> ModelCallFailed:
        known = self._known(made, failure.usage, failure.request_id or "", "")
        return ModelCallFailed(made.turn, code=failure.code, message=failure.message[:2_000], **known)

    def _known(self, made: _Made, usage: TokenUsage, request_id: str, answered_by: str) -> dict[str, Any]:
        cost = self._cost(usage, answered_by)
        return {
            "input_tokens": usage.input, "output_tokens": usage.output, "cached_tokens": usage.cached, "reasoning_tokens": usage.reasoning,
            "cost_input_usd": cost.input, "cost_output_usd": cost.output, "priced": cost.priced,
            "latency_ms": round((trio.current_time() - made.began) * 1000), "request_id": request_id, "answered_by": answered_by,
        }  # fmt: skip

    def _cost(self, usage: TokenUsage, answered_by: str) -> Cost:
        """By the model that was asked for; by the one that answered where that has no price. What used nothing costs nothing."""
        if usage.input + usage.output == 0:
            return Cost()
        cost = self.house.prices.cost(self.persona.model, usage.input, usage.output, usage.cached)
        return cost if cost.priced else self.house.prices.cost(answered_by, usage.input, usage.output, usage.cached)


def _part(code: str, used: Usage) -> float:
    """The one of the amounts of which the code speaks."""
    if "tool_calls" in code:
        return used.tool_calls
    return used.tokens if "tokens" in code else round(used.cost_usd, 4)
