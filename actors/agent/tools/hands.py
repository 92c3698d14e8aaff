"""All tools of one attempt. A call that nobody knows, or whose arguments do not fit its schema, reaches no source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from actors.agent.provider.messages import Effect, ToolCall, ToolSpec
from actors.agent.tools.source import Said, ToolSource
from actors.workflow.schema import validate

__all__ = ["Hands"]

MOST_ERRORS = 5
LONGEST_SCHEMA = 2_000


class Hands:
    """The tools of all `sources`; of two with one name the first source has it."""

    def __init__(self, sources: Iterable[ToolSource]) -> None:
        self._source: dict[str, ToolSource] = {}
        self._specs: dict[str, ToolSpec] = {}
        for source in sources:
            for name, spec in source.specs.items():
                self._source.setdefault(name, source)
                self._specs.setdefault(name, spec)

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """What the model is told of."""
        return self._specs

    def effect(self, call: ToolCall) -> Effect:
        """What the call may change outside of the conversation: nothing where it will be refused."""
        return "none" if self._refused(call) is not None else self._specs[call.name].effect

    async def use(self, call: ToolCall) -> Said:
        """What came of the call; what is refused is told to the model, and harms nothing."""
        refused = self._refused(call)
        return refused if refused is not None else await self._source[call.name].use(call)

    def _refused(self, call: ToolCall) -> Said | None:
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
