"""Snapshots of a run as files in a folder, each whole or not at all (projection spec 9.8)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

__all__ = ["file_name", "file_names", "write_snapshots"]

_NO_WORD = re.compile(r"[^A-Za-z0-9._-]")


def file_name(text: str) -> str:
    """The text as one part of a path: nothing in it leads anywhere."""
    name = _NO_WORD.sub("_", text)
    return "_" if name in {"", ".", ".."} else name


def file_names(ids: Sequence[str]) -> list[str]:
    """A name for each: of those that would have the same one, every later one ends in a digest of its id."""
    taken: set[str] = set()
    names = []
    for text in ids:
        name = file_name(text)
        name = f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}" if name in taken else name
        taken.add(name)
        names.append(name)
    return names


def write_snapshots(root: Path, run_id: str, snapshots: Sequence[Mapping[str, Any]]) -> Path:
    """Write them, one JSON file each, below a folder of the run's name; that folder. A file that is there is replaced. Raises OSError."""
    folder = root / file_name(run_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = file_names([str(one["snapshot_id"]) for one in snapshots])
    for one, name in zip(snapshots, names, strict=True):
        part = folder / f".{name}.{os.getpid()}.part"
        part.write_bytes(orjson.dumps(dict(one), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
        part.replace(folder / f"{name}.json")
    return folder
