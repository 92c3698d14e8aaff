"""A backend over HTTP: a dialect at an address, with its key read when it is needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from attrs import Factory, field, frozen

from actors.agent.provider.border import encode
from actors.agent.provider.dialect import Dialect
from actors.agent.provider.exchange import Post, exchange
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, Limits, ModelRequest, OnPart
from actors.agent.provider.sse import ServerEvent
from actors.agent.provider.tokens import TokenUsage

__all__ = ["HttpProvider"]


@frozen
class HttpProvider:
    """A Provider. `key` gives "" for none and raises ProviderFailure where it should be there and is not; it is shown nowhere."""

    name: str
    base_url: str
    dialect: Dialect
    key: Callable[[], Awaitable[str]] = field(repr=False)
    headers: Mapping[str, str] = field(default=Factory(dict), repr=False)
    limits: Limits = Factory(Limits)

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """One call, made once. Its idempotency key goes along as a header, for services that know such a thing."""
        fold, heard = self.dialect.fold(request, on_part), False

        def take(event: ServerEvent) -> bool:
            nonlocal heard
            heard = True
            return fold.take(event)

        try:
            key = await self.key()
            headers = {
                **self.headers,
                **self.dialect.headers(key),
                "idempotency-key": request.idempotency_key.encode("ascii", "backslashreplace").decode(),
            }
            post = Post(self.base_url.rstrip("/") + self.dialect.path, headers, encode(self.dialect.body(request)), key)
            request_id = await exchange(post, self.limits, take)
            return fold.answer(request_id)
        except ProviderFailure as failure:
            raise failure.at(self.name, fold.text, fold.usage if heard else TokenUsage()) from None
