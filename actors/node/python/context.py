"""What a python node may know about its attempt, and its ways to say how far it is and what it has used."""

from __future__ import annotations

import os
from pathlib import Path

from actors.node.orders import WorkOrder
from actors.node.usage import usage_line

__all__ = ["Context"]


class Context:
    """Given to a function that names a parameter `context`. Paths are absolute; `attempt` counts from 1.

    `gate_feedback` (text or None) and `gate_selections` (a list) are the newest that people said at a gate of the run.
    """

    __slots__ = (
        "_log", "_usage", "attempt", "gate_feedback", "gate_selections", "idempotency_key", "node_id", "run_dir", "run_id", "workdir",
    )  # fmt: skip

    def __init__(self, order: WorkOrder, log: str, usage: str) -> None:
        self.run_id = order.run_id
        self.node_id = order.node_id
        self.attempt = order.attempt
        self.workdir = order.workdir
        self.run_dir = order.run_dir
        self.idempotency_key = order.idempotency_key
        self.gate_feedback = order.gate_feedback
        self.gate_selections = list(order.gate_selections)
        self._log = log
        self._usage = usage

    def progress(self, text: object) -> None:
        """Write one line to the attempt's log. From any thread."""
        _append(self._log, f"{text}\n")

    def usage(
        self, *, prompt_tokens: int = 0, completion_tokens: int = 0, cost_usd: float | None = None, tool_calls: int = 0,
        turns: int = 0, cached_tokens: int = 0, stored_tokens: int = 0, model: str | None = None,
    ) -> None:  # fmt: skip
        """Say what was used since the last time; the run's budgets count it when the attempt has ended. From any thread."""
        line = usage_line(
            prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, cost_usd=cost_usd, tool_calls=tool_calls, turns=turns,
            cached_tokens=cached_tokens, stored_tokens=stored_tokens, model=model,
        )  # fmt: skip
        _append(self._usage, f"{line}\n")


def _append(name: str, line: str) -> None:
    Path(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line.encode(errors="replace"))
    finally:
        os.close(fd)
