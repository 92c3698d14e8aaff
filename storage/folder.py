"""The store's folder: ours alone, on a local file system. Looks and refuses; never repairs, never opens a file of SQLite's.

Closing any descriptor of the database file would drop the POSIX locks of every SQLite connection in this process; so files are
looked at by `lstat` only.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from attrs import frozen

from storage.errors import FolderRefused, NetworkFilesystem

__all__ = ["Identity", "check_file", "check_filesystem", "filesystem_of", "identity_of", "secure_folder", "sync_folder"]

_NETWORK = frozenset({
    "9p", "acfs", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fhgfs", "fuse.ceph", "fuse.davfs2", "fuse.gcsfuse",
    "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs",
    "pvfs2", "smb3", "smbfs",
})  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


@frozen
class Identity:
    """Which file a path leads to. It changes when the file is replaced, and `links` when it is unlinked or linked twice."""

    device: int
    inode: int
    links: int


def secure_folder(folder: Path) -> None:
    """Make the folder if it is absent, for its owner alone; refuse one that others could use. Raises FolderRefused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise FolderRefused(folder, f"cannot be made or read: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise FolderRefused(folder, "is not a folder (a symbolic link is not followed)")
    _owned(folder, found)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderRefused(folder, "cannot be written")
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise FolderRefused(folder, "lies on a read-only file system")


def check_file(path: Path) -> bool:
    """Whether the file exists; refuses one that is no regular file of ours, that others may open, or that has a second name."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode):
        raise FolderRefused(path, "is not a regular file (a symbolic link is not followed)")
    _owned(path, found)
    if found.st_nlink != 1:
        raise FolderRefused(path, f"has {found.st_nlink} names (hard links); it must have one")
    return True


def check_filesystem(folder: Path) -> None:
    """Refuse a network file system. Where the kernel does not tell (no mountinfo), the folder is taken as local."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    where = folder.resolve()
    kind = filesystem_of(str(where), where.stat().st_dev, mounts)
    if kind in _NETWORK:
        raise NetworkFilesystem(folder, kind)


def filesystem_of(path: str, device: int, mountinfo: str) -> str | None:
    """The file system type of `path` from the text of mountinfo: the mount of its device, else the longest mount point above it."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    best, kind = "", None
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if fields[2] == wanted:
            return right.split(" ")[0]
        point = fields[4].encode("latin-1", "surrogateescape").decode("unicode_escape") if "\\" in fields[4] else fields[4]
        if len(point) >= len(best) and (path == point or path.startswith(point.rstrip("/") + "/")):
            best, kind = point, right.split(" ")[0]
    return kind


def identity_of(path: Path | str) -> Identity | None:
    """Which file stands at the path now, or None."""
    try:
        found = os.stat(path)  # noqa: PTH116  on the commit path: a third of the time of Path.stat
    except FileNotFoundError:
        return None
    return Identity(found.st_dev, found.st_ino, found.st_nlink)


def sync_folder(folder: Path) -> None:
    """Make names durable: what was created or renamed in the folder is still there after a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _owned(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise FolderRefused(path, f"belongs to uid {found.st_uid}, not to us ({os.geteuid()})")
    if found.st_mode & 0o077:
        raise FolderRefused(path, f"is open to others (mode {stat.S_IMODE(found.st_mode):04o}); take their rights away")
