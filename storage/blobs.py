"""Content too large for the log, kept in files that are named by their SHA-256. Written whole or not at all, never changed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from storage.errors import BlobDamaged, BlobMissing
from storage.faults import of_os_error
from storage.folder import sync_folder

__all__ = ["Blobs"]

_HEX = frozenset("0123456789abcdef")
_CHUNK = 1 << 20


class Blobs:
    """`put` returns when the content is durable. Content that is there already is not written again, but counts as written now.

    `stored`, where somebody has set it, gathers the digests of all that is put; `now_ms`, where somebody has set it, is the time that it
    counts as written (threads that put may not ask the clock).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[str] = set()
        self._serial = count()
        self.stored: set[str] | None = None
        self.now_ms: int | None = None

    def put(self, data: bytes) -> str:
        """Store the bytes; their SHA-256 in hex. Raises StorageFull, StorageReadOnly or StoreFailed; then nothing is stored."""
        digest = sha256(data).hexdigest()
        if not self._is_there(digest):
            with self._temporary() as (fd, temporary):
                _write_all(fd, data)
                self._keep(fd, temporary, digest)
        return digest

    def put_file(self, source: int) -> str:
        """Store what can be read from the file descriptor `source`, from its present position to its end. Raises as `put`."""
        hasher = sha256()
        with self._temporary() as (fd, temporary):
            while chunk := os.read(source, _CHUNK):
                hasher.update(chunk)
                _write_all(fd, chunk)
            digest = hasher.hexdigest()
            if not self._is_there(digest):
                self._keep(fd, temporary, digest)
        return digest

    def get(self, digest: str) -> bytes:
        """The content. Raises BlobMissing, or BlobDamaged if the bytes are not those that were stored."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(digest) from None
        if (found := sha256(data).hexdigest()) != digest:
            raise BlobDamaged(digest, found)
        return data

    def has(self, digest: str) -> bool:
        """Whether the content is there."""
        return self.path(digest).exists()

    def path(self, digest: str) -> Path:
        """Where the content of this digest lies, or would lie. Raises BlobMissing for what is no digest."""
        if len(digest) != 64 or not _HEX.issuperset(digest):
            raise BlobMissing(digest)
        return self._folder / digest[:2] / digest[2:]

    def digests(self) -> Iterator[str]:
        """All digests stored, sorted."""
        if self._folder.is_dir():
            for shelf in sorted(self._folder.iterdir()):
                if shelf.is_dir() and len(shelf.name) == 2:
                    yield from sorted(shelf.name + file.name for file in shelf.iterdir())

    def discard(self, digest: str) -> bool:
        """Forget a content; whether it was there."""
        try:
            self.path(digest).unlink()
        except FileNotFoundError:
            return False
        return True

    def older(self, before_ms: int) -> Iterator[str]:
        """The digests of all that was written, or put again, before that time."""
        for digest in self.digests():
            with suppress(FileNotFoundError):
                if self.path(digest).stat().st_mtime_ns < before_ms * 1_000_000:
                    yield digest

    def collect(self, digest: str, before_ms: int) -> int | None:
        """Discard a content, unless it was put again since that time or is among `stored`; its size, None if it stays."""
        with self._in_turn(fcntl.LOCK_EX):
            path = self.path(digest)
            try:
                found = path.stat()
            except FileNotFoundError:
                return None
            if found.st_mtime_ns >= before_ms * 1_000_000 or digest in (self.stored or ()):
                return None
            path.unlink()
            return found.st_size

    def clear_remains(self, before_ms: int) -> None:
        """Discard what is left from before that time of writes that a crash cut short."""
        for file in self._folder.glob("*.new"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime_ns < before_ms * 1_000_000:
                    file.unlink()

    def _is_there(self, digest: str) -> bool:
        """Whether the content is there: then nobody who collects takes it away for a while."""
        try:
            with self._in_turn(fcntl.LOCK_SH):
                if self.stored is not None:
                    self.stored.add(digest)
                self._stamp(self.path(digest))
        except FileNotFoundError:
            return False
        except OSError:  # a disk that takes nothing loses nothing either
            return self.path(digest).exists()
        return True

    def _stamp(self, path: Path) -> None:
        """Written now, by the clock that everything else goes by."""
        if (now := self.now_ms) is None:
            os.utime(path)
        else:
            os.utime(path, ns=(now * 1_000_000, now * 1_000_000))

    @contextmanager
    def _in_turn(self, kind: int) -> Iterator[None]:
        """Who looks whether a content is there, and who takes one away, do not meet; across threads, too."""
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, kind)
            yield
        finally:
            os.close(fd)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[int, Path]]:
        """A file that vanishes unless it is kept; errors of the disk come out as the store's."""
        path = self._folder / f"{os.getpid()}-{next(self._serial)}.new"
        try:
            self._shelf(self._folder)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                yield fd, path
            finally:
                os.close(fd)
                path.unlink(missing_ok=True)
        except OSError as error:
            raise of_os_error(error, self._folder) from error

    def _keep(self, fd: int, temporary: Path, digest: str) -> None:
        target = self.path(digest)
        if self.stored is not None:
            self.stored.add(digest)
        self._shelf(target.parent)
        self._stamp(temporary)
        os.fsync(fd)
        temporary.rename(target)
        sync_folder(target.parent)

    def _shelf(self, folder: Path) -> None:
        if folder.name not in self._made:
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
            self._made.add(folder.name)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
