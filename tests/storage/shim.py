"""Builds and uses `shim.c`: a process in which system calls on the memory's files fail on demand, or are written down."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

from attrs import frozen

__all__ = ["Operation", "build", "environment", "plan", "read_log", "run_child"]

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


@frozen
class Operation:
    """One change that a process made: w(rite), s(ync), t(runcate), r(ename), u(nlink). `data` of a rename is the new name."""

    call: str
    path: str
    offset: int
    data: bytes


def build(folder: Path) -> Path:
    """Compile the shim; gcc is at hand wherever these tests run."""
    library = folder / "shim.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, _HERE / "shim.c", "-ldl", "-lpthread"], check=True)
    return library


def environment(library: Path, folder: Path, **more: str | Path) -> dict[str, str]:
    """The environment of a process whose calls on files below `folder` go through the shim."""
    shim = {"LD_PRELOAD": str(library), "SHIM_DIR": str(folder), "PYTHONPATH": str(_ROOT)}
    return {**os.environ, **shim, **{key: str(value) for key, value in more.items()}}


def run_child(name: str, *arguments: object, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a story of `child.py` to its end."""
    command = [sys.executable, "-m", "tests.storage.child", name, *map(str, arguments)]
    return subprocess.run(command, env=env, cwd=_ROOT, text=True, capture_output=True, timeout=60, check=False)


def plan(path: Path, call: str, error: int, *, first: int = 1, last: int = 1_000_000, suffix: str = "-wal") -> None:
    """From now on let calls fail; atomically, for the process looks at it all the time."""
    fresh = path.with_suffix(".fresh")
    fresh.write_text(f"{call} {error} {first} {last} {suffix}\n")
    fresh.rename(path)


def read_log(path: Path) -> list[Operation]:
    """What the process did, in order."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        call = chr(data[at])
        (length,) = struct.unpack_from("<H", data, at + 1)
        name = data[at + 3 : at + 3 + length].decode()
        offset, size = struct.unpack_from("<qI", data, at + 3 + length)
        at += 15 + length
        has_bytes = call in "wr"
        found.append(Operation(call, name, offset, data[at : at + size] if has_bytes else b""))
        at += size if has_bytes else 0
    return found
