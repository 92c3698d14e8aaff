"""Who answers gates of which type: what the settings name, and what is registered beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field, frozen

from actors.resolver.answers import Said

if TYPE_CHECKING:
    from actors.config.sections import Gates
    from actors.node.guardian.guardian import Guardian

__all__ = ["Context", "Registry", "Resolver", "registry_of"]


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


def registry_of(gates: Gates, guardian: Guardian, env: Mapping[str, str]) -> Registry:
    """The resolvers that the settings name. `env`: what programs among them get of the daemon's environment."""
    registry = Registry()
    if gates.resolvers:
        from actors.resolver.asking import made  # noqa: PLC0415  only who has resolvers pays for what they ask with
        from actors.resolver.means import Means  # noqa: PLC0415  as above

        means = Means(guardian, gates.resolver_timeout_ms / 1000, env, dict(gates.tokens))
        for gate_type, how in gates.resolvers:
            registry.register(gate_type, made(gate_type, how, means))
    return registry
