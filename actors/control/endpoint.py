"""The place of the socket: a folder that is ours alone, a name that nobody else holds, a socket that is 0600 from birth. No trio."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from attrs import frozen

__all__ = ["Endpoint", "EndpointRefused", "bind", "check", "remove"]

_LONGEST = 107
_REFUSED = 77
_BUSY = 75


class EndpointRefused(Exception):
    """The socket cannot be made there; the text says why and what to do. `exit_code` is the daemon's."""

    def __init__(self, code: str, message: str, exit_code: int = _REFUSED) -> None:
        super().__init__(message)
        self.code, self.exit_code = code, exit_code


@frozen
class Endpoint:
    """A listening socket with the identity of its file, so that only this one is ever removed."""

    sock: socket.socket
    path: Path
    device: int
    inode: int


def check(path: Path) -> None:
    """Everything that can be refused before the socket is made; creates the folder (0700). Raises EndpointRefused."""
    folder = _prepare(path)
    try:
        _judge_name(folder, path)
    finally:
        os.close(folder)


def bind(path: Path, backlog: int) -> Endpoint:
    """Listen at `path`. A stale socket of ours is removed first; call this under the data folder's lock. Raises EndpointRefused."""
    folder = _prepare(path)
    try:
        _remove_stale(folder, path)
        sock = _listen(path, backlog)
        try:
            return _confirm(sock, folder, path)
        except BaseException:
            sock.close()
            raise
    finally:
        os.close(folder)


def remove(endpoint: Endpoint) -> None:
    """Close it and take its name away, unless somebody has put another file there."""
    endpoint.sock.close()
    with suppress(FileNotFoundError):
        found = endpoint.path.lstat()
        if (found.st_dev, found.st_ino) == (endpoint.device, endpoint.inode):
            endpoint.path.unlink()


def _prepare(path: Path) -> int:
    """A descriptor of the socket's folder, which is judged through the descriptor and not through its name."""
    if len(os.fsencode(path)) > _LONGEST:
        text = f"{path}: {len(os.fsencode(path))} bytes, a socket's path may have {_LONGEST}: name a shorter one with --socket"
        raise EndpointRefused("socket_path_too_long", text)
    with suppress(FileExistsError):
        try:
            path.parent.mkdir(mode=0o700, parents=True)
        except (PermissionError, NotADirectoryError) as error:
            raise EndpointRefused("socket_folder_refused", f"{path.parent}: cannot be made: {error.strerror}") from None
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        found = "is a symlink or no folder" if error.errno in {errno.ELOOP, errno.ENOTDIR} else f"cannot be opened: {error.strerror}"
        raise EndpointRefused("socket_folder_refused", f"{path.parent}: {found}; the socket needs a real folder of ours") from None
    try:
        _judge_folder(path.parent, os.fstat(folder))
    except EndpointRefused:
        os.close(folder)
        raise
    return folder


def _judge_folder(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise EndpointRefused("socket_folder_refused", f"{path}: belongs to uid {found.st_uid}, not to us ({os.geteuid()})")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise EndpointRefused("socket_folder_refused", f"{path}: mode {mode:04o} lets others in: chmod 700 {path}")


def _remove_stale(folder: int, path: Path) -> None:
    if _judge_name(folder, path):
        os.unlink(path.name, dir_fd=folder)


def _judge_name(folder: int, path: Path) -> bool:
    """Whether a stale socket of ours lies there; anything else but nothing is refused."""
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(found.st_mode):
        raise EndpointRefused("socket_path_taken", f"{path}: is there and is no socket: remove it, or name another path")
    if found.st_uid != os.geteuid():
        raise EndpointRefused("socket_path_taken", f"{path}: is a socket of uid {found.st_uid}, not ours")
    if _somebody_answers(path):
        raise EndpointRefused("socket_in_use", f"{path}: another process listens there", _BUSY)
    return True


def _somebody_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True  # a full backlog, for one, is somebody
        return True


def _listen(path: Path, backlog: int) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(sock.fileno(), 0o600)  # the file takes its mode from the socket: there is no moment in which it is open to others
        sock.bind(str(path))
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise EndpointRefused("socket_path_taken", f"{path}: cannot be bound: {error.strerror}") from None
    return sock


def _confirm(sock: socket.socket, folder: int, path: Path) -> Endpoint:
    """What was bound must be what lies in the folder that was judged: the name may have led elsewhere meanwhile."""
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        raise EndpointRefused("socket_folder_refused", f"{path.parent}: was exchanged while the socket was made") from None
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o177:
        raise EndpointRefused("socket_folder_refused", f"{path}: is not the socket that was made")
    return Endpoint(sock, path, found.st_dev, found.st_ino)
