"""What a disk may hold after a power cut, from the record of what a process did: synced writes are there, of the others anything may be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from attrs import Factory, define

from tests.storage.shim import Operation

__all__ = ["MODES", "acknowledged", "image"]

MODES = ("none", "all", "subset", "torn")
SECTOR = 512
MARK = "acknowledged"


@define(eq=False)
class _File:
    """One inode: what was done to it, and how many of these changes are synced."""

    changes: list[Operation] = Factory(list)
    synced: int = 0


@define
class _Folder:
    """Names as they were made, moved and removed in one folder, and how many of these changes are synced."""

    changes: list[tuple[str, str, _File | None]] = Factory(list)
    synced: int = 0


def acknowledged(operations: Sequence[Operation]) -> int:
    """How many facts were acknowledged by the end of these operations."""
    return sum(operation.call == "w" and operation.path.endswith(MARK) for operation in operations)


def image(operations: Sequence[Operation], root: str, target: Path, mode: str, rng: random.Random) -> None:
    """Write to `target` what a disk may hold of `root` when the power fails after these operations."""
    folders = _replay(operations)
    for path, folder in folders.items():
        place = target / Path(path).relative_to(root)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A journalling file system keeps the order of its names: of those not synced, the first ones.
        kept = {"all": len(folder.changes), "none": folder.synced}.get(mode, rng.randint(folder.synced, len(folder.changes)))
        names: dict[str, _File] = {}
        for change, name, file in folder.changes[:kept]:
            if change == "set" and file is not None:
                names[name] = file
            else:
                names.pop(name, None)
        for name, file in names.items():
            (place / name).write_bytes(_content(file, mode, rng))
            (place / name).chmod(0o600)


def _replay(operations: Sequence[Operation]) -> dict[str, _Folder]:
    files: dict[str, _File] = {}
    folders: dict[str, _Folder] = {}
    for operation in operations:
        path, (folder, name) = operation.path, _split(operation.path)
        if name == MARK or name.endswith("-shm"):
            continue
        if operation.call == "s" and path not in files:
            one = folders.setdefault(path, _Folder())
            one.synced = len(one.changes)
        elif operation.call == "s":
            files[path].synced = len(files[path].changes)
        elif operation.call == "r":
            files[operation.data.decode()] = files.pop(path)
            other, new = _split(operation.data.decode())
            folders.setdefault(other, _Folder()).changes.append(("set", new, files[operation.data.decode()]))
            folders.setdefault(folder, _Folder()).changes.append(("drop", name, None))
        elif operation.call == "u":
            if files.pop(path, None):
                folders[folder].changes.append(("drop", name, None))
        else:
            if path not in files:
                files[path] = _File()
                folders.setdefault(folder, _Folder()).changes.append(("set", name, files[path]))
            files[path].changes.append(operation)
    return folders


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _content(file: _File, mode: str, rng: random.Random) -> bytes:
    content = bytearray()
    for n, change in enumerate(file.changes):
        data = change.data
        if n >= file.synced:
            if mode == "none" or (mode != "all" and rng.random() < 0.5):
                continue
            if mode == "torn" and rng.random() < 0.5:
                data = data[: SECTOR * rng.randint(0, len(data) // SECTOR)]
        if change.call == "t":
            del content[change.offset :]
            content.extend(bytes(max(0, change.offset - len(content))))
        else:
            content.extend(bytes(max(0, change.offset - len(content))))
            content[change.offset : change.offset + len(data)] = data
    return bytes(content)
