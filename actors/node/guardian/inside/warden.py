"""The guardian's work: start commands, reap, end whole trees, and report an end only when no process of the command is left."""

from __future__ import annotations

import errno
import os
from time import monotonic

from actors.node.guardian.inside import procfs, wire
from actors.node.guardian.inside.command import ENDING, KILLING, RUNNING, Command
from actors.node.guardian.inside.kin import Kin
from actors.node.guardian.inside.launch import LaunchError, launch
from actors.node.guardian.inside.rlimits import Limit
from actors.node.guardian.inside.signals import SIGKILL, SIGTERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket

__all__ = ["Warden"]

LEFTOVER_GRACE = 0.5  # seconds that a process left behind has after TERM, once the main process has ended by itself
AGAIN = 0.01  # seconds between two rounds of KILL
UNDEAD_AFTER = 5.0  # seconds of KILL after which a process is reported as one that will not die
FDS = 4


class Warden:
    """Commands by name. `handle` takes a message, `reap` follows SIGCHLD, `tick` follows the clock; all return at once."""

    def __init__(self, sock: socket, limits: list[Limit]) -> None:
        self._sock = sock
        self._limits = limits
        self._kin = Kin()
        self._by_name: dict[bytes, Command] = {}

    def handle(self, fields: list[bytes], fds: list[int]) -> None:
        """One message of the daemon. Its descriptors are closed here."""
        try:
            if fields[0] == wire.SPAWN:
                self._spawn(fields, fds)
            elif fields[0] == wire.KILL and (command := self._by_name.get(fields[1])):
                self._end(command, int(fields[2]) / 1000)
        finally:
            for fd in fds:
                os.close(fd)

    def _spawn(self, fields: list[bytes], fds: list[int]) -> None:
        name, token, count = fields[1], fields[2], int(fields[3])
        if len(fds) != FDS:  # the kernel left out what did not fit into our table
            self._report([wire.NOT_STARTED, name, b"%d" % errno.EMFILE, b"exec"])
            return
        older = self._kin.present()
        try:
            pid = launch(fields[4 : 4 + count], fields[4 + count :], fds, self._limits)
        except LaunchError as error:
            self._report([wire.NOT_STARTED, name, b"%d" % error.number, error.stage])
            return
        found = procfs.stat(pid)
        command = Command(name, token, pid, found.started if found else 0, older)
        self._kin.add(command)
        self._by_name[name] = command
        self._report_start(command)

    def _report_start(self, command: Command) -> None:
        fields = [wire.STARTED, command.name, b"%d" % command.pid]
        try:
            pidfd = os.pidfd_open(command.pid)
        except OSError:  # no descriptor left: the daemon then has to find it by its tag, should we die
            self._report(fields)
            return
        self._report(fields, [pidfd])
        os.close(pidfd)

    def reap(self) -> None:
        """Wait for every child that has ended, then see which commands that completes."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if command := self._kin.reaped(pid):
                command.exit = os.waitstatus_to_exitcode(status)
        for command in [one for one in self._by_name.values() if one.exit is not None]:
            self._settle(command)

    def _settle(self, command: Command) -> None:
        """The main process has ended: finish the command, or end what it left behind first."""
        orphans = self._kin.orphans(command)
        if not orphans:
            self._finish(command, 0)
        elif command.stage == RUNNING:
            command.left = len(orphans)
            self._end(command, LEFTOVER_GRACE)

    def _end(self, command: Command, grace: float) -> None:
        if command.stage == KILLING:
            return
        if grace > 0:
            due = monotonic() + grace
            command.due = due if command.stage == RUNNING or command.due is None else min(due, command.due)
            command.stage = ENDING
            self._signal(command, SIGTERM)
        else:
            self._kill(command)

    def _kill(self, command: Command) -> None:
        if command.stage != KILLING:
            command.stage = KILLING
            command.undead_at = monotonic() + UNDEAD_AFTER
        command.due = monotonic() + AGAIN
        living = self._signal(command, SIGKILL)
        if living and monotonic() >= command.undead_at:
            self._finish(command, living)

    def _signal(self, command: Command, number: int) -> int:
        members = self._kin.members(command)
        for process in members:
            procfs.send_signal(process, number)
        return len(members)

    def _finish(self, command: Command, undead: int) -> None:
        del self._by_name[command.name]
        self._kin.remove(command)
        code = -SIGKILL if command.exit is None else command.exit
        self._report([wire.ENDED, command.name, b"%d" % code, b"%d" % command.left, b"%d" % undead])

    def tick(self) -> None:
        """Go on with the ends that are due: KILL after TERM, KILL again."""
        now = monotonic()
        for command in [one for one in self._by_name.values() if one.due is not None and one.due <= now]:
            if command.exit is not None:
                self._settle(command)
            if command.name in self._by_name:
                self._kill(command)

    def wait_ms(self) -> int | None:
        """Milliseconds until the next `tick`; None when nothing is due."""
        dues = [command.due for command in self._by_name.values() if command.due is not None]
        return max(0, round((min(dues) - monotonic()) * 1000)) if dues else None

    def _report(self, fields: list[bytes], fds: list[int] | None = None) -> None:
        try:
            wire.send(self._sock, fields, fds or [])
        except OSError:
            return  # the daemon is gone: the end of its socket is read next, and everything is killed
