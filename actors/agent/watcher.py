"""When an agent has done its part: it said its last word, said that it is done, or wrote the file that is expected of it. Pure."""

from __future__ import annotations

from actors.agent.provider.messages import AssistantTurn, ToolCall, ToolResult, UserText
from actors.agent.thread import Thread

__all__ = ["over", "summary_of"]


def over(thread: Thread, expected: str | None) -> bool:
    """Whether nothing more is to be asked of it since it was told something last. Found from the conversation alone, so it outlives us."""
    return not thread.unanswered and (thread.done or any(_ends(call, expected) for call in _done(thread)))


def summary_of(thread: Thread) -> str:
    """What it says of its work: the summary that it finished with, else its last text."""
    for call in reversed(_done(thread)):
        if call.name == "finish":
            return str(call.arguments.get("summary", ""))
    return thread.last_text


def _ends(call: ToolCall, expected: str | None) -> bool:
    return call.name == "finish" or (call.name == "write_file" and expected is not None and call.arguments.get("path") == expected)


def _done(thread: Thread) -> list[ToolCall]:
    """The tools that were used since the last prompt, and did not refuse."""
    asked: dict[str, ToolCall] = {}
    done: list[ToolCall] = []
    for turn in thread.turns:
        match turn:
            case UserText():
                asked, done = {}, []
            case AssistantTurn(calls=calls):
                asked |= {call.call_id: call for call in calls}
            case ToolResult(call_id=call_id, is_error=False) if call_id in asked:
                done.append(asked[call_id])
            case _:
                pass
    return done
