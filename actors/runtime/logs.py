"""What attempts printed, read from the run's log files: head and tail of what is long, never more than fits in a reply."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

__all__ = ["read_logs"]

NAME = re.compile(r"(?P<node>.+)\.(?P<instance>\d+)\.(?P<attempt>\d+)\.(?P<stream>out|err)")
SHOWN = 256 << 10
IN_ALL = 2 << 20


def read_logs(folder: Path, node_id: str | None, attempt: int | None) -> list[dict[str, Any]]:
    """One entry for each log file that fits, in the order in which attempts began; `truncated` when the text is not the whole file."""
    try:
        names = [(entry.stat().st_mtime_ns, entry.name) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    found = []
    room = IN_ALL
    for _, name in sorted(names):
        parts = NAME.fullmatch(name)
        if parts is None or node_id not in (None, parts["node"]) or attempt not in (None, int(parts["attempt"])):
            continue
        text, size = _text(folder / name, max(0, min(SHOWN, room)))
        room -= len(text)
        found.append(
            {
                "node_id": parts["node"], "instance": int(parts["instance"]), "attempt": int(parts["attempt"]), "stream": parts["stream"],
                "path": str(folder / name), "size": size, "text": text.decode("utf-8", "replace"), "truncated": len(text) < size,
            }
        )  # fmt: skip
    return found


def _text(path: Path, most: int) -> tuple[bytes, int]:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= most:
            return file.read(), size
        head = file.read(most // 2)
        file.seek(size - most // 2)
        return head + b"\n[...]\n" + file.read(most // 2), size
