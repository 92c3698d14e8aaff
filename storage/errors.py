"""Every error of the memory, each saying what was refused and by which rule. Domain words do not occur here.

Three families: `OpenRefused` (the store did not start and nothing was written; `exit_code` is the daemon's), `Refused` (this
transaction changed nothing, the next one may) and `Unavailable` (the disk's condition; `wait_writable` tells when it is over).
"""

from __future__ import annotations

from typing import ClassVar, Self

__all__ = [
    "BadTransaction", "BlobDamaged", "BlobMissing", "ClaimLost", "FolderRefused", "LogTruncated", "NetworkFilesystem", "OpenRefused",
    "ReceiptExists", "Refused", "RequestConflict", "SchemaTooNew", "StorageBusy", "StorageError", "StorageFaltered", "StorageFull",
    "StorageReadOnly", "StoreDamaged", "StoreFailed", "StoreLocked", "StreamDamaged", "Unavailable", "UnsafeSettings",
    "VersionConflict",
]  # fmt: skip


class StorageError(Exception):
    """Base of all. `code` is a stable snake_case word that programs may test; sentences may change."""

    code: ClassVar[str] = "storage_error"

    def again(self) -> Self:
        """An equal error of its own, so that each waiter raises one with its own traceback."""
        return type(self)(*self.args)


class OpenRefused(StorageError):
    """The store was not opened and not written to. `exit_code` follows sysexits."""

    exit_code: ClassVar[int] = 70


class StoreLocked(OpenRefused):
    """Another process holds the folder: args (folder, what its lock file says)."""

    code = "store_locked"
    exit_code = 75

    def __str__(self) -> str:
        folder, holder = self.args
        return f"{folder} is in use by another process ({holder}); stop it first, or name another folder"


class StoreDamaged(OpenRefused):
    """The database is not ours, or not as we wrote it: args (what, where)."""

    code = "damaged"
    exit_code = 65

    def __str__(self) -> str:
        return f"{self.args[0]} is damaged: {self.args[1]}; restore a backup"


class LogTruncated(OpenRefused):
    """The log ends before a fact that was acknowledged: args (first lost position, last lost position, why)."""

    code = "log_truncated"
    exit_code = 65

    def __str__(self) -> str:
        first, last, why = self.args
        return f"the log lost the positions {first} to {last}: {why}; to go on without them: penstockd --accept-rollback"


class FolderRefused(OpenRefused):
    """The folder or a file in it could be read or changed by others: args (path, rule that it breaks)."""

    code = "permission"
    exit_code = 77

    def __str__(self) -> str:
        return f"{self.args[0]} {self.args[1]}"


class NetworkFilesystem(OpenRefused):
    """SQLite's locks and shared memory do not hold on this file system: args (path, file system type)."""

    code = "network_filesystem"
    exit_code = 77

    def __str__(self) -> str:
        return f"{self.args[0]} lies on {self.args[1]}; the store needs a local file system"


class SchemaTooNew(OpenRefused):
    """A later version of Penstock wrote this database: args (path, names of the migrations unknown here)."""

    code = "schema_too_new"
    exit_code = 78

    def __str__(self) -> str:
        return f"{self.args[0]} was written by a newer version (unknown migrations: {', '.join(self.args[1])}); install that version"


class UnsafeSettings(OpenRefused):
    """SQLite did not take a setting on which durability rests: args (setting, wanted, found)."""

    code = "unsafe_settings"
    exit_code = 78

    def __str__(self) -> str:
        setting, wanted, found = self.args
        return f"SQLite has {setting} = {found!r}, {wanted!r} is needed for durable commits"


class Refused(StorageError):
    """The transaction broke a rule and changed nothing; the others of its batch are not concerned."""


class VersionConflict(Refused):
    """Somebody else appended first: args (stream, expected seq, found seq)."""

    code = "version_conflict"

    def __str__(self) -> str:
        stream, expected, found = self.args
        return f"{stream} ends at seq {found}, the append expected {expected}"


class ClaimLost(Refused):
    """The writer does not hold the stream's claim: args (stream, epoch given, epoch found)."""

    code = "claim_lost"

    def __str__(self) -> str:
        stream, given, found = self.args
        return f"{stream} has epoch {found}, the writer came with {given}"


class ReceiptExists(Refused):
    """The request was applied before: args (request id, stored reply). Send the stored reply."""

    code = "receipt_exists"

    def __str__(self) -> str:
        return f"request {self.args[0]} was answered before"

    @property
    def reply(self) -> bytes:
        """The reply as it was stored with the first request."""
        reply: bytes = self.args[1]
        return reply


class RequestConflict(Refused):
    """The request id was used before with another body: args (request id,)."""

    code = "request_conflict"

    def __str__(self) -> str:
        return f"request id {self.args[0]} was used before with another body"


class BadTransaction(Refused):
    """The transaction can never be stored: args (reason,). A caller's mistake."""

    code = "bad_transaction"


class Unavailable(StorageError):
    """Nothing was applied because of the world's state; reads go on, and the store resumes by itself."""


class StorageFull(Unavailable):
    """No room for the log: args (reason,)."""

    code = "storage_full"


class StorageReadOnly(Unavailable):
    """The file system or the file cannot be written: args (reason,)."""

    code = "storage_read_only"


class StorageBusy(Unavailable):
    """Another process held the write lock longer than we wait: args (milliseconds waited,)."""

    code = "storage_busy"

    def __str__(self) -> str:
        return f"another process has locked the database for more than {self.args[0]} ms"


class StorageFaltered(Unavailable):
    """The disk failed once and works again: args (what SQLite said). Nothing was recorded; ask again."""

    code = "storage_faltered"

    def __str__(self) -> str:
        return f"writing failed once ({self.args[0]}); nothing was recorded, and the store works again"


class StoreFailed(StorageError):
    """The store stopped on purpose: args (reason, applied). `applied` is None when it is not known whether the facts are recorded."""

    code = "store_failed"

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def applied(self) -> bool | None:
        """False: certainly not recorded. None: unknown until the store is opened again."""
        applied: bool | None = self.args[1]
        return applied


class StreamDamaged(StorageError):
    """Rows of one stream are not as we wrote them: args (stream, seq, what). Other streams are readable."""

    code = "stream_damaged"

    def __str__(self) -> str:
        stream, seq, what = self.args
        return f"{stream} is damaged at seq {seq}: {what}"


class BlobMissing(StorageError):
    """No content is stored under this digest: args (sha256,)."""

    code = "blob_missing"

    def __str__(self) -> str:
        return f"no content with digest {self.args[0]}"


class BlobDamaged(StorageError):
    """The stored bytes do not have the digest that names them: args (sha256, digest found)."""

    code = "blob_damaged"

    def __str__(self) -> str:
        return f"content {self.args[0]} now has the digest {self.args[1]}"
