"""Who is at the other end of a connection, and whether there is room for one more. No JSON here, and no policy of the runtime's."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from attrs import field, frozen

from actors.control.limits import Limits
from actors.control.methods import Scope
from actors.refusals import Principal

__all__ = ["Doorkeeper", "Entry", "GroupUnknown", "Peer", "Rights", "read_peer", "rights_of"]

Entry = Literal["ordinary", "reserved"]
_CREDENTIALS = struct.Struct("3i")
_OVERFLOW_UID = 65534


@frozen
class Peer:
    """The process that connected, as the kernel saw it then. `human`: it was no descendant of a step's process at that moment."""

    uid: int
    pid: int
    human: bool

    def principal(self, is_step_process: Callable[[int], bool]) -> Principal:
        """Who acts now: once under a step is never human again, however the process tree has changed since."""
        return Principal(self.uid, self.human and not is_step_process(self.pid))


class GroupUnknown(Exception):
    """A group named in the settings does not exist here."""

    code = "config_invalid"
    exit_code = 78


def rights_of(operators: Iterable[str], approvers: Iterable[str]) -> Rights:
    """Rights from the words of the settings: uids, and groups as `@name`, which are resolved now. Raises GroupUnknown."""
    return Rights(operators=_uids(operators), approvers=_uids(approvers))


def _uids(words: Iterable[str]) -> frozenset[int]:
    found: set[int] = set()
    for word in words:
        found |= _members(word[1:]) if word.startswith("@") else {int(word)}
    return frozenset(found)


def _members(name: str) -> set[int]:
    try:
        group = grp.getgrnam(name)
    except KeyError:
        raise GroupUnknown(f"control.operators or control.approvers: there is no group {name!r} on this machine") from None
    return {entry.pw_uid for entry in pwd.getpwall() if entry.pw_name in group.gr_mem or entry.pw_gid == group.gr_gid}


class Credentialed(Protocol):
    """A connected unix socket, as far as its credentials go."""

    def getsockopt(self, level: int, option: int, size: int, /) -> bytes: ...


def read_peer(sock: Credentialed, is_step_process: Callable[[int], bool]) -> Peer:
    """The credentials of a connected unix socket. A pid of 0 (a process of a foreign namespace) is never human."""
    pid, uid, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return Peer(uid, pid, human=pid > 0 and not is_step_process(pid))


@frozen
class Rights:
    """Who may do what. The owner may do all; operators read and operate; approvers, or where none are named operators, decide gates."""

    owner: int = field(factory=os.getuid)
    operators: frozenset[int] = frozenset()
    approvers: frozenset[int] = frozenset()

    def may_connect(self, uid: int) -> bool:
        """Whether the uid is ours or named, and a real one."""
        return uid != _OVERFLOW_UID and (uid == self.owner or uid in self.operators or uid in self.approvers)

    def may(self, uid: int, scope: Scope) -> bool:
        """Whether the uid may call methods of the scope."""
        match scope:
            case "read":
                return self.may_connect(uid)
            case "operate":
                return uid == self.owner or uid in self.operators
            case "approve":
                return uid == self.owner or uid in (self.approvers or self.operators)


class Doorkeeper:
    """Room for connections, in all and by uid. Beyond the ordinary ones a few are kept for the methods that must work under overload.

    Who is still there is asked of the tree when room seems to run out, never counted down.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._guests: dict[str, tuple[int, Entry]] = {}

    def admit(self, name: str, uid: int, alive: Callable[[], Iterable[str]]) -> Entry | None:
        """Take a place for the session `name`; None when there is none left. `alive` lists the sessions that still live."""
        entry = self._place(uid)
        if entry != "ordinary":
            living = set(alive())
            self._guests = {guest: place for guest, place in self._guests.items() if guest in living}
            entry = self._place(uid)
        if entry is not None:
            self._guests[name] = (uid, entry)
        return entry

    def _place(self, uid: int) -> Entry | None:
        limits = self._limits
        if self._has_room("ordinary", uid, limits.connections, limits.connections_per_uid):
            return "ordinary"
        return "reserved" if self._has_room("reserved", uid, limits.reserved_connections, limits.reserved_per_uid) else None

    def _has_room(self, entry: Entry, uid: int, most: int, most_of_uid: int) -> bool:
        there = [guest for guest, kind in self._guests.values() if kind == entry]
        return len(there) < most and there.count(uid) < most_of_uid
