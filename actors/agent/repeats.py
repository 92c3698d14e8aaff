"""Whether an agent repeats itself: the same call in a row with the same answer (F52). Found from the conversation alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import define

from actors.agent.provider.messages import AssistantTurn, ToolCall, ToolResult, Turn
from storage.codec import canonical

__all__ = ["ENOUGH", "NOT_USED", "Streak", "streak_of"]

NOTED: Final = 3
ENOUGH: Final = 5
"""So many of them end the attempt."""
NOTE: Final = "\n[You have asked for exactly this several times in a row, and the answer is the same. Do something else.]"
NOT_USED: Final = "It was not used: you repeat yourself, and the attempt ends."


@define
class Streak:
    """`length` is how often the last call was made in a row with the last answer."""

    length: int = 0
    _last: tuple[str, bytes, str, bool] | None = None

    def take(self, call: ToolCall, text: str, *, is_error: bool) -> str:
        """One more answer; as the model is to hear it."""
        this = (call.name, canonical(dict(call.arguments)), text.removesuffix(NOTE), is_error)
        self.length = self.length + 1 if this == self._last else 1
        self._last = this
        return text + NOTE if self.length >= NOTED else text


def streak_of(turns: Iterable[Turn]) -> Streak:
    """That at the end of the conversation. What people say in between does not end it."""
    streak, asked = Streak(), dict[str, ToolCall]()
    for turn in turns:
        match turn:
            case AssistantTurn(calls=calls):
                asked = {call.call_id: call for call in calls}
            case ToolResult(call_id=call_id, text=text, is_error=is_error) if call_id in asked:
                streak.take(asked[call_id], text, is_error=is_error)
            case _:
                pass
    return streak
