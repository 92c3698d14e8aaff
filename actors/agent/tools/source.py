"""Where tools come from, as the conversation sees it: what each is called and takes, and what came of a use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from actors.agent.provider.messages import ToolCall, ToolSpec

__all__ = ["Said", "ToolSource"]


@frozen
class Said:
    """What came of a tool, for the model."""

    text: str
    is_error: bool = False


class ToolSource(Protocol):
    """Tools of one kind, narrowed to those that the attempt may use."""

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """Each tool by the name that the model hears: 1 to 64 letters, digits, `_` and `-`. Schemas are sound."""
        ...

    async def use(self, call: ToolCall) -> Said:
        """Do what the model asks for, which is one of `specs` with arguments that fit. What is refused is said, never raised."""
        ...
