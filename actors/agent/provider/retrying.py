"""A call that is not given up at once: the same model again, and then the models that stand in for one that cannot answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from attrs import Factory, define, evolve, frozen

from actors.agent.provider.again import Patience, next_call
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, CallFailed, ModelRequest, OnPart, Provider

__all__ = ["Candidate", "Once", "Retrying"]


@frozen
class Candidate:
    """A model of a backend, and how often it is asked."""

    provider: Provider
    model: str
    patience: Patience = Factory(Patience)


Once = Callable[[Candidate, ModelRequest], Awaitable[Answer]]
"""Makes one call of that candidate. Raises ProviderFailure."""


@define(eq=False)
class Retrying:
    """The first of `candidates` is asked, the others stand in for it. `place` is who is asked now: who stands in goes on until the end."""

    candidates: tuple[Candidate, ...]
    place: int = 0

    async def answered(self, request: ModelRequest, once: Once, on_part: OnPart) -> Answer:
        """The first whole answer. The request's own model does not count.

        The same call keeps its idempotency key; that of another model is another call, with a key of its own. Every call that failed and is
        followed by another is told as CallFailed; the last one's failure is raised, and whatever else `once` raises.
        """
        made = 0
        while True:
            now, made = self.candidates[self.place], made + 1
            key = request.idempotency_key if self.place == 0 else f"{request.idempotency_key}:{self.place}"
            try:
                return await once(now, evolve(request, model=now.model, idempotency_key=key))
            except ProviderFailure as failure:
                after = next_call(failure, self.place, made, len(self.candidates), now.patience, key)
                if after is None:
                    raise
                on_part(CallFailed(now.provider.name, now.model, failure, after.wait_ms))
            await trio.sleep(after.wait_ms / 1000)
            if after.candidate != self.place:
                self.place, made = after.candidate, 0
