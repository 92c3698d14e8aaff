"""A command under the guardian, as the daemon sees it: its streams, its end, the end of its whole tree."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

import trio

from actors.node.guardian.ends import End, Ended, GuardianLost, NotStarted

__all__ = ["End", "Ended", "GuardianLost", "NotStarted", "Process"]


class Process:
    """One command. `stdout` and `stderr` are the read ends of its pipes, non-blocking, closed by `close`. `pid` is None until known."""

    def __init__(self, name: bytes, token: str, stdout: int, stderr: int, kill: Callable[[Process, float], Awaitable[None]]) -> None:
        self.name = name
        self.token = token
        self.stdout = stdout
        self.stderr = stderr
        self.pid: int | None = None
        self.pidfd: int | None = None
        self._kill = kill
        self._end: End | None = None
        self._ended = trio.Event()

    def is_over(self) -> bool:
        """Whether no process of the command is left."""
        return self._end is not None

    async def wait(self) -> End:
        """Wait until no process of the command is left."""
        await self._ended.wait()
        assert self._end is not None
        return self._end

    async def terminate_tree(self, grace: float) -> End:
        """TERM to every process of the command, KILL after `grace` seconds, and wait until none is left. Not cancelled half-way."""
        with trio.CancelScope(shield=True):
            if self._end is None:
                await self._kill(self, grace)
            await self._ended.wait()
        assert self._end is not None
        return self._end

    def has_started(self, pid: int, pidfd: int | None) -> None:
        """The guardian says: the main process runs."""
        self.pid, self.pidfd = pid, pidfd

    def has_ended(self, end: End) -> None:
        """The guardian says, or its death means: it is over."""
        self._end = end
        self._ended.set()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None

    def close(self) -> None:
        """Close the read ends. Whoever reads them has to have stopped."""
        os.close(self.stdout)
        os.close(self.stderr)

    def __repr__(self) -> str:
        return f"<Process {self.token} {self._state()}>"

    def _state(self) -> str:
        match self._end:
            case None:
                return "starting" if self.pid is None else f"running as {self.pid}"
            case Ended(exit_code=code):
                return f"ended with {code}"
            case NotStarted(number=number):
                return f"not started: {os.strerror(number)}"
            case GuardianLost():
                return "lost with its guardian"
