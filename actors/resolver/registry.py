"""Who answers gates of which type: what the settings name, and what is registered beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import define, field, frozen

from actors.resolver.answers import Said

__all__ = ["Context", "Registry", "Resolver"]


@frozen
class Context:
    """What a resolver is told of the run beside its parameters. `memo` is what it wanted to see again; times are epoch milliseconds."""

    run_id: str
    workflow_id: str
    now_ms: int
    memo: Mapping[str, Any]


class Resolver(Protocol):
    """Somebody who answers gates of one type."""

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        """The answer as it is now. Raises Trouble where there is none. The caller ends it when it takes too long."""
        ...


@define
class Registry:
    """Resolvers by the type of the gates that they answer. The last registration of a type wins."""

    _resolvers: dict[str, Resolver] = field(factory=dict)

    def register(self, gate_type: str, resolver: Resolver) -> None:
        """From now on this one answers gates of that type."""
        self._resolvers[gate_type] = resolver

    def types(self) -> tuple[str, ...]:
        """The types that somebody answers, sorted."""
        return tuple(sorted(self._resolvers))

    def get(self, gate_type: str) -> Resolver | None:
        """Who answers gates of that type, or None."""
        return self._resolvers.get(gate_type)
