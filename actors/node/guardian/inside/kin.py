"""Which process belongs to which command.

Below its main process by descent; what was orphaned comes to the guardian as the subreaper and is told apart by the tag in its environment,
else by its session. An orphan with neither (cleared environment AND a session of its own) may be of any command that was there when it
began: it ends with the first of them, since no attempt may start while a process of an older one lives.
"""

from __future__ import annotations

from os import getpid

from actors.node.guardian.inside import procfs
from actors.node.guardian.inside.command import Command
from actors.node.guardian.inside.procfs import Stat

__all__ = ["Kin"]

TAG = b"PENSTOCK_ATTEMPT"


class Kin:
    """The commands under way, by pid of their main processes and by token, and whose the orphans are."""

    def __init__(self) -> None:
        self.self = getpid()
        self.commands: dict[int, Command] = {}
        self.unreaped: dict[int, Command] = {}
        self._owners: dict[tuple[int, int], Command] = {}

    def add(self, command: Command) -> None:
        """A command has begun."""
        self.commands[command.pid] = self.unreaped[command.pid] = command

    def present(self) -> frozenset[tuple[int, int]]:
        """The orphans that are there now: to be asked before a command begins, for they are none of its own."""
        return frozenset((found.pid, found.started) for found in self._all_orphans())

    def remove(self, command: Command) -> None:
        """A command has ended. What is still known as its own becomes nobody's."""
        self.commands.pop(command.pid, None)
        self._owners = {key: owner for key, owner in self._owners.items() if owner is not command}

    def reaped(self, pid: int) -> Command | None:
        """A child was waited for: the command whose main process it was, if any."""
        if self._owners:
            self._owners = {key: owner for key, owner in self._owners.items() if key[0] != pid}
        return self.unreaped.pop(pid, None)

    def orphans(self, command: Command) -> list[Stat]:
        """The orphans that have to be dead before `command` has ended. The list of our own children is exact: only we reap them."""
        return [found for found in self._all_orphans() if self._ends_with(found, command)]

    def _all_orphans(self) -> list[Stat]:
        pids = [pid for pid in procfs.children(self.self) if pid not in self.unreaped]
        return [found for found in map(procfs.stat, pids) if found is not None and procfs.alive(found)]

    def _ends_with(self, orphan: Stat, command: Command) -> bool:
        owner = self._owner(orphan)
        if owner is not None:
            return owner is command
        return orphan.started >= command.started and (orphan.pid, orphan.started) not in command.older

    def _owner(self, orphan: Stat) -> Command | None:
        """Kept once it is known: later the process may change its environment, its session or both."""
        key = (orphan.pid, orphan.started)
        owner = self._owners.get(key)
        if owner is None:
            token = procfs.variable(procfs.environment(orphan.pid), TAG)
            tagged = (command for command in self.commands.values() if command.token == token)
            owner = next(tagged, None) or self.commands.get(orphan.session)
            if owner is not None:
                self._owners[key] = owner
        return owner

    def members(self, command: Command) -> list[Stat]:
        """All living processes of a command."""
        roots = self.orphans(command)
        main = procfs.stat(command.pid) if command.exit is None else None
        if main is not None:
            roots.append(main)
        return [process for root in roots for process in procfs.descendants(root)]
