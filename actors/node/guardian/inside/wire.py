"""What the daemon and its guardian say over a SEQPACKET socket: fields of bytes, joined by NUL, with descriptors beside them.

No argument and no variable of a process can hold a NUL, so nothing has to be escaped. A long message travels in a memory file.
"""

from __future__ import annotations

import os
import sys
from _socket import CMSG_SPACE, MSG_CMSG_CLOEXEC, SCM_RIGHTS, SOL_SOCKET

TYPE_CHECKING = False  # `typing` is too heavy an import for the guardian
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Sequence

__all__ = ["ENDED", "KILL", "NOT_STARTED", "SPAWN", "STARTED", "receive", "send"]

SPAWN = b"spawn"  # daemon: name, token, number of arguments, arguments…, environment…; descriptors cwd, stdin, stdout, stderr
KILL = b"kill"  # daemon: name, grace in ms
STARTED = b"started"  # guardian: name, pid; descriptor pidfd, if there was one left
NOT_STARTED = b"not-started"  # guardian: name, errno, stage (cwd, search, exec)
ENDED = b"ended"  # guardian: name, exit code (negative: signal), processes left behind and killed, processes that would not die

_INLINE = 32 * 1024
_IN_FILE = b"\0"  # a message of one empty field and nothing else: the fields are in the last descriptor
_MOST_FDS = 8
_FD_BYTES = 4


def send(sock: socket, fields: list[bytes], fds: Sequence[int]) -> None:
    """Send one message. Raises BlockingIOError when there is no room, other OSError when the other side is gone."""
    payload = b"\0".join(fields)
    if len(payload) <= _INLINE:
        _send(sock, payload, fds)
        return
    file = os.memfd_create("penstock-order")
    try:
        _write_all(file, payload)
        _send(sock, _IN_FILE, [*fds, file])
    finally:
        os.close(file)


def _send(sock: socket, payload: bytes, fds: Sequence[int]) -> None:
    packed = b"".join(fd.to_bytes(_FD_BYTES, sys.byteorder) for fd in fds)
    sock.sendmsg([payload], [(SOL_SOCKET, SCM_RIGHTS, packed)] if fds else [])


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def receive(sock: socket) -> tuple[list[bytes], list[int]] | None:
    """One message and its descriptors (close-on-exec, the caller's to close). None: the other side is gone."""
    payload, ancillary, _flags, _address = sock.recvmsg(_INLINE, CMSG_SPACE(_MOST_FDS * _FD_BYTES), MSG_CMSG_CLOEXEC)
    if not payload:
        return None
    fds = [fd for level, kind, data in ancillary if (level, kind) == (SOL_SOCKET, SCM_RIGHTS) for fd in _unpack(data)]
    if payload == _IN_FILE:
        file = fds.pop()
        try:
            payload = os.pread(file, os.fstat(file).st_size, 0)
        finally:
            os.close(file)
    return payload.split(b"\0"), fds


def _unpack(data: bytes) -> list[int]:
    whole = len(data) - len(data) % _FD_BYTES
    return [int.from_bytes(data[at : at + _FD_BYTES], sys.byteorder) for at in range(0, whole, _FD_BYTES)]
