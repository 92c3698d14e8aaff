"""All tools of one attempt. A call that nobody knows, or whose arguments do not fit its schema, reaches no source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from actors.agent.policy import Policy, Ruling, name_in_policy
from actors.agent.provider.messages import Effect, ToolCall, ToolSpec
from actors.agent.tools.source import Said, ToolSource
from actors.workflow.schema import validate

__all__ = ["Hands"]

MOST_ERRORS = 5
LONGEST_SCHEMA = 2_000


class Hands:
    """The tools of all `sources` that the policy does not deny; of two with one name the first source has it."""

    def __init__(self, sources: Iterable[ToolSource], policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._source: dict[str, ToolSource] = {}
        self._specs: dict[str, ToolSpec] = {}
        for source in sources:
            for name, spec in source.specs.items():
                if self._policy.ruling(spec.named or name, reads=spec.effect == "none").word == "deny":
                    continue
                self._source.setdefault(name, source)
                self._specs.setdefault(name, spec)

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """What the model is told of."""
        return self._specs

    def ruling(self, heard: str) -> Ruling:
        """What the policy says of the tool that the model calls so."""
        spec = self._specs.get(heard)
        if spec is None:
            return self._policy.ruling(name_in_policy(heard))
        return self._policy.ruling(spec.named or heard, reads=spec.effect == "none")

    def effect(self, call: ToolCall) -> Effect:
        """What the call may change outside of the conversation: nothing where it will be refused."""
        return "none" if self.refusal(call) is not None else self._specs[call.name].effect

    async def use(self, call: ToolCall) -> Said:
        """What came of the call; what is refused is told to the model, and harms nothing."""
        refused = self.refusal(call)
        return refused if refused is not None else await self._source[call.name].use(call)

    def refusal(self, call: ToolCall) -> Said | None:
        """Why the call would reach no source; None where it would."""
        spec = self._specs.get(call.name)
        if spec is None:
            return Said(f"There is no tool {call.name!r} here. The tools are {', '.join(self._specs)}.", is_error=True)
        errors = validate(spec.schema, dict(call.arguments))
        if not errors:
            return None
        told = "; ".join(f"{error.path}: {error.message}" for error in errors[:MOST_ERRORS])
        schema = orjson.dumps(spec.schema).decode()[:LONGEST_SCHEMA]
        return Said(
            f"{call.name} was not used: its arguments do not fit ({told}). They have to fit this JSON Schema: {schema}", is_error=True
        )
