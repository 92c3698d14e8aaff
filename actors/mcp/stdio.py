"""A server that is a program of ours: it runs under the guardian, so nothing of it is left when the daemon is gone, whatever it does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import trio
from attrs import field, frozen

from actors.mcp.rpc import Lines, line
from actors.mcp.wire import Take
from actors.node.capture import CHUNK, Capture
from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import End, Ended, NotStarted, Process
from actors.outside.trouble import Trouble

__all__ = ["Launch", "Stdio"]

LOG_BYTES: Final = 1 << 20
MOST_WAITING: Final = 64
FAREWELL_S: Final = 1.0
KILL_S: Final = 1.0
PIPES_S: Final = 1.0


@frozen
class Launch:
    """What is started. `token` names this start in the tags of its processes; `log` is where its standard error goes."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    folder: str
    token: str
    log: Path


class Stdio:
    """A wire. `launch` is asked when it runs, and raises Trouble where the server cannot be started as it is configured."""

    def __init__(self, guardian: Guardian, launch: Callable[[], Launch]) -> None:
        self._guardian = guardian
        self._launch = launch
        self._send, self._receive = trio.open_memory_channel[bytes](MOST_WAITING)
        self._tail = b""

    async def send(self, message: Mapping[str, Any]) -> bool:
        try:
            await self._send.send(line(message))
        except trio.BrokenResourceError:
            raise Trouble("mcp_server_died", "the server is gone") from None
        return False

    def send_soon(self, message: Mapping[str, Any]) -> None:
        with suppress(trio.WouldBlock, trio.BrokenResourceError):
            self._send.send_nowait(line(message))

    def agreed(self, version: str) -> None:
        """Nothing changes on a pipe."""

    async def run(self, take: Take) -> Trouble:
        try:
            process, stdin, log = await self._start()
        except Trouble as trouble:
            return trouble
        fault = None
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, stdin)
                nursery.start_soon(self._listen, process.stderr, log)
                fault = await self._read(process, take)
                nursery.cancel_scope.cancel()
        finally:
            end = await _farewell(process, stdin, FAREWELL_S if fault is None else 0.0)
            self._receive.close()
            log.close()
            process.close()
        return fault or self._died(end)

    async def _start(self) -> tuple[Process, int, Capture]:
        launch = self._launch()
        program = launch.argv[0]
        try:
            folder = os.open(launch.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Trouble("mcp_misconfigured", f"its folder {launch.folder} cannot be used: {error.strerror}") from None
        theirs, ours = os.pipe()
        try:
            process = await self._guardian.spawn(launch.argv, launch.env, token=launch.token, folder=folder, stdin=theirs)
        except BaseException as error:
            os.close(ours)
            if isinstance(error, ValueError | OSError):
                raise Trouble("mcp_not_started", f"{program}: {error}") from None
            raise
        finally:
            os.close(theirs)
            os.close(folder)
        os.set_blocking(ours, False)
        return process, ours, Capture(str(_fresh(launch.log)), cap=LOG_BYTES, keep=0)

    async def _write(self, stdin: int) -> None:
        async for data in self._receive:
            left = memoryview(data)
            while left:
                await trio.lowlevel.wait_writable(stdin)
                try:
                    left = left[os.write(stdin, left) :]
                except BlockingIOError:
                    continue
                except OSError:
                    return  # it reads nothing any more: its end is heard where it speaks

    async def _read(self, process: Process, take: Take) -> Trouble | None:
        """What it says, until it is gone; None then. A trouble is its fault, and it is to be ended."""
        with trio.CancelScope() as reading:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until_gone, process, reading)
                trouble = await self._lines(process.stdout, take)
                if trouble is None and not process.is_over():
                    with trio.move_on_after(PIPES_S):
                        await process.wait()
                        return None
                    trouble = Trouble("mcp_broken_off", "the server has closed its output and runs on")
                nursery.cancel_scope.cancel()
            return trouble
        return None

    async def _lines(self, stdout: int, take: Take) -> Trouble | None:
        lines = Lines()
        while piece := await _piece(stdout):
            try:
                for one in lines.feed(piece):
                    take(one)
            except Trouble as trouble:
                return trouble
        return None

    async def _listen(self, stderr: int, log: Capture) -> None:
        while piece := await _piece(stderr):
            self._tail = (self._tail + piece)[-400:]
            log.feed(piece)

    def _died(self, end: End) -> Trouble:
        if isinstance(end, NotStarted):
            return Trouble("mcp_not_started", f"the server could not be started: {os.strerror(end.number)} ({end.stage})")
        how = f"ended with {end.exit_code}" if isinstance(end, Ended) else "was lost with the guardian of processes"
        said = " ".join(self._tail.decode(errors="replace").split())[-180:]
        return Trouble("mcp_server_died", f"the server {how}{': ' + said if said else ''}")


async def _piece(fd: int) -> bytes:
    await trio.lowlevel.wait_readable(fd)  # for each piece: a flood must not keep others waiting
    return os.read(fd, CHUNK)


async def _until_gone(process: Process, reading: trio.CancelScope) -> None:
    """When no process of it is left, what it has said last is heard, and then no more."""
    await process.wait()
    reading.deadline = trio.current_time() + PIPES_S


async def _farewell(process: Process, stdin: int, patience_s: float) -> End:
    """The end of its input asks it to end; what does not is ended. Not cancelled half-way."""
    with trio.CancelScope(shield=True):
        os.close(stdin)
        with trio.move_on_after(patience_s):
            await process.wait()
    return await process.terminate_tree(KILL_S)


def _fresh(log: Path) -> Path:
    """The log of the start before this one is kept beside."""
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".before.err"))
    except OSError:
        return log  # where it cannot be written, the server runs without one
    return log
