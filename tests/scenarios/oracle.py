"""Who answers gates in stories: says what it is told to say, and remembers when it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import trio
from attrs import Factory, define

import actors.tree
from actors.config.sections import Gates
from actors.outside.trouble import Trouble
from actors.resolver.answers import Said
from actors.resolver.registry import Context, Registry
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

__all__ = ["Oracle", "asked_flow", "oracle_in"]

TYPES = ("pr_approval", "pr_checks", "slack_reaction")


@define
class Oracle:
    """`says` comes in order, the last one for ever; a Trouble is raised, another error is one of ours. `slow_s`: how long it thinks."""

    says: list[Said | Exception] = Factory(lambda: [Said("pending")])
    polls: list[tuple[int, dict[str, Any]]] = Factory(list)
    memos: list[Mapping[str, Any]] = Factory(list)
    slow_s: float = 0.0

    async def poll(self, run_id: str, params: Mapping[str, Any], run_ctx: Context) -> Said:
        self.polls.append((run_ctx.now_ms, {"run_id": run_id, **params}))
        self.memos.append(run_ctx.memo)
        await trio.sleep(self.slow_s)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return said

    def times(self) -> list[float]:
        """Seconds after the first question."""
        return [(at - self.polls[0][0]) / 1000 for at, _ in self.polls]

    def trouble(self, count: int, code: str = "http_timeout") -> None:
        """Give no answer so often, before all else."""
        self.says[:0] = [Trouble(code, "no answer")] * count


def oracle_in(house: House, monkeypatch: pytest.MonkeyPatch, *types: str) -> Oracle:
    """One that answers gates of these types, for the daemons that start from now on. There is no jitter."""
    oracle = Oracle()

    def registry_of(gates: Gates, *_: object) -> Registry:
        registry = Registry()
        for gate_type in gates.resolver_types:
            registry.register(gate_type, oracle)
        return registry

    monkeypatch.setattr(actors.tree, "registry_of", registry_of)
    house.configure("gates", resolver_jitter=0.0, resolvers=tuple((name, ("ask",)) for name in types or TYPES))
    return oracle


def asked_flow(more: str = "", gate_type: str = "pr_checks") -> str:
    """A gate that a resolver answers, and a step behind it."""
    return flow(f"{{id: g, gate: {gate_type}{', ' + more if more else ''}}}", step("x", "needs: [g]"))
