"""The daemon's side of the guardian: start commands, end their trees, notice its death. One per daemon; the process starts when needed."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Never

import trio

from actors.node.guardian import kinship, sweep
from actors.node.guardian.ends import Ended, GuardianLost, NotStarted
from actors.node.guardian.inside import wire
from actors.node.guardian.limits import Limits
from actors.node.guardian.link import INTERPRETER, Link
from actors.node.guardian.process import Process

__all__ = ["Guardian"]

ANSWER_TIME = 8.0  # seconds beyond the grace in which the guardian has to report an end; then it counts as hung
CLOSE_TIME = 3.0


class Guardian:
    """Starts commands for one store. `tag` is the store's uuid, `serve` has to run while commands do.

    A guardian process that dies takes its commands with it: each ends as GuardianLost once all of them are dead, and the next command
    gets a new guardian.
    """

    def __init__(self, tag: str, *, interpreter: tuple[str, ...] = INTERPRETER, limits: Limits | None = None) -> None:
        self.tag = tag
        self._limits = limits or Limits()
        self._interpreter = interpreter
        self._link: Link | None = None
        self._serving = False
        self._wanted = trio.Event()
        self._names = count(1)
        self._processes: dict[bytes, Process] = {}

    @property
    def pid(self) -> int | None:
        """The guardian's process id while there is one."""
        return self._link.pid if self._link else None

    def is_step_process(self, pid: int) -> bool:
        """Whether a process is a step's: below the guardian, or it or one above it carries this store's tag.

        One that is gone counts as a step's: who cannot be looked at is not a person. The daemon itself is none. About 0.1 ms.
        """
        return kinship.is_step_process(pid, self.pid, self.tag)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> Never:
        """Hear the guardian, as long as it takes. On cancellation it is told to end, and with it all that it has started."""
        self._serving = True
        task_status.started()
        try:
            while True:
                await self._wanted.wait()
                await self._hear()
        finally:
            self._serving = False

    async def _hear(self) -> None:
        link = self._link
        assert link is not None
        try:
            while (message := await link.receive()) is not None:
                self._take(*message)
        finally:
            with trio.CancelScope(shield=True):
                await link.close(CLOSE_TIME)
                await self._lost()
                link.over.set()

    async def _lost(self) -> None:
        """The guardian is dead. Kill what it had started, then let everybody know."""
        lost = list(self._processes.values())
        roots = [process.pid for process in lost if process.pid is not None and _lives(process.pidfd)]
        try:
            if lost:
                await sweep.kill_tagged(self.tag, [process.token for process in lost], roots)
        finally:
            self._link, self._wanted = None, trio.Event()
            for process in lost:
                del self._processes[process.name]
                process.has_ended(GuardianLost())

    def _take(self, fields: list[bytes], fds: list[int]) -> None:
        process = self._processes.get(fields[1])
        match fields[0], process:
            case wire.STARTED, Process():
                process.has_started(int(fields[2]), fds.pop() if fds else None)
            case wire.NOT_STARTED, Process():
                self._processes.pop(fields[1]).has_ended(NotStarted(int(fields[2]), fields[3].decode()))
            case wire.ENDED, Process():
                code, left, undead = map(int, fields[2:5])
                self._processes.pop(fields[1]).has_ended(Ended(code, left, undead))
        for fd in fds:
            os.close(fd)

    async def spawn(self, argv: Sequence[str], env: Mapping[str, str], *, token: str, folder: int, stdin: int) -> Process:
        """Start a command with exactly `env` and our tags, in the folder and with the standard input of the given descriptors.

        Returns before the process runs; `wait` tells. Raises ValueError for no words, a NUL or a half surrogate pair, OSError when there
        are no descriptors or processes left. On cancellation nothing has been started.
        """
        tags = {**env, "PENSTOCK_STORE": self.tag, "PENSTOCK_ATTEMPT": token}
        name = b"%d" % next(self._names)
        fields = _fields(name, token, argv, tags)
        stdout, stdout_end = _pipe()
        try:
            stderr, stderr_end = _pipe()
        except OSError:
            os.close(stdout)
            os.close(stdout_end)
            raise
        process = Process(name, token, stdout, stderr, self._terminate)
        try:
            await self._order(process, fields, (folder, stdin, stdout_end, stderr_end))
        except BaseException:
            process.close()
            raise
        finally:
            os.close(stdout_end)
            os.close(stderr_end)
        return process

    async def _order(self, process: Process, fields: list[bytes], fds: Sequence[int]) -> None:
        while not await self._sent(fields, fds):
            pass  # it went to a guardian that had just died: once that is cleared away, a new one gets it
        self._processes[process.name] = process  # no checkpoint since it was sent, so no answer came before this

    async def _sent(self, fields: list[bytes], fds: Sequence[int]) -> bool:
        if not self._serving:
            raise RuntimeError("the guardian has nobody who hears it: run Guardian.serve first")
        link = self._link
        if link is None:
            link = self._link = Link(self.tag, self._interpreter, self._limits)
            self._wanted.set()
        try:
            await link.send(fields, fds)
        except ConnectionError:
            await link.over.wait()
            return False
        return True

    async def _terminate(self, process: Process, grace: float) -> None:
        link = self._link
        if link is None:
            return  # lost: its end is on its way
        try:
            await link.send([wire.KILL, process.name, b"%d" % (grace * 1000)], ())
        except ConnectionError:
            return  # lost, as above
        with trio.move_on_after(grace + ANSWER_TIME):
            await process.wait()
            return
        link.kill()


def _fields(name: bytes, token: str, argv: Sequence[str], env: Mapping[str, str]) -> list[bytes]:
    if not argv:
        raise ValueError("it has no words; the first one names the program")
    words = [os.fsencode(word) for word in argv]
    variables = [os.fsencode(f"{key}={value}") for key, value in env.items()]
    fields = [wire.SPAWN, name, os.fsencode(token), b"%d" % len(words), *words, *variables]
    if any(b"\0" in field for field in fields):
        raise ValueError("an argument or a variable holds the character U+0000, which no process can be given")
    return fields


def _pipe() -> tuple[int, int]:
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    return read_end, write_end


def _lives(pidfd: int | None) -> bool:
    if pidfd is None:
        return False
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return not poll.poll(0)
