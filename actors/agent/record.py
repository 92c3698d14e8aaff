"""What an attempt of an agent leaves for people and for its run: what it said, the tools it used, and what that has cost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from actors.agent.provider.messages import AtWork, CallBegun, CallFailed, TextDelta
from actors.node.capture import CHUNK, Capture
from actors.node.usage import UNPRICED, usage_line, usage_path

if TYPE_CHECKING:
    from actors.agent.provider.messages import Part, ToolCall
    from actors.agent.thread_events import ToolAnswered
    from actors.agent.thread_log import ThreadLog
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.secrets.redactor import Redactor

__all__ = ["Recorder"]

LONGEST_ARGUMENTS = 4_000
LONGEST_SHOWN = 200


class Recorder:
    """The log of what was said and done (`….out`), the audit of tools (`….tools.jsonl`, a line each), and the file of what was used."""

    def __init__(self, order: WorkOrder, action: AgentOrder, log: ThreadLog, redactor: Redactor, *, cap: int) -> None:
        logs = f"{order.run_dir}/logs/{order.node_id}.{order.instance}.{order.attempt}"
        self._said = Capture(f"{logs}.out", cap=cap, keep=0, redactor=redactor)
        self._audit = f"{logs}.tools.jsonl"
        self._usage = usage_path(order)
        self._spent = action.spent
        self._log = log
        self._redactor = redactor
        self._line_begins = True

    def say(self, text: str) -> None:
        """The agent's own words, or a line about what it does."""
        if text:
            self._write_out(f"{text}\n")

    def _write_out(self, text: str) -> None:
        self._line_begins = text.endswith("\n")
        data = text.encode()
        for start in range(0, len(data), CHUNK):
            self._said.feed(data[start : start + CHUNK])

    def hear(self, part: Part) -> None:
        """What an agent with a command line says and does, as it does it."""
        match part:
            case TextDelta(text=text):
                self._write_out(text)
            case CallBegun(name=name):
                self._write_out(f"{'' if self._line_begins else chr(10)}[{name}]\n")
            case CallFailed(failure=failure):
                self._write_out(f"{'' if self._line_begins else chr(10)}[{failure.code}]\n")
            case AtWork():
                pass

    def audit(self, call: ToolCall, answered: ToolAnswered) -> None:
        """One use of a tool; a line about it stands between the agent's words. What cannot be written is not worth an attempt."""
        call, answered = self._redactor.value(call), self._redactor.value(answered)
        arguments = json.dumps(dict(call.arguments), ensure_ascii=True)
        self.say(f"[{call.name} {arguments[:LONGEST_SHOWN]}{'…' * (len(arguments) > LONGEST_SHOWN)}: {answered.state}]")
        line = {
            "call_id": call.call_id, "tool": call.name, "arguments": arguments[:LONGEST_ARGUMENTS], "is_error": answered.is_error,
            "state": answered.state, "answer": answered.text[:LONGEST_ARGUMENTS], "began_ms": answered.began_ms,
            "latency_ms": answered.latency_ms,
        }  # fmt: skip
        self._write(self._audit, json.dumps(line) + "\n", os.O_APPEND)

    def note(self) -> None:
        """Say what the calls have used beyond what the run has counted; those of attempts that were lost with a daemon included."""
        used = self._log.thread.used - self._spent
        line = usage_line(
            prompt_tokens=used.prompt_tokens, completion_tokens=used.completion_tokens, cost_usd=used.cost_usd,
            tool_calls=used.tool_calls, turns=used.turns, cached_tokens=used.cached_tokens, stored_tokens=used.stored_tokens,
            model=used.model or None,
        )  # fmt: skip
        self._write(self._usage, f"{line}\n{UNPRICED if used.unpriced else ''}", os.O_TRUNC)

    def close(self) -> None:
        """Nothing more is said."""
        self._said.close()

    def _write(self, path: str, text: str, how: int) -> None:
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | how, 0o600)
        except OSError:
            return
        with os.fdopen(fd, "w") as file:
            file.write(text)
