"""Where tools come from, as the conversation sees it: what each is called and takes, and what came of a use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from attrs import Factory, frozen

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.node.contained import NotContained

__all__ = ["Said", "State", "ToolSource", "not_done"]

State = Literal["ok", "error", "denied", "uncertain"]


@frozen
class Said:
    """What came of a tool, for the model. `denied`: a rule or a person did not allow it; `uncertain`: nobody knows what it did."""

    text: str
    is_error: bool = False
    state: State = Factory(lambda self: "error" if self.is_error else "ok", takes_self=True)


def not_done(error: NotContained | OSError) -> Said:
    """What is said where a file is out of the working folder, or cannot be used."""
    if isinstance(error, OSError):
        return Said(f"It cannot be done: {error.strerror or error}.", is_error=True)
    return Said(f"Refused: {error}.", is_error=True)


class ToolSource(Protocol):
    """Tools of one kind, narrowed to those that the attempt may use."""

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """Each tool by the name that the model hears: 1 to 64 letters, digits, `_` and `-`. Schemas are sound."""
        ...

    async def use(self, call: ToolCall) -> Said:
        """Do what the model asks for, which is one of `specs` with arguments that fit. What is refused is said, never raised."""
        ...
