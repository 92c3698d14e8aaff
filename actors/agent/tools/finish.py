"""The tool with which an agent says that it is done. That it was used stands in the conversation, which is where its end is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.source import Said
from actors.agent.tools.words import texts

__all__ = ["Finish"]

_SPECS: Final = {
    "finish": ToolSpec("finish", "Say that the task is done, and end.", texts(summary="What was done, in a few sentences."), "none"),
}  # fmt: skip


class Finish:
    """Every agent has it, and needs no permission."""

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return _SPECS

    async def use(self, call: ToolCall) -> Said:
        return Said("Done.")
