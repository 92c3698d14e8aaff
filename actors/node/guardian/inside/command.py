"""One command that the guardian has started, and how far its end has come."""

from __future__ import annotations

__all__ = ["ENDING", "KILLING", "RUNNING", "Command"]

RUNNING, ENDING, KILLING = 0, 1, 2  # ENDING: told to end (TERM), with time to do it; KILLING: KILL, again and again


class Command:
    """`exit` is the main process's exit code once it is reaped. `due` is the monotonic second at which to look again, None for never.

    `older` are orphans (pid, start time) that were there before it began, and so are none of its own.
    """

    __slots__ = ("due", "exit", "left", "name", "older", "pid", "stage", "started", "token", "undead_at")

    def __init__(self, name: bytes, token: bytes, pid: int, started: int, older: frozenset[tuple[int, int]]) -> None:
        self.name = name
        self.token = token
        self.pid = pid
        self.started = started
        self.older = older
        self.exit: int | None = None
        self.stage = RUNNING
        self.due: float | None = None
        self.undead_at = 0.0
        self.left = 0
