"""The process of an agent with a command line, under the guardian: its streams, the time that it has once it is done, its end."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import TYPE_CHECKING

import trio

from actors.agent.provider.failures import ProviderFailure
from actors.node.capture import CHUNK, Capture
from actors.node.command import PIPE_GRACE, stdin_of
from actors.secrets.redactor import Redactor
from actors.secrets.stream import Stream

if TYPE_CHECKING:
    from actors.agent.backends import Desk
    from actors.agent.cli.transcript import Transcript
    from actors.node.guardian.ends import End
    from actors.node.guardian.process import Process

__all__ = ["CliProcess"]

STDERR_KEPT = 8 << 10
"""Bytes at the end of stderr in which the reason of a failure is looked for."""


class CliProcess:
    """One task of an agent. `hidden`, values by name, are taken out of all that it writes, before anybody sees it."""

    def __init__(self, desk: Desk, transcript: Transcript, heard: Callable[[], Awaitable[None]], hidden: Mapping[str, str]) -> None:
        order, cap = desk.order, desk.tools.settings.output_cap
        logs = f"{order.run_dir}/logs/{order.node_id}.{order.instance}.{order.attempt}"
        self._desk, self._transcript, self._heard, self._redactor = desk, transcript, heard, Redactor()
        for name, value in hidden.items():
            self._redactor.know(name, value)
        self._out = Capture(f"{logs}.transcript", cap=cap, keep=0, append=True, redactor=desk.tools.redactor)  # behind that of another
        self._err = Capture(f"{logs}.err", cap=cap // 2, keep=0, append=True, redactor=desk.tools.redactor)
        self._tail = b""
        self._news = trio.Event()
        self.failure: ProviderFailure | None = None

    @property
    def stderr(self) -> str:
        """The end of what it wrote for people."""
        return self._tail.decode("utf-8", "replace")

    async def run(self, argv: tuple[str, ...], env: Mapping[str, str], prompt: str | None, after_result_ms: int) -> End:
        """From its start until none of its processes is left, also on cancellation. Raises OSError and ValueError where it cannot start."""
        desk = self._desk
        stdin = stdin_of(prompt)
        try:
            process = await desk.tools.guardian.spawn(argv, env, token=desk.order.token, folder=desk.folder, stdin=stdin)
        finally:
            os.close(stdin)
        try:
            end = await self._attend(process, after_result_ms / 1000)
        finally:
            process.close()
            self._out.close()
            self._err.close()
        await self._heard()
        return end

    async def _attend(self, process: Process, after_result: float) -> End:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drain, process.stdout, self._take)
            nursery.start_soon(self._drain, process.stderr, self._complain)
            nursery.start_soon(self._see_end, process)
            try:
                await self._watch(process, after_result)
            finally:
                end = await process.terminate_tree(self._desk.tools.settings.kill_grace_ms / 1000)
            nursery.cancel_scope.deadline = trio.current_time() + PIPE_GRACE
        return end

    async def _watch(self, process: Process, after_result: float) -> None:
        """Until it is over, or has to be ended: it writes too much, or does not go although it has said that it is done."""
        due = inf
        while not process.is_over() and self.failure is None and trio.current_time() < due:
            await self._heard()
            if self._transcript.over and due == inf:
                due = trio.current_time() + after_result
            with trio.move_on_at(due):
                await self._news.wait()
            self._news = trio.Event()

    async def _see_end(self, process: Process) -> None:
        await process.wait()
        self._news.set()

    async def _drain(self, fd: int, take: Callable[[bytes], None]) -> None:
        hiding = Stream(self._redactor)
        while True:
            await trio.lowlevel.wait_readable(fd)
            chunk = os.read(fd, CHUNK)
            if not chunk:
                take(hiding.close())
                return
            take(hiding.feed(chunk))

    def _take(self, piece: bytes) -> None:
        if not piece:
            return
        for start in range(0, len(piece), CHUNK):
            self._out.feed(piece[start : start + CHUNK])
        if self.failure is None:
            try:
                self._transcript.feed(piece)
            except ProviderFailure as failure:
                self.failure = failure
        self._news.set()

    def _complain(self, piece: bytes) -> None:
        if not piece:
            return
        for start in range(0, len(piece), CHUNK):
            self._err.feed(piece[start : start + CHUNK])
        self._tail = (self._tail + piece)[-STDERR_KEPT:]
        self._transcript.hear()
