"""The daemon's end of one guardian process: starting it, its socket, its death. What is said over the socket is in `guardian`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

import trio

from actors.node import boot
from actors.node.guardian.inside import wire
from actors.node.guardian.limits import Limits

__all__ = ["INTERPRETER", "Link"]

INTERPRETER = (sys.executable, "-I", "-S")
"""Isolated and without site-packages: what runs in the guardian needs the standard library only, and starts in 15 ms."""


class Link:
    """One guardian process, from its start to its end."""

    def __init__(self, tag: str, interpreter: tuple[str, ...], limits: Limits) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [*interpreter, *boot.arguments("actors.node.guardian.inside.main", str(theirs.fileno()), *limits.words())],
                env={"PENSTOCK_GUARDIAN": tag},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C of the terminal is for the daemon
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self._sock = ours
        self._pidfd = os.pidfd_open(self._process.pid)
        self._sending = trio.Lock()
        self.over = trio.Event()
        """Set by the guardian's owner once this process and all below it are dead."""

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    async def send(self, fields: list[bytes], fds: Sequence[int]) -> None:
        """Send one message, waiting for room. Raises ConnectionError when the guardian is gone; on cancellation nothing was sent."""
        if not self._sending.locked():
            try:
                self._send(fields, fds)
                return
            except BlockingIOError:
                pass
        async with self._sending:
            while True:
                try:
                    self._send(fields, fds)
                    return
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self._sock)

    def _send(self, fields: list[bytes], fds: Sequence[int]) -> None:
        if self._sock.fileno() < 0:
            raise BrokenPipeError
        wire.send(self._sock, fields, fds)

    async def receive(self) -> tuple[list[bytes], list[int]] | None:
        """The next message; None when the guardian is gone."""
        while True:
            try:
                return wire.receive(self._sock)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._sock)
            except ConnectionResetError:
                continue  # said once, when it died with orders unread; its last reports come after that

    def kill(self) -> None:
        """End the guardian at once; `receive` then says None."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def close(self, patience: float) -> None:
        """Hang up: the guardian kills what is left and ends. After `patience` seconds it is killed itself. Never cancelled half-way."""
        with trio.CancelScope(shield=True):
            trio.lowlevel.notify_closing(self._sock)
            self._sock.close()
            with trio.move_on_after(patience):
                await trio.lowlevel.wait_readable(self._pidfd)
            self.kill()
            await trio.lowlevel.wait_readable(self._pidfd)
            self._process.wait()
            os.close(self._pidfd)
