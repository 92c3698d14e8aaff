"""A provider that does not give up at once: the same call again, and then the models that stand in for one that cannot answer."""

from __future__ import annotations

import trio
from attrs import Factory, evolve, frozen

from actors.agent.provider.again import Patience, next_call
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, CallFailed, ModelRequest, OnPart, Provider

__all__ = ["Candidate", "Retrying"]


@frozen
class Candidate:
    """A model of a backend."""

    provider: Provider
    model: str


@frozen
class Retrying:
    """A Provider made of others. The request's own model does not count: the first of `candidates` is asked, the others stand in for it.

    Every call that failed and is followed by another is told as CallFailed; the last one's failure is raised.
    """

    candidates: tuple[Candidate, ...]
    patience: Patience = Factory(Patience)

    @property
    def name(self) -> str:
        """That of the first."""
        return self.candidates[0].provider.name

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """The first whole answer. The same call keeps its idempotency key; that of another model is another call, with a key of its own."""
        place, made = 0, 0
        while True:
            now, made = self.candidates[place], made + 1
            key = request.idempotency_key if place == 0 else f"{request.idempotency_key}:{place}"
            try:
                return await now.provider.stream(evolve(request, model=now.model, idempotency_key=key), on_part)
            except ProviderFailure as failure:
                after = next_call(failure, place, made, len(self.candidates), self.patience, key)
                if after is None:
                    raise
                on_part(CallFailed(now.provider.name, now.model, failure, after.wait_ms))
            await trio.sleep(after.wait_ms / 1000)
            place, made = after.candidate, made if after.candidate == place else 0
