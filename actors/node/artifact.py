"""The file that a node must produce: opened inside the working folder only, checked, and stored by content. Nothing here follows a link."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Literal

import trio

from actors.node.contained import NotContained, open_beneath, open_folder, parent_beneath
from actors.node.messages import ArtifactFact, Failure
from actors.node.orders import ArtifactOrder
from storage.strict_json import BadJson, loads_strict

if TYPE_CHECKING:
    from actors.node.tools import Blobs

__all__ = ["clear", "collect", "content_of", "digest_of", "put_back", "worth_of"]

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY  # a fifo or a device without a peer must not hold us up
_CHUNK = 1 << 20
_MOST_CHECKED = 64 << 20  # a schema is checked on the whole value in memory
_IN_THREAD = 256 << 10  # above this, reading and checking would hold up the loop


def clear(folder: int, order: ArtifactOrder) -> Failure | None:
    """Remove what lies in the artifact's place before the attempt, so that what is found afterwards is the attempt's own."""
    try:
        with parent_beneath(folder, order.path) as (parent, name):
            os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return None
    except NotContained as error:
        return _escapes(order, error)
    except IsADirectoryError:
        return None  # not ours to remove; it is refused afterwards, if it is still there
    except OSError as error:
        return _failure("artifact_unreadable", order, f"what lay there before cannot be removed: {error.strerror}")
    return None


async def collect(folder: int, order: ArtifactOrder, blobs: Blobs, cap: int) -> ArtifactFact | Failure:
    """Open, check and store the artifact. To be called when nothing of the attempt lives any more."""
    try:
        fd = _open(folder, order, cap)
    except _Unmet as unmet:
        return unmet.failure
    try:
        checked = None
        if order.schema is not None:
            checked = await _checked(fd, order)
            if isinstance(checked, Failure):
                return checked
        os.lseek(fd, 0, os.SEEK_SET)
        sha256, size = await blobs.put_file(fd)
    except OSError as error:
        return _failure("artifact_unreadable", order, f"it cannot be read or stored: {error.strerror or error}")
    finally:
        os.close(fd)
    if checked not in (None, sha256):
        return _failure("artifact_unreadable", order, "it was changed while it was checked")
    return ArtifactFact(order.path, sha256, size, order.schema_name)


class _Unmet(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


def _open(folder: int, order: ArtifactOrder, cap: int) -> int:
    try:
        fd = open_beneath(folder, order.path, _READ)
    except FileNotFoundError:
        raise _Unmet(_failure("artifact_missing", order, "the attempt did not write it")) from None
    except NotContained as error:
        raise _Unmet(_escapes(order, error)) from None
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise _Unmet(_failure("artifact_not_regular", order, "it is a socket or a device, not a plain file")) from None
        raise _Unmet(_failure("artifact_unreadable", order, f"it cannot be opened: {error.strerror}")) from None
    found = os.fstat(fd)
    problem = None
    if not S_ISREG(found.st_mode):
        what = "a folder" if S_ISDIR(found.st_mode) else "no plain file"
        problem = _failure("artifact_not_regular", order, f"it is {what}")
    elif found.st_nlink != 1:
        problem = _failure("artifact_not_regular", order, f"it has {found.st_nlink} names (hard links); exactly one is allowed")
    elif found.st_size > cap:
        problem = _failure("artifact_too_large", order, f"it has {found.st_size} bytes; at most {cap} are allowed")
    if problem is not None:
        os.close(fd)
        raise _Unmet(problem)
    return fd


async def _checked(fd: int, order: ArtifactOrder) -> str | Failure:
    """Validate against the schema; the digest of the very bytes that were valid."""
    size = os.fstat(fd).st_size
    if size > _MOST_CHECKED:
        return _failure("artifact_too_large", order, f"it has {size} bytes; with a schema at most {_MOST_CHECKED} are allowed")
    if size <= _IN_THREAD:
        return _validate(fd, order)
    return await trio.to_thread.run_sync(_validate, fd, order)


def _validate(fd: int, order: ArtifactOrder) -> str | Failure:
    from actors.workflow.schema import validate  # noqa: PLC0415  # jsonschema-rs is loaded by the first artifact with a schema

    data = b"".join(_chunks(fd))
    try:
        instance = loads_strict(data, keys=_MOST_CHECKED, string=_MOST_CHECKED)
    except BadJson as error:
        errors = [{"path": "$", "message": str(error)}]
    else:
        errors = [{"path": error.path, "message": error.message} for error in validate(order.schema, instance)[: order.told]]
    if errors:
        text = f"it does not fit its schema: {errors[0]['path']}: {errors[0]['message']}"
        found = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        return _failure("artifact_invalid", order, text, errors=errors, **found)
    return hashlib.sha256(data).hexdigest()


def _chunks(fd: int) -> list[bytes]:
    chunks = []
    while chunk := os.read(fd, _CHUNK):
        chunks.append(chunk)
    return chunks


def digest_of(workdir: str, path: str) -> str | None:
    """The SHA-256 of an artifact as it lies there now, in hex; None if it is gone or is no longer a plain file inside the folder."""
    fd = _open_there(workdir, path)
    if fd is None:
        return None
    digest = hashlib.sha256()
    with os.fdopen(fd, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def content_of(workdir: str, path: str, most: int) -> bytes | None:
    """What lies there now; None where `digest_of` is None, and where there are more than `most` bytes."""
    fd = _open_there(workdir, path)
    if fd is None:
        return None
    with os.fdopen(fd, "rb") as file:
        data = file.read(most + 1)
    return data if len(data) <= most else None


def worth_of(workdir: str, path: str) -> Literal["missing", "empty", "there"]:
    """Whether a plain file lies there inside the folder, and whether anything of worth is in it: JSON that holds something, or text."""
    fd = _open_there(workdir, path)
    if fd is None:
        return "missing"
    with os.fdopen(fd, "rb") as file:
        data = file.read(_CHUNK)
    if path.endswith(".json") and len(data) < _CHUNK:
        with suppress(BadJson):
            return "empty" if loads_strict(data, keys=_CHUNK, string=_CHUNK) in (None, "", {}, []) else "there"
    return "there" if data.strip() else "empty"


def put_back(workdir: str, path: str, data: bytes) -> None:
    """Put a stored artifact where it lay, whole or not at all; what lies there is left alone. Raises NotContained or OSError."""
    folder = open_folder(workdir)
    try:
        with parent_beneath(folder, path, make=True) as (parent, name):
            temporary = f".{name}.{os.getpid()}.new"
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
            try:
                with os.fdopen(fd, "wb") as file:
                    file.write(data)
                with suppress(FileExistsError):
                    os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
            finally:
                os.unlink(temporary, dir_fd=parent)
    finally:
        os.close(folder)


def _open_there(workdir: str, path: str) -> int | None:
    try:
        folder = open_folder(workdir)
    except OSError:
        return None
    try:
        return _open(folder, ArtifactOrder(path), 1 << 62)
    except _Unmet:
        return None
    finally:
        os.close(folder)


def _escapes(order: ArtifactOrder, error: NotContained) -> Failure:
    return _failure("artifact_path_escapes", order, str(error))


def _failure(code: str, order: ArtifactOrder, text: str, **detail: object) -> Failure:
    return Failure(code, f"artifact {order.path!r}: {text}", "artifact_contract_unmet", {"path": order.path, **detail})
